"""Evaluate many documents, one per request, over several connections at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator

from guard.decision import Evaluation
from guard.document import Document
from guard.errors import PolicyError, policy_error
from guard.opa import answers
from guard.opa.client import input_of
from guard.opa.connection import Connection, ConnectionLost

CONNECTIONS = 8
"""Requests in flight at once: enough to keep OPA busy on a few cores while the guard reads a response."""
MOST_BYTES = 256 * 1024
"""Bytes in flight at once; a larger document is sent alone. The largest documents take OPA half a second of one core each, so
eight of them at once would use up the time that each of them has."""


def evaluate_many(
    documents: Iterable[Document],
    connect: Callable[[], Connection],
    evaluate: Callable[[Document], Evaluation],
) -> Iterator[Evaluation | PolicyError]:
    """Yield for each document, in order, its decision or its error.

    Only a few documents are taken ahead of the results that are yielded. `connect` opens a connection; `evaluate` decides on one
    document and handles failures as an engine does. It is called for each document without a decision, one at a time, so that a
    document that crashes OPA fails alone.
    """
    connections = _Connections(connect)
    pending: deque[tuple[Document, int, Connection | None]] = deque()

    def oldest() -> Evaluation | PolicyError:
        document, _, connection = pending.popleft()
        try:
            return connections.receive(document, connection) or evaluate(document)
        except Exception as exc:  # an unexpected error, too, must fail this document alone
            return policy_error(exc)

    try:
        for document in documents:
            body = input_of(document)
            while pending and sum(size for _, size, _ in pending) + len(body) > MOST_BYTES:
                yield oldest()
            pending.append((document, len(body), connections.send(body)))
            if len(pending) == CONNECTIONS:
                yield oldest()
        while pending:
            yield oldest()
    finally:
        connections.close()


class _Connections:
    """The open connections. If one is lost, OPA may be a new process by now, so none of them is used again."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._free: list[Connection] = []
        self._open: set[Connection] = set()

    def send(self, body: bytes) -> Connection | None:
        """Send a request's body and return its connection; None if no connection can be opened or used."""
        try:
            connection = self._free.pop() if self._free else self._connect()
            self._open.add(connection)
            connection.send(body)
        except (ConnectionLost, PolicyError):
            self.close()
            return None
        return connection

    def receive(self, document: Document, connection: Connection | None) -> Evaluation | None:
        """Return the decision from the connection; None if there is none, for any reason."""
        if connection is None or connection not in self._open:
            return None
        try:
            status, content = connection.receive()
        except ConnectionLost:
            self.close()
            return None
        self._free.append(connection)
        try:
            return answers.evaluation(answers.read(content, ""), document) if status == 200 else None
        except Exception:
            # The document is evaluated again by itself, which raises the error.
            return None

    def close(self) -> None:
        for connection in self._open:
            connection.close()
        self._open.clear()
        self._free.clear()
