"""The embedded OPA: restarted once when it is dead or hung, and replaceable between two decisions.

Modules that a decision of a healthy engine doesn't need are imported on first use: each import adds to the cold start.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from guard.decision import EachRule, Evaluation, Exemptions
from guard.document import Document
from guard.errors import OpaStartError, OpaTimeout, OpaUnavailable, PolicyError
from guard.opa.client import PolicyClient, wait_until_ready
from guard.opa.process import LOOPBACK, OpaProcess

if TYPE_CHECKING:
    from guard.opa.connection import Connection

PORT_TAKEN = "address already in use"

Start = Callable[[], OpaProcess]
Result = TypeVar("Result")


@dataclass(frozen=True)
class _Running:
    """A started OPA that serves its bundle, and the connection to it."""

    process: OpaProcess
    client: PolicyClient

    def stop(self) -> None:
        self.client.close()
        self.process.stop()


class EmbeddedOpa:
    """Decides with its own OPA process; a context manager that stops the process at its end."""

    def __init__(
        self,
        start: Start,
        *,
        timeout: float,
        start_timeout: float,
        process: OpaProcess | None = None,
        on_restart: Callable[[PolicyError], object] = lambda _: None,
    ) -> None:
        """`start` starts an OPA; `process` is one that is already starting. Times are in seconds.

        `on_restart` is called with the cause each time OPA is stopped to be restarted.
        """
        self._start = start
        self._on_restart = on_restart
        self._timeout = timeout
        self._start_timeout = start_timeout
        self._starting = process
        self._running: _Running | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """OPA's process id while it runs."""
        process = self._running.process if self._running else self._starting
        return process.pid if process else None

    def wait_until_ready(self) -> None:
        """Wait until OPA serves its bundle. Raises OpaStartError or SchemaMismatch."""
        with self._lock:
            self._connected()

    def evaluate(self, document: Document) -> Evaluation:
        """Return the decision on the document, after one restart and one retry when OPA is dead or hung.

        Raises PolicyError: OpaStartError, OpaUnavailable or OpaTimeout if the restart didn't help.

        >>> evaluation = engine.evaluate(document)
        >>> evaluation.decision.decision, evaluation.decision.rule_ids
        ('deny', ('denied_image',))
        """
        with self._lock:
            try:
                return self._query(lambda client: client.evaluate(document))
            except (OpaUnavailable, OpaTimeout):
                return self._query(lambda client: client.evaluate(document))

    def evaluate_many(self, documents: Iterable[Document]) -> Iterator[Evaluation | PolicyError]:
        """Yield for each document, in order, its decision or the PolicyError that `evaluate` would raise; never raises one.

        Each request has one document and several requests are in flight; only a few documents are held at a time.

        >>> [answer.decision.decision for answer in engine.evaluate_many([document, document])]
        ['deny', 'deny']
        """
        from guard.opa.many import evaluate_many

        return evaluate_many(documents, self._connection, self.evaluate)

    def evaluate_each(self, document: Document, seconds: float) -> EachRule:
        """Evaluate the rules one by one within this time; never raises PolicyError."""
        from guard.opa.each import evaluate_each

        return evaluate_each(self, document, seconds)

    def evaluate_rule(self, document: Document, rule_id: str, seconds: float) -> Evaluation:
        """Return the decision of this rule alone; a dead or hung OPA is restarted for the next rule. Raises PolicyError."""
        with self._lock:
            return self._query(lambda client: client.evaluate_rule(document, rule_id, seconds))

    def rule_ids(self, seconds: float) -> tuple[str, ...]:
        """Return the ids of the rules that can have findings. Raises PolicyError."""
        with self._lock:
            return self._query(lambda client: client.rule_ids(seconds))

    def exemptions(self, seconds: float) -> Exemptions:
        """Return the exemptions as configured. Raises PolicyError."""
        with self._lock:
            return self._query(lambda client: client.exemptions(seconds))

    def masks(self, subject: Mapping[str, Any]) -> object:
        """Return the masking policy's result for a document and its decision. Raises PolicyError."""
        with self._lock:
            return self._query(lambda client: client.masks(subject))

    def replace(self, start: Start) -> None:
        """Replace OPA between two decisions; later restarts use `start`, too.

        The old OPA decides until the new one is ready, and stays in use if the new one doesn't start. Raises OpaStartError or
        SchemaMismatch.
        """
        running = self._launched(start())
        with self._lock:
            self._discard()
            self._start = start
            self._running = running

    def close(self) -> None:
        """Stop OPA."""
        with self._lock:
            self._discard()

    def _query(self, call: Callable[[PolicyClient], Result]) -> Result:
        """Return the result of the call; stop a dead or hung OPA, so that the next query starts another one."""
        try:
            return call(self._connected())
        except (OpaUnavailable, OpaTimeout) as exc:
            self._discard()
            with suppress(Exception):  # a failure to log the restart must not prevent it
                self._on_restart(exc)
            raise

    def _connection(self) -> Connection:
        with self._lock:
            return self._connected().connect()

    def _connected(self) -> PolicyClient:
        if self._running is None:
            process, self._starting = self._starting, None
            try:
                self._running = self._launched(process or self._start())
            except OpaStartError as exc:
                if PORT_TAKEN not in str(exc.evidence.get("log")):
                    raise
                self._running = self._launched(self._start())
        return self._running.client

    def _launched(self, process: OpaProcess) -> _Running:
        running = _Running(process, PolicyClient(f"http://{LOOPBACK}:{process.port}", timeout=self._timeout))
        try:
            wait_until_ready(running.client, process, seconds=self._start_timeout)
            running.client.check_schema()
        except BaseException:
            running.stop()
            raise
        return running

    def _discard(self) -> None:
        if self._running is not None:
            self._running.stop()
            self._running = None
        if self._starting is not None:
            self._starting.stop()
            self._starting = None
