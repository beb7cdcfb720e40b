"""The OPA of a trial: when it is ready, its queries, and how its errors are handled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from guard.authoring.trial import engine
from guard.authoring.trial.engine import EvaluationError, TrialEngine
from guard.errors import ConfigError

URL = "http://127.0.0.1:7/v1"


class Server:
    """OPA's process, its HTTP API and the clock; the answers are listed by path, and the last one is repeated."""

    port = 7

    def __init__(self) -> None:
        self.answers: dict[str, list[Any]] = {
            "policies/trial": [(200, {})],
            "data/guard/main/schema_version": [(200, {"result": 1})],
        }
        self.asked: list[tuple[str, Any]] = []
        self.parameters: list[Any] = []
        self.timeouts: set[Any] = set()
        self.trust_env = True
        self.now = 0.0
        self.dead = False
        self.stopped: list[str] = []

    def __call__(self, *started: Any) -> Server:
        self.started = started
        return self

    def ended(self) -> bool:
        return self.dead

    def log_tail(self) -> str:
        return "the last words"

    def stop(self) -> None:
        self.stopped.append("process")

    def close(self) -> None:
        self.stopped.append("session")

    def put(self, url: str, *, data: str, timeout: float) -> Any:
        assert data.startswith("package trial\n")
        return self._answer(url, None, timeout)

    def post(self, url: str, *, json: Any, params: Any, timeout: float) -> Any:
        self.parameters.append(params)
        return self._answer(url, json, timeout)

    def _answer(self, url: str, given: Any, timeout: float) -> Any:
        path = url.removeprefix(f"{URL}/")
        self.asked.append((path, given))
        self.timeouts.add(timeout)
        answers = self.answers[path]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        response = requests.Response()
        response.status_code = answer[0]
        response._content = json.dumps(answer[1]).encode()
        return response

    def sleep(self, seconds: float) -> None:
        assert seconds < 0.1
        self.now += seconds


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    server = Server()
    monkeypatch.setattr(engine, "OpaProcess", server)
    monkeypatch.setattr("requests.Session", lambda: server)
    monkeypatch.setattr("time.sleep", server.sleep)
    monkeypatch.setattr("time.monotonic", lambda: server.now)
    return server


def _trial() -> TrialEngine:
    return TrialEngine(Path("opa"), Path("policies"))


def test_the_pinned_opa_is_queried_without_a_proxy(server: Server) -> None:
    with _trial() as trial:
        server.answers["data/guard/main/rule_ids"] = [(200, {"result": ["a", "b"]})]
        assert trial.rule_ids() == ["a", "b"]
    assert (server.started, server.trust_env) == ((Path("opa"), Path("policies")), False)
    assert server.asked[-1] == ("data/guard/main/rule_ids", {})
    assert {parameters["strict-builtin-errors"] for parameters in server.parameters} == {"true"}
    assert server.timeouts == {120}
    assert server.stopped == ["session", "process"]


NOT_READY = [
    ("policies/trial", requests.exceptions.ConnectionError()),
    ("policies/trial", requests.exceptions.ReadTimeout()),
    ("policies/trial", (500, {})),
    ("data/guard/main/schema_version", (200, {})),
    ("data/guard/main/schema_version", (200, {"result": None})),
]


@pytest.mark.parametrize(
    ("path", "answer"), NOT_READY, ids=["no listener", "no answer", "no policy", "no bundle", "no version"]
)
def test_it_waits_until_opa_has_the_policies(server: Server, path: str, answer: Any) -> None:
    server.answers[path] = [answer, answer, *server.answers[path]]
    with _trial():
        assert 0 < server.now < 1
    assert server.stopped == ["session", "process"]


def test_policies_that_opa_can_not_load_are_reported_with_the_end_of_its_log(server: Server) -> None:
    server.answers["policies/trial"] = [requests.exceptions.ConnectionError()]
    server.dead = True
    with pytest.raises(ConfigError, match=r"^OPA can't load the policies: the last words$"), _trial():
        pass
    assert (server.now, server.stopped) == (0, ["session", "process"])


def test_a_trial_that_does_not_compile_is_reported_at_once(server: Server) -> None:
    server.answers["policies/trial"] = [(400, {"message": "undefined function"})]
    told = r"^the trial doesn't compile with the policies: .*undefined function"
    with pytest.raises(ConfigError, match=told), _trial():
        pass
    assert (server.now, server.stopped) == (0, ["session", "process"])


def test_it_waits_for_a_minute_at_most(server: Server) -> None:
    server.answers["policies/trial"] = [requests.exceptions.ConnectionError()]
    with pytest.raises(ConfigError, match="OPA can't load the policies"), _trial():
        pass
    assert 60 <= server.now < 60.1


def test_findings_are_those_of_each_document_in_order(server: Server) -> None:
    answer = {str(number): {"a": [number]} for number in (2, 0, 1)}
    server.answers["data/trial/findings"] = [(200, {"result": answer})]
    with _trial() as trial:
        assert trial.findings(["a"], ["x", "y", "z"]) == [{"a": [0]}, {"a": [1]}, {"a": [2]}]
    assert server.asked[-1] == ("data/trial/findings", {"input": {"rules": ["a"], "documents": ["x", "y", "z"]}})


def test_documents_without_a_decision_are_returned_by_number(server: Server) -> None:
    server.answers["data/trial/decided"] = [(200, {"result": [1]})]
    with _trial() as trial:
        assert trial.undecided(["x", "y", "z"]) == [0, 2]
    assert server.asked[-1] == ("data/trial/decided", {"input": {"documents": ["x", "y", "z"]}})


def _at(file: str, row: int) -> dict[str, Any]:
    return {"location": {"file": file, "row": row}}


@pytest.mark.parametrize(
    ("body", "message", "places"),
    [
        (
            {"errors": [{"message": "div", **_at("/tmp/x/guard/lib/a/a.rego", 3),
                         "stack_trace": [_at("/tmp/x/guard/rules/b/b.rego", 7), _at("/tmp/trial.rego", 1),
                                         _at("/tmp/x/guard/main/main.rego", 9)]}, {"message": "second"}]},
            "div",
            [("guard/lib/a/a.rego", 3), ("guard/rules/b/b.rego", 7), ("guard/main/main.rego", 9)],
        ),
        ({"errors": [{"message": "no place"}]}, "no place", []),
        ({"errors": [{"message": "no row", "location": {"file": "guard/main/a.rego"}}]}, "no row", [("guard/main/a.rego", 1)]),
        ({"message": "without a list"}, "without a list", []),
        ({"errors": [], "message": "empty list"}, "empty list", []),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_an_error_has_its_message_and_positions_in_policies(
    server: Server, body: Any, message: str, places: list[tuple[str, int]]
) -> None:
    server.answers["data/trial/findings"] = [(500, body)]
    with _trial() as trial, pytest.raises(EvaluationError) as raised:
        trial.findings(["a"], ["x"])
    assert (raised.value.message, str(raised.value), raised.value.places) == (message, message, places)


SLOW = requests.exceptions.ReadTimeout()
EMPTY = (200, {"result": {"0": {}}})


@pytest.mark.parametrize(
    ("alone", "told"),
    [
        (
            [EMPTY, SLOW],
            "the rule b didn't finish within 20 s on 1 documents; the guard has 2 s for one job; look for ",
        ),
        ([(500, {"message": "fails"}), SLOW], "the rule b didn't finish within 20 s"),
        ([EMPTY, EMPTY], "the rules didn't finish within 120 s on 1 documents, though each does by itself"),
    ],
    ids=["the second", "behind one that fails", "together only"],
)
def test_a_rule_that_does_not_end_is_named(server: Server, alone: list[Any], told: str) -> None:
    server.answers["data/trial/findings"] = [SLOW, *alone]
    with _trial() as trial, pytest.raises(ConfigError, match=f"^{told}"):
        trial.findings(["a", "b"], ["x"])
    assert server.timeouts == {120, 20}


def test_decisions_that_do_not_end_are_reported(server: Server) -> None:
    server.answers["data/trial/decided"] = [SLOW]
    with _trial() as trial, pytest.raises(ConfigError, match=r"^decisions on 2 documents didn't finish within 120 s$"):
        trial.undecided(["x", "y"])
