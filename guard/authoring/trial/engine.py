"""The pinned OPA with a folder of policies, asked about many documents at once."""

from __future__ import annotations

import re
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from guard.errors import ConfigError
from guard.opa.process import LOOPBACK, OpaProcess

_POLICY = """package trial

findings[number] := {rule_id: found |
	some rule_id in input.rules
	not rule_id in data.guard.lib.kinds.about_others(data.guard.plan.limits, document)
	found := data.guard.rules[rule_id].findings with input as document
} if some number, document in input.documents

decided contains number if {
	some number, document in input.documents
	is_string(data.guard.main.decision.decision) with input as document
}
"""
_START_SECONDS = 60
# One document takes about a millisecond: this is for a rule that doesn't end.
_QUERY_SECONDS = 120
# For one rule, once all of them together have not ended.
_RULE_SECONDS = 20
_PLACE = re.compile(r"guard/(?:main|lib|rules)/.*")

Findings = dict[str, list[Any]]


class EvaluationError(Exception):
    """What OPA reports about a query that failed: its message, and the places from the failing call outwards."""

    def __init__(self, message: str, places: list[tuple[str, int]]) -> None:
        super().__init__(message)
        self.message = message
        self.places = places


class _Unended(Exception):
    """OPA has not answered in time."""


class TrialEngine:
    """Evaluates rules and decisions as the guard does, with failing built-ins as errors."""

    def __init__(self, opa: Path, policies: Path) -> None:
        self._process = OpaProcess(opa, policies)
        self._url = f"http://{LOOPBACK}:{self._process.port}/v1"
        self._session = requests.Session()
        self._session.trust_env = False

    def __enter__(self) -> Self:
        """Wait until OPA has the policies. Raises ConfigError when it can't read them."""
        try:
            self._wait()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End OPA."""
        self._session.close()
        self._process.stop()

    def rule_ids(self) -> list[str]:
        """Return the rules that are not off for every job."""
        ids: list[str] = self._ask("guard/main/rule_ids", None)
        return ids

    def findings(self, rules: list[str], documents: list[Any]) -> list[Findings]:
        """Return what each rule reports about each document that it is about, whatever its level.

        Raises EvaluationError, and ConfigError when a rule doesn't end.
        """
        try:
            answer = self._ask("trial/findings", {"rules": rules, "documents": documents})
        except _Unended as exc:
            raise ConfigError(self._unended(rules, documents)) from exc
        return [answer[str(number)] for number in range(len(documents))]

    def undecided(self, documents: list[Any]) -> list[int]:
        """Return the numbers of the documents on which there is no decision. Raises EvaluationError and ConfigError."""
        try:
            decided = set(self._ask("trial/decided", {"documents": documents}))
        except _Unended as exc:
            raise ConfigError(f"decisions on {len(documents)} documents didn't end within {_QUERY_SECONDS} s") from exc
        return [number for number in range(len(documents)) if number not in decided]

    def _unended(self, rules: list[str], documents: list[Any]) -> str:
        """Ask for each rule by itself, and return which one doesn't end."""
        number = len(documents)
        for rule in rules:
            try:
                self._ask("trial/findings", {"rules": [rule], "documents": documents}, _RULE_SECONDS)
            except _Unended:
                return (
                    f"the rule {rule} didn't end within {_RULE_SECONDS} s on {number} documents, the guard has two for one job; "
                    "look for a loop in a loop over long lists, or a range that the configuration or the job chooses"
                )
            except EvaluationError:
                continue
        return f"the rules didn't end within {_QUERY_SECONDS} s on {number} documents, though each does by itself"

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self._loaded():
            if self._process.ended() or time.monotonic() >= deadline:
                raise ConfigError(f"OPA can't load the policies: {self._process.log_tail()}")
            time.sleep(0.02)

    def _loaded(self) -> bool:
        try:
            put = self._session.put(f"{self._url}/policies/trial", data=_POLICY, timeout=_QUERY_SECONDS)
            if put.status_code == requests.codes.bad_request:
                raise ConfigError(f"the trial doesn't compile with the policies: {put.text.strip()}")
            # The bundle is loaded before OPA listens; without it, this would be undefined.
            return put.ok and self._ask("guard/main/schema_version", None) is not None
        except (requests.exceptions.ConnectionError, _Unended, requests.exceptions.Timeout, KeyError):
            return False

    def _ask(self, path: str, given: Any, seconds: float = _QUERY_SECONDS) -> Any:
        try:
            answer = self._session.post(
                f"{self._url}/data/{path}",
                json={} if given is None else {"input": given},
                params={"strict-builtin-errors": "true"},
                timeout=seconds,
            )
        except requests.exceptions.Timeout as exc:
            raise _Unended from exc
        body = answer.json()
        if not answer.ok:
            raise _failure(body)
        return body["result"]


def _failure(body: dict[str, Any]) -> EvaluationError:
    error = (body.get("errors") or [body])[0]
    frames = [error.get("location", {}), *(frame["location"] for frame in error.get("stack_trace", []))]
    found = ((_PLACE.search(frame.get("file", "")), frame.get("row", 1)) for frame in frames)
    return EvaluationError(str(error.get("message")), [(place.group(), row) for place, row in found if place])
