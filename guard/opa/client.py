"""Query OPA over HTTP with opa-python-client; each kind of failure becomes one typed error."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

import requests
import urllib3
from urllib3.connectionpool import HTTPConnectionPool

from guard.decision import Evaluation, Exemptions
from guard.document import Document
from guard.errors import DecisionInvalid, DecisionMissing, OpaStartError, OpaTimeout, OpaUnavailable, SchemaMismatch
from guard.opa import answers
from guard.opa.process import LABEL, OpaProcess
from guard.opa.synchronous import client_class

if TYPE_CHECKING:
    from guard.opa.connection import Connection

DECISION = "guard/main/decision"
BY_RULE = "guard/main/by_rule"
RULE_IDS = "guard/main/rule_ids"
SCHEMA_VERSION = "guard/main/schema_version"
MASKS = "guard/mask/hidden"
EXEMPTIONS = "guard/config/exemptions"

# Without strict-builtin-errors a failing built-in would silently remove a deny.
QUERY = urlencode({"strict-builtin-errors": "true", "provenance": "true"})

READY_POLL_SECONDS = 0.005


class _Client(client_class()):  # type: ignore[misc]  # it has no type hints
    """opa-python-client without proxies and redirects: neither the environment nor a response can send documents elsewhere.

    The query methods of opa-python-client serialize a dict and prepare a new request for each call. Here a document is bytes
    already, and requests differ only in their bodies, so `post` sends the body over the session's pool of connections directly.
    """

    def _init_session(self) -> requests.Session:
        session: requests.Session = super()._init_session()
        session.trust_env = False
        # Without this, OPA would compress longer responses, which takes longer than sending them uncompressed.
        session.headers.update({"Accept-Encoding": "identity", "Content-Type": "application/json"})
        return session

    def post(self, path: str, body: bytes, seconds: float) -> tuple[int, bytes]:
        """Return status and content of the response to a query; redirects and errors are returned, too."""
        pool, headers = self._prepared
        response = pool.urlopen(
            "POST",
            f"/{self.version}/data/{path}?{QUERY}",
            body=body,
            headers=headers,
            timeout=seconds,
            retries=False,
            redirect=False,
        )
        return response.status, response.data

    @cached_property
    def _prepared(self) -> tuple[HTTPConnectionPool, dict[str, str]]:
        """The pool of connections to OPA, using the session's certificates, and the session's headers."""
        session = self._session
        request = session.prepare_request(requests.Request("POST", self.root_url))
        adapter = session.get_adapter(self.root_url)
        pool = adapter.get_connection_with_tls_context(request, session.verify, cert=session.cert)
        return pool, {name: value for name, value in request.headers.items() if name != "Content-Length"}

    def head(self, path: str) -> bytes:
        """Return the header of a query up to the value of Content-Length, for a connection outside the session's pool."""
        _, headers = self._prepared
        lines = [f"POST /{self.version}/data/{path}?{QUERY} HTTP/1.1", f"Host: {self.host}:{self.port}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "Content-Length: "]).encode("latin-1")


class PolicyClient:
    """Queries one OPA for decisions."""

    def __init__(self, url: str, *, timeout: float, token: str | None = None, ca_file: str | None = None) -> None:
        """`url` is http(s)://host[:port]; `timeout` is in seconds and applies to each read of a response."""
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
        self._ca_file = ca_file
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
        """Return the value of this label in OPA's configuration; None if the label is missing or OPA doesn't respond."""
        try:
            answer = self._opa.get_config()
        except (requests.exceptions.RequestException, ValueError):
            return None
        result = answers.object_of(answers.object_of(answer).get("result"))
        found = answers.object_of(result.get("labels")).get(name)
        return found if isinstance(found, str) else None

    def evaluate(self, document: Document) -> Evaluation:
        """Return OPA's decision on the document.

        Raises OpaUnavailable, OpaUnauthorized, OpaTimeout, EvaluationFailed, DecisionMissing or DecisionInvalid.
        """
        return answers.evaluation(self._answer(DECISION, input_of(document), self._timeout), document)

    def evaluate_rule(self, document: Document, rule_id: str, seconds: float) -> Evaluation:
        """Return the decision of this rule alone. Raises the errors of `evaluate`."""
        return answers.evaluation(
            self._answer(f"{BY_RULE}/{quote(rule_id, safe='')}", input_of(document), seconds), document
        )

    def rule_ids(self, seconds: float) -> tuple[str, ...]:
        """Return the ids of the rules that can have findings, `denied_image` first. Raises PolicyError."""
        found = self._answer(RULE_IDS, b"{}", seconds).get("result")
        if not isinstance(found, list) or not all(isinstance(rule_id, str) for rule_id in found):
            raise DecisionInvalid("OPA's answer is not a list of rule ids", answer=str(found)[:200])
        return tuple(found)

    def exemptions(self, seconds: float) -> Exemptions:
        """Return the exemptions as configured, without the items that aren't objects. Raises PolicyError."""
        return answers.exemptions(self._answer(EXEMPTIONS, b"{}", seconds))

    def masks(self, subject: Mapping[str, Any]) -> object:
        """Return the masking policy's result for `{"input": document, "result": decision}`. Raises PolicyError."""
        answer = self._answer(MASKS, json.dumps({"input": subject}).encode(), self._timeout)
        if "result" not in answer:
            raise DecisionMissing("the masking policy is undefined: the bundle lacks guard.mask", url=self.url)
        return answer["result"]

    def check_schema(self) -> None:
        """Raise SchemaMismatch unless the bundle was made for this guard's documents, or another PolicyError."""
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
            status, content = self._opa.post(path, body, seconds)
        except urllib3.exceptions.NewConnectionError as exc:
            raise OpaUnavailable("OPA can't be reached", url=self.url) from exc
        except urllib3.exceptions.TimeoutError as exc:
            raise OpaTimeout("OPA didn't answer in time", url=self.url, seconds=seconds) from exc
        except urllib3.exceptions.HTTPError as exc:
            raise OpaUnavailable("OPA can't be reached", url=self.url) from exc
        if status != 200:
            raise answers.status_error(status, content, self.url)
        return answers.read(content, self.url)

    def connect(self) -> Connection:
        """Open a connection outside the pool, which sends queries for decisions. Raises ConnectionLost and OpaUnavailable."""
        from guard.opa.connection import Connection

        tls = self._trusted if self._opa.ssl else None
        address = (urlsplit(self.url).hostname or "", self._opa.port)
        return Connection(address, self._opa.head(DECISION), seconds=self._timeout, tls=tls)

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        # Read once: the public authorities take a thirtieth of a second, and each batch of a sweep opens eight connections.
        from certifi import where

        ca_file = self._ca_file or where()
        try:
            return ssl.create_default_context(cafile=ca_file)
        except OSError as exc:
            raise OpaUnavailable(
                "the CA certificates can't be read", url=self.url, file=ca_file, error=str(exc)
            ) from exc


def wait_until_ready(client: PolicyClient, process: OpaProcess, *, seconds: float) -> None:
    """Wait until this process serves its bundle. Raises OpaStartError if it ends, or isn't ready in time.

    Between the choice of the port and the start, another process may have taken the port; its answers are rejected.
    """
    deadline = time.monotonic() + seconds
    while not (client.ready() and client.label(LABEL) == process.label):
        if process.ended():
            raise OpaStartError("OPA ended while it started", log=process.log_tail())
        if time.monotonic() >= deadline:
            raise OpaStartError("OPA didn't become ready in time", seconds=seconds, log=process.log_tail())
        time.sleep(READY_POLL_SECONDS)


def input_of(document: Document) -> bytes:
    """Return the document as the body of a query."""
    return b'{"input":' + document.__pydantic_serializer__.to_json(document) + b"}"
