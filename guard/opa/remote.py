"""An OPA that somebody else runs: the same interface, with a token, and a time limit that the server can't extend."""

from __future__ import annotations

import queue
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from guard.decision import EachRule, Evaluation, Exemptions
from guard.document import Document
from guard.errors import ConfigError, OpaTimeout, OpaUnauthorized, OpaUnavailable, PolicyError, SchemaMismatch
from guard.opa.client import PolicyClient
from guard.opa.each import evaluate_each

Result = TypeVar("Result")
Connect = Callable[[str | None], PolicyClient]


class RemoteOpa:
    """Decides with the OPA at `GUARD_OPA_URL`."""

    def __init__(
        self, url: str, *, timeout: float, token: Callable[[], str] | None = None, ca_file: str | None = None
    ) -> None:
        """`timeout` in seconds bounds a whole call; `token` returns the bearer token, and is called again if OPA rejects it.

        Raises ConfigError if the CA certificates can't be read, since every decision would fail.
        """
        if ca_file is not None:
            _check_certificates(ca_file)
        self._url = url
        self._timeout = timeout
        self._fetch_token = token
        self._ca_file = ca_file
        self._client: PolicyClient | None = None

    def wait_until_ready(self) -> None:
        """Raise SchemaMismatch if the bundle has another schema version; other failures are left to the first decision."""
        try:
            self._within(self._timeout, lambda client: client.check_schema())
        except SchemaMismatch:
            raise
        except PolicyError:
            return

    def evaluate(self, document: Document) -> Evaluation:
        """Return the decision on the document, after one retry if the connection was lost or the token rejected."""
        try:
            return self._within(self._timeout, lambda client: client.evaluate(document))
        except (OpaUnavailable, OpaUnauthorized):
            self._disconnect()
            return self._within(self._timeout, lambda client: client.evaluate(document))

    def evaluate_many(self, documents: Iterable[Document]) -> Iterator[Evaluation | PolicyError]:
        """Yield for each document, in order, its decision or the PolicyError that `evaluate` would raise; never raises one."""
        from guard.opa.many import evaluate_many

        return evaluate_many(documents, lambda: self._connected().connect(), self.evaluate)

    def evaluate_each(self, document: Document, seconds: float) -> EachRule:
        """Evaluate the rules one by one within this time; never raises PolicyError."""
        return evaluate_each(self, document, seconds)

    def evaluate_rule(self, document: Document, rule_id: str, seconds: float) -> Evaluation:
        """Return the decision of this rule alone. Raises PolicyError."""
        return self._within(seconds, lambda client: client.evaluate_rule(document, rule_id, seconds))

    def rule_ids(self, seconds: float) -> tuple[str, ...]:
        """Return the ids of the rules that can have findings. Raises PolicyError."""
        return self._within(seconds, lambda client: client.rule_ids(seconds))

    def exemptions(self, seconds: float) -> Exemptions:
        """Return the exemptions as configured. Raises PolicyError."""
        return self._within(seconds, lambda client: client.exemptions(seconds))

    def masks(self, subject: Mapping[str, Any]) -> object:
        """Return the masking policy's result for a document and its decision. Raises PolicyError."""
        return self._within(self._timeout, lambda client: client.masks(subject))

    def close(self) -> None:
        """Close the connection."""
        self._disconnect()

    def _connected(self) -> PolicyClient:
        if self._client is None:
            self._client = self._made()
        return self._client

    def _made(self) -> PolicyClient:
        token = self._fetch_token() if self._fetch_token else None
        return PolicyClient(self._url, timeout=self._timeout, token=token, ca_file=self._ca_file)

    def _disconnect(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _within(self, seconds: float, call: Callable[[PolicyClient], Result]) -> Result:
        """Return the result of the call; raise OpaTimeout if it takes longer in total, fetching the token included.

        A socket's timeout applies to each read, so a response that trickles in could block the caller for hours. Therefore the
        call runs in its own thread, and after a timeout its connection isn't used again. If no thread can be started, only the
        sockets' timeouts apply.
        """
        known, self._client = self._client, None
        done: queue.SimpleQueue[tuple[PolicyClient | None, Result | None, Exception | None]] = queue.SimpleQueue()

        def run() -> None:
            client = known
            try:
                client = client or self._made()
                done.put((client, call(client), None))
            except Exception as exc:
                done.put((client, None, exc))

        try:
            threading.Thread(target=run, name="opa-call", daemon=True).start()
        except RuntimeError:
            run()
        try:
            self._client, result, error = done.get(timeout=seconds)
        except queue.Empty:
            raise OpaTimeout("OPA didn't answer in time", url=self._url, seconds=seconds) from None
        if error is not None:
            raise error
        return result  # type: ignore[return-value]  # there is a result where there is no error


def _check_certificates(ca_file: str) -> None:
    try:
        ssl.create_default_context(cafile=ca_file)
    except OSError as exc:
        raise ConfigError(
            "GUARD_OPA_CA_FILE is not a readable file of CA certificates (PEM); `make deploy EXTRA=folder` adds one",
            file=ca_file,
            error=str(exc),
        ) from exc
