"""Decisions over HTTP through opa-python-client; every way that OPA can fail becomes one typed error here."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import requests
from opa_client.opa import OpaClient
from pydantic import ValidationError

from guard.decision import Decision, Evaluation
from guard.document import Document
from guard.errors import (
    DecisionInvalid,
    DecisionMissing,
    EvaluationFailed,
    OpaStartError,
    OpaTimeout,
    OpaUnauthorized,
    OpaUnavailable,
    PolicyError,
    SchemaMismatch,
)
from guard.opa.process import LABEL, OpaProcess

DECISION = "guard/main/decision"
BY_RULE = "guard/main/by_rule"
RULE_IDS = "guard/main/rule_ids"
SCHEMA_VERSION = "guard/main/schema_version"

# Without strict-builtin-errors a failing built-in would silently remove a deny.
QUERY = urlencode({"strict-builtin-errors": "true", "provenance": "true"})

READY_POLL_SECONDS = 0.005


class _Client(OpaClient):  # type: ignore[misc]  # it has no type hints
    """opa-python-client without proxies and without redirects: neither the environment nor an answer sends documents elsewhere.

    Its own query methods make JSON of a dict and a request of that anew for each call; a document is bytes already.
    """

    def _init_session(self) -> requests.Session:
        session: requests.Session = super()._init_session()
        session.trust_env = False
        return session

    def post(self, path: str, body: bytes, seconds: float) -> requests.Response:
        """Return the response to a query, redirects and errors included, with its content read."""
        prepared = self._session.prepare_request(requests.Request("POST", f"{self.root_url}/data/{path}?{QUERY}"))
        prepared.headers["Content-Type"] = "application/json"
        prepared.prepare_body(body, None)
        # The session's own send would follow redirects, and send the document along.
        response: requests.Response = self._session.get_adapter(prepared.url).send(
            prepared, timeout=seconds, verify=self._session.verify, cert=self._session.cert, proxies={}
        )
        _ = response.content
        return response


class PolicyClient:
    """Asks one OPA for decisions."""

    def __init__(self, url: str, *, timeout: float, token: str | None = None, ca_file: str | None = None) -> None:
        """`url` is http(s)://host[:port], `timeout` is in seconds and holds for each read of a response."""
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
            token=token,
        )
        if ca_file is not None:
            self._opa._session.verify = ca_file

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

        Raises OpaUnavailable, OpaUnauthorized, OpaTimeout, EvaluationFailed, DecisionMissing or DecisionInvalid.
        """
        return _evaluation(self._answer(DECISION, _input(document), self._timeout), document)

    def evaluate_rule(self, document: Document, rule_id: str, seconds: float) -> Evaluation:
        """Return the decision as it would be with this rule alone; raises as `evaluate` does."""
        return _evaluation(self._answer(f"{BY_RULE}/{quote(rule_id, safe='')}", _input(document), seconds), document)

    def rule_ids(self, seconds: float) -> tuple[str, ...]:
        """Return the ids of the rules that can have findings, `denied_image` first. Raises PolicyError."""
        found = self._answer(RULE_IDS, b"{}", seconds).get("result")
        if not isinstance(found, list) or not all(isinstance(rule_id, str) for rule_id in found):
            raise DecisionInvalid("OPA's answer is not a list of rule ids", answer=str(found)[:200])
        return tuple(found)

    def check_schema(self) -> None:
        """Return if the bundle was made for this guard's documents. Raises SchemaMismatch, or another PolicyError."""
        found = self._answer(SCHEMA_VERSION, b"{}", self._timeout).get("result")
        expected = Document.model_fields["schema_version"].default
        if found != expected:
            raise SchemaMismatch(
                "the bundle was made for documents of another schema version: build it with this version of the guard",
                bundle=found,
                guard=expected,
            )

    def _answer(self, path: str, body: bytes, seconds: float) -> dict[str, Any]:
        try:
            response = self._opa.post(path, body, seconds)
        except requests.exceptions.Timeout as exc:
            raise OpaTimeout("OPA didn't answer in time", url=self.url, seconds=seconds) from exc
        except requests.exceptions.RequestException as exc:
            raise OpaUnavailable("OPA can't be reached", url=self.url) from exc
        if response.status_code != 200:
            raise _refused(response, self.url)
        try:
            answer = json.loads(response.content)
        except ValueError as exc:
            raise DecisionInvalid("OPA's answer is not JSON", url=self.url) from exc
        if not isinstance(answer, dict):
            raise DecisionInvalid("OPA's answer is not an object", url=self.url, answer=str(answer)[:200])
        return answer


def wait_until_ready(client: PolicyClient, process: OpaProcess, *, seconds: float) -> None:
    """Return once this very process serves its bundle; raise OpaStartError when it ended or when the time is over.

    Between the choice of the port and the start, another process may have taken the port; its answers are rejected.
    """
    deadline = time.monotonic() + seconds
    while not (client.ready() and client.label(LABEL) == process.label):
        if process.ended():
            raise OpaStartError("OPA ended while it started", log=process.log_tail())
        if time.monotonic() >= deadline:
            raise OpaStartError("OPA didn't become ready in time", seconds=seconds, log=process.log_tail())
        time.sleep(READY_POLL_SECONDS)


def _input(document: Document) -> bytes:
    return b'{"input":' + document.__pydantic_serializer__.to_json(document) + b"}"


def _evaluation(answer: dict[str, Any], document: Document) -> Evaluation:
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


def _refused(response: requests.Response, url: str) -> PolicyError:
    status = response.status_code
    if 300 <= status < 400:
        return OpaUnavailable("OPA's address redirects; give the address of the OPA itself", url=url, status=status)
    if status in {401, 403}:
        return OpaUnauthorized("OPA refused the guard's token", url=url, status=status)
    return _evaluation_failed(response)


def _evaluation_failed(response: requests.Response) -> EvaluationFailed:
    """OPA's error body names the policy file and row of the built-in that failed.

    What it says behind the built-in's name may quote the document, environment values included: it is left out.
    """
    try:
        body = response.json()
    except requests.exceptions.JSONDecodeError:
        body = {"message": "the answer is not JSON"}
    if not isinstance(body, dict):
        body = {"message": "the answer is not an object"}
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
