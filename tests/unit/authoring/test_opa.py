"""The pinned OPA as a program: its commands, its environment, and how its results are read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from guard.authoring.opa import FLAGS, Opa, RunResult, run
from guard.errors import ConfigError

POLICIES = Path("policies")


@pytest.fixture
def program(tmp_path: Path) -> Any:
    """Create a program from a line of shell script."""

    def make(line: str) -> Path:
        path = tmp_path / "program"
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)
        return path

    return make


def test_a_program_runs_in_the_folder_with_arguments_and_input(program: Any, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    binary = program('pwd; echo "$1,$2"; cat; echo no >&2; exit 7')
    ran = run(binary, "a b", Path("c"), folder=tmp_path / "here", given="ö")
    assert ran == RunResult(7, f"{tmp_path / 'here'}\na b,c\nö", "no\n")
    assert Opa(binary, tmp_path / "here").run("a b", Path("c"), given="ö") == ran


def test_standard_input_is_empty_by_default(program: Any, tmp_path: Path) -> None:
    binary = program("cat; echo end")
    assert (run(binary, folder=tmp_path).out, Opa(binary, tmp_path).run().out) == ("end\n", "end\n")


def test_output_that_is_not_text_is_decoded(program: Any, tmp_path: Path) -> None:
    assert run(program("printf '\\377'"), folder=tmp_path).out == "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({}, "off,768MiB", id="by default"),
        pytest.param({"GOGC": "50", "GOMEMLIMIT": "2GiB"}, "50,2GiB", id="of the environment"),
    ],
)
def test_garbage_collection_is_rare_unless_the_environment_sets_it(
    program: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], expected: str
) -> None:
    for name in ("GOGC", "GOMEMLIMIT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert run(program('echo "$GOGC,$GOMEMLIMIT,$PATH_TEST"'), folder=tmp_path).out == f"{expected},\n"


def test_the_error_for_a_missing_program_names_the_target_that_builds_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="regal can't be run; run `make check`, which builds it"):
        run(tmp_path / "regal", folder=tmp_path)


def test_the_output_of_a_program_is_everything_it_printed() -> None:
    assert RunResult(0, "\nout\n", "err\n").output == "out\nerr"


class Answers:
    """OPA's results by the first word of the command, and the commands that were run."""

    def __init__(self, **by_command: RunResult) -> None:
        self.by_command = by_command
        self.asked: list[Any] = []

    def run(self, _: Opa, *arguments: str | Path, given: str = "") -> RunResult:
        self.asked.append((arguments, given))
        return self.by_command[str(arguments[0])]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    answers = Answers()
    monkeypatch.setattr(Opa, "run", lambda *arguments, **named: answers.run(*arguments, **named))
    return answers


@pytest.fixture
def opa(tmp_path: Path) -> Opa:
    return Opa(Path("opa"), tmp_path)


@pytest.mark.parametrize(
    ("ran", "reason"),
    [
        (RunResult(2, '{"errors": [{"message": "a"}, {"message": "b"}]}', "x"), "a; b"),
        (RunResult(2, '{"errors": [{"text": "a"}]}', "x"), '{"errors": [{"text": "a"}]}x'),
        (RunResult(2, '{"errors": 7}', ""), '{"errors": 7}'),
        (RunResult(2, "", "no such file\n"), "no such file"),
    ],
    ids=["errors", "errors of another form", "something else", "text"],
)
def test_an_error_quotes_the_message_of_opa(opa: Opa, answers: Answers, ran: RunResult, reason: str) -> None:
    answers.by_command = {"eval": ran}
    with pytest.raises(ConfigError) as raised:
        opa.json("eval", given="x")
    assert raised.value.message == f"OPA can't read the policies: {reason}"
    assert answers.asked == [(("eval",), "x")]


def test_output_is_read_as_json(opa: Opa, answers: Answers) -> None:
    answers.by_command = {"eval": RunResult(0, '{"it": [1]}', "a warning"), "parse": RunResult(0, "{}", "")}
    assert opa.read_yaml(Path("a.yaml")) == [1], "OPA reports a missing file"
    assert opa.parse(Path("a.rego")) == {}
    assert [arguments for arguments, _ in answers.asked] == [
        ("eval", "--format", "raw", "--data", "file:a.yaml", '{"it": data.file}'),
        ("parse", "--format", "json", "--json-include", "locations,-comments", Path("a.rego")),
    ]


NAMESPACES = {"namespaces": {"data.guard.a": ["a.rego"], "data.guard.a_test": ["a_test.rego"], "data.b_test": ["b"]}}
INSPECTED = RunResult(0, json.dumps(NAMESPACES | {"annotations": [1]}), "")
TEST = ("test", "--bundle", POLICIES, *FLAGS, "--timeout", "1s")
STRICT = ("eval", "--bundle", POLICIES, *FLAGS, "--strict-builtin-errors", "--format", "raw", "--stdin")
INSPECT = ("inspect", "--annotations", "--format", "json", POLICIES)


@pytest.mark.parametrize(
    ("tests", "strict", "result"),
    [
        (RunResult(2, "FAIL", ""), None, "tests"),
        (RunResult(1, "", "error"), None, "tests"),
        (RunResult(0, "PASS", ""), RunResult(0, "[]", ""), "tests"),
        (RunResult(0, "PASS", ""), RunResult(2, "", "to_number"), "strict"),
    ],
    ids=["failing", "broken", "passing", "with a failing built-in"],
)
def test_tests_that_pass_run_again_with_failing_built_ins_as_errors(
    opa: Opa, answers: Answers, tests: RunResult, strict: RunResult | None, result: str
) -> None:
    answers.by_command = {"test": tests, "inspect": INSPECTED} | ({"eval": strict} if strict else {})
    assert opa.run_tests(POLICIES, "--timeout", "1s") == {"tests": tests, "strict": strict}[result]
    again = [(INSPECT, ""), (STRICT, "[data.guard.a_test, data.b_test]")] if strict else []
    assert answers.asked == [(TEST, ""), *again]


@pytest.mark.parametrize("absolute", [False, True], ids=["relative", "absolute"])
def test_policies_are_inspected_without_their_tests_under_their_own_path(
    opa: Opa, monkeypatch: pytest.MonkeyPatch, absolute: bool
) -> None:
    folder = opa.folder / POLICIES
    (folder / "a").mkdir(parents=True)
    for name in ("a/a.rego", "a/a_test.rego"):
        (folder / name).write_text("package a")
    policies = folder if absolute else POLICIES

    def inspected(copied: Opa, arguments: Any) -> RunResult:
        relative = arguments[-1]
        assert copied.folder != opa.folder
        names = [str(file.relative_to(copied.folder)) for file in (copied.folder / relative).rglob("*.rego")]
        return RunResult(0, json.dumps({"namespaces": {"data.a": names}, "annotations": [1]}), "")

    monkeypatch.setattr(Opa, "run", lambda copied, *arguments, given="": inspected(copied, arguments))
    assert opa.inspect(policies) == {"namespaces": {"data.a": [str(policies / "a/a.rego")]}, "annotations": [1]}


def test_missing_policies_are_reported(opa: Opa) -> None:
    with pytest.raises(ConfigError, match=r"^the policies can't be read: "):
        opa.inspect(POLICIES)
