"""The pinned OPA as a server with a folder of policies, queried with many documents at once."""

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
# One document takes about a millisecond: this limit is for rules that don't end.
_QUERY_SECONDS = 120
# For a single rule, after all rules together have timed out.
_RULE_SECONDS = 20
_PLACE = re.compile(r"guard/(?:main|lib|rules)/.*")

Findings = dict[str, list[Any]]


class EvaluationError(Exception):
    """A failed query: OPA's message, and the positions in policies from the failing call outwards."""

    def __init__(self, message: str, places: list[tuple[str, int]]) -> None:
        super().__init__(message)
        self.message = message
        self.places = places


class _TimedOut(Exception):
    """OPA didn't answer in time."""


class TrialEngine:
    """Evaluates rules and decisions like the guard, with failing built-ins as errors."""

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
        ids: list[str] = self._query("guard/main/rule_ids", None)
        return ids

    def findings(self, rules: list[str], documents: list[Any]) -> list[Findings]:
        """Return the findings of the rules by document and rule, at any level; rules about other kinds of jobs are left out.

        Raises EvaluationError, and ConfigError when a rule doesn't end.
        """
        try:
            answer = self._query("trial/findings", {"rules": rules, "documents": documents})
        except _TimedOut as exc:
            raise ConfigError(self._timeout_message(rules, documents)) from exc
        return [answer[str(number)] for number in range(len(documents))]

    def undecided(self, documents: list[Any]) -> list[int]:
        """Return the numbers of the documents whose decision is undefined. Raises EvaluationError and ConfigError."""
        try:
            decided = set(self._query("trial/decided", {"documents": documents}))
        except _TimedOut as exc:
            raise ConfigError(
                f"decisions on {len(documents)} documents didn't finish within {_QUERY_SECONDS} s"
            ) from exc
        return [number for number in range(len(documents)) if number not in decided]

    def _timeout_message(self, rules: list[str], documents: list[Any]) -> str:
        """Evaluate each rule by itself, and return the message about the first one that doesn't end."""
        number = len(documents)
        for rule in rules:
            try:
                self._query("trial/findings", {"rules": [rule], "documents": documents}, _RULE_SECONDS)
            except _TimedOut:
                return (
                    f"the rule {rule} didn't finish within {_RULE_SECONDS} s on {number} documents; "
                    "the guard has 2 s for one job; look for nested loops over long lists, or a range that the configuration or "
                    "the job chooses"
                )
            except EvaluationError:
                continue
        return f"the rules didn't finish within {_QUERY_SECONDS} s on {number} documents, though each does by itself"

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
            # OPA loads the bundle before it listens, so this is only undefined without one.
            return put.ok and self._query("guard/main/schema_version", None) is not None
        except (requests.exceptions.ConnectionError, _TimedOut, requests.exceptions.Timeout, KeyError):
            return False

    def _query(self, path: str, given: Any, seconds: float = _QUERY_SECONDS) -> Any:
        try:
            answer = self._session.post(
                f"{self._url}/data/{path}",
                json={} if given is None else {"input": given},
                params={"strict-builtin-errors": "true"},
                timeout=seconds,
            )
        except requests.exceptions.Timeout as exc:
            raise _TimedOut from exc
        body = answer.json()
        if not answer.ok:
            raise _failure(body)
        return body["result"]


def _failure(body: dict[str, Any]) -> EvaluationError:
    error = (body.get("errors") or [body])[0]
    frames = [error.get("location", {}), *(frame["location"] for frame in error.get("stack_trace", []))]
    found = ((_PLACE.search(frame.get("file", "")), frame.get("row", 1)) for frame in frames)
    return EvaluationError(str(error.get("message")), [(place.group(), row) for place, row in found if place])
