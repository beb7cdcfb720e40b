"""The policy engines: the embedded OPA, restarted once when it is dead or hung, and an OPA that runs elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from guard.decision import EachRule, Evaluation
from guard.document import Document
from guard.errors import OpaStartError, OpaTimeout, OpaUnavailable
from guard.opa.client import PolicyClient, wait_until_ready
from guard.opa.each import evaluate_each
from guard.opa.process import LOOPBACK, OpaProcess

PORT_TAKEN = "address already in use"


class EmbeddedOpa:
    """Decides with an OPA of its own; a context manager that leaves no process behind."""

    def __init__(
        self,
        start: Callable[[], OpaProcess],
        *,
        timeout: float,
        start_timeout: float,
        process: OpaProcess | None = None,
    ) -> None:
        """`start` starts an OPA; `process` is one that is already starting. Times are in seconds."""
        self._start = start
        self._timeout = timeout
        self._start_timeout = start_timeout
        self._process = process
        self._client: PolicyClient | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The process id of OPA while it runs."""
        return self._process.pid if self._process else None

    def wait_until_ready(self) -> None:
        """Return once OPA serves its bundle; raise OpaStartError otherwise."""
        with self._lock:
            self._connected()

    def evaluate(self, document: Document) -> Evaluation:
        """Return the decision on the document, after one restart and one retry when OPA is dead or hung.

        Raises PolicyError, as an OpaStartError, OpaUnavailable or OpaTimeout when the restart didn't help either.

        >>> evaluation = engine.evaluate(document)
        >>> evaluation.decision.decision, evaluation.decision.rule_ids
        ('deny', ('denied_image',))
        """
        with self._lock:
            try:
                return self._connected().evaluate(document)
            except (OpaUnavailable, OpaTimeout):
                self._discard()
            return self._connected().evaluate(document)

    def evaluate_each(self, document: Document, seconds: float) -> EachRule:
        """Return what the rules answer one by one within this time; never raises PolicyError."""
        return evaluate_each(self, document, seconds)

    def evaluate_rule(self, document: Document, rule_id: str, seconds: float) -> Evaluation:
        """Return the decision with this rule alone; an OPA that is dead or hung is restarted for the next rule."""
        with self._lock:
            try:
                return self._connected().evaluate_rule(document, rule_id, seconds)
            except (OpaUnavailable, OpaTimeout):
                self._discard()
                raise

    def rule_ids(self, seconds: float) -> tuple[str, ...]:
        """Return the ids of the rules that can have findings. Raises PolicyError."""
        with self._lock:
            return self._connected().rule_ids(seconds)

    def close(self) -> None:
        """End OPA."""
        with self._lock:
            self._discard()

    def _connected(self) -> PolicyClient:
        if self._client is None:
            try:
                self._client = self._launched()
            except OpaStartError as exc:
                if PORT_TAKEN not in str(exc.evidence.get("log")):
                    raise
                self._client = self._launched()
        return self._client

    def _launched(self) -> PolicyClient:
        process = self._process = self._process or self._start()
        client = PolicyClient(f"http://{LOOPBACK}:{process.port}", timeout=self._timeout)
        try:
            wait_until_ready(client, process, seconds=self._start_timeout)
        except BaseException:
            client.close()
            self._discard()
            raise
        return client

    def _discard(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None
        if self._process is not None:
            self._process.stop()
            self._process = None


class RemoteOpa:
    """Decides with an OPA that somebody else runs (`GUARD_OPA_URL`)."""

    def __init__(self, url: str, *, timeout: float) -> None:
        self._client = PolicyClient(url, timeout=timeout)

    def wait_until_ready(self) -> None:
        """Do nothing: whether that OPA is up shows at the first decision."""

    def evaluate(self, document: Document) -> Evaluation:
        """Return the decision on the document, after one retry when the connection was lost."""
        try:
            return self._client.evaluate(document)
        except OpaUnavailable:
            return self._client.evaluate(document)

    def evaluate_each(self, document: Document, seconds: float) -> EachRule:
        """Return what the rules answer one by one within this time; never raises PolicyError."""
        return evaluate_each(self._client, document, seconds)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()
