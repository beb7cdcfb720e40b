"""Decisions over HTTP through opa-python-client; every way that OPA can fail becomes one typed error here."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from opa_client.opa import OpaClient
from pydantic import ValidationError

from guard.decision import Decision, Evaluation
from guard.document import Document
from guard.errors import DecisionInvalid, DecisionMissing, EvaluationFailed, OpaStartError, OpaTimeout, OpaUnavailable
from guard.opa.process import LABEL, OpaProcess

PACKAGE = "guard.main"
RULE = "decision"
RULES = "by_rule"
RULE_IDS = "rule_ids"

# Without strict-builtin-errors a failing built-in would silently remove a deny.
QUERY = {"strict-builtin-errors": True, "provenance": True}

READY_POLL_SECONDS = 0.005


class _Client(OpaClient):  # type: ignore[misc]  # it has no type hints
    """opa-python-client without proxies: settings of the environment could send documents elsewhere."""

    def _init_session(self) -> requests.Session:
        session: requests.Session = super()._init_session()
        session.trust_env = False
        return session


class PolicyClient:
    """Asks one OPA for decisions."""

    def __init__(self, url: str, *, timeout: float) -> None:
        """`url` is http(s)://host[:port], `timeout` is in seconds and holds for each request."""
        parts = urlsplit(url)
        tls = parts.scheme == "https"
        self.url = url
        self._timeout = timeout
        host = parts.hostname or ""
        self._opa = _Client(
            host=f"[{host}]" if ":" in host else host,
            port=parts.port or (443 if tls else 80),
            ssl=tls,
            retries=0,
            timeout=timeout,
        )

    def close(self) -> None:
        """Close the connection."""
        self._opa.close_connection()

    def ready(self) -> bool:
        """Whether OPA answers and its bundles are active."""
        healthy: bool = self._opa.check_health(query={"bundles": True})
        return healthy

    def label(self, name: str) -> str | None:
        """Return the label of this name that OPA was started with; None when there is none, or no answer."""
        try:
            answer = self._opa.get_config()
        except (requests.exceptions.RequestException, ValueError):
            return None
        labels = (answer.get("result") or {}).get("labels") or {}
        return labels.get(name)

    def evaluate(self, document: Document) -> Evaluation:
        """Return OPA's decision on the document.

        Raises OpaUnavailable, OpaTimeout, EvaluationFailed, DecisionMissing or DecisionInvalid.
        """
        return _evaluation(self._answer(RULE, document.model_dump(mode="json")), document)

    def evaluate_rule(self, document: Document, rule_id: str, seconds: float) -> Evaluation:
        """Return the decision as it would be with this rule alone; raises as `evaluate` does."""
        answer = self._answer(f"{RULES}/{quote(rule_id, safe='')}", document.model_dump(mode="json"), seconds)
        return _evaluation(answer, document)

    def rule_ids(self, seconds: float) -> tuple[str, ...]:
        """Return the ids of the rules that can have findings, `denied_image` first. Raises PolicyError."""
        answer = self._answer(RULE_IDS, {}, seconds)
        found = answer.get("result") if isinstance(answer, dict) else None
        if not isinstance(found, list) or not all(isinstance(rule_id, str) for rule_id in found):
            raise DecisionInvalid("OPA's answer is not a list of rule ids", answer=str(answer)[:200])
        return tuple(found)

    def _answer(self, rule: str, payload: dict[str, Any], seconds: float | None = None) -> Any:
        self._opa.timeout = self._timeout if seconds is None else seconds
        try:
            return self._opa.query_rule(payload, PACKAGE, rule, query_params=QUERY)
        except requests.exceptions.HTTPError as exc:
            raise _evaluation_failed(exc.response) from exc
        except requests.exceptions.Timeout as exc:
            raise OpaTimeout("OPA didn't answer in time", url=self.url, seconds=self._opa.timeout) from exc
        except requests.exceptions.JSONDecodeError as exc:
            raise DecisionInvalid("OPA's answer is not JSON", url=self.url) from exc
        except requests.exceptions.RequestException as exc:
            raise OpaUnavailable("OPA can't be reached", url=self.url) from exc


def wait_until_ready(client: PolicyClient, process: OpaProcess, *, seconds: float) -> None:
    """Return once this very process serves its bundle; raise OpaStartError when it ended or when the time is over.

    Whoever else took its port, between the choice of the port and the start, may answer too, and isn't believed.
    """
    deadline = time.monotonic() + seconds
    while not (client.ready() and client.label(LABEL) == process.label):
        if process.ended():
            raise OpaStartError("OPA ended while it started", log=process.log_tail())
        if time.monotonic() >= deadline:
            raise OpaStartError("OPA didn't become ready in time", seconds=seconds, log=process.log_tail())
        time.sleep(READY_POLL_SECONDS)


def _evaluation(answer: Any, document: Document) -> Evaluation:
    if not isinstance(answer, dict):
        raise DecisionInvalid("OPA's answer is not an object", answer=str(answer)[:200])
    if "result" not in answer:
        raise DecisionMissing(
            "the policies have no decision on this document: it is outside their contract, or the bundle lacks guard.main",
            job=document.job.arn,
            schema_version=document.schema_version,
        )
    try:
        decision = Decision.model_validate(answer["result"])
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise DecisionInvalid("OPA's answer is not a decision", field=field, problem=first["msg"]) from exc
    provenance = answer.get("provenance") or {}
    return Evaluation(decision, _revision(provenance), provenance.get("version") or None)


def _revision(provenance: dict[str, Any]) -> str | None:
    bundles = provenance.get("bundles") or {}
    revisions = [bundle.get("revision") for bundle in bundles.values() if bundle.get("revision")]
    return ",".join(sorted(revisions)) or None


def _evaluation_failed(response: requests.Response) -> EvaluationFailed:
    """OPA's error body names the policy file and row of the built-in that failed.

    What it says behind the built-in's name may quote the document, environment values included: it is left out.
    """
    try:
        body = response.json()
    except requests.exceptions.JSONDecodeError:
        body = {"message": "the answer is not JSON"}
    error = (body.get("errors") or [{}])[0]
    location = error.get("location") or {}
    return EvaluationFailed(
        "a policy failed while OPA evaluated it",
        status=response.status_code,
        code=error.get("code") or body.get("code"),
        problem=str(error.get("message") or body.get("message")).partition(":")[0],
        file=location.get("file"),
        row=location.get("row"),
    )
