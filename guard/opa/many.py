"""Many documents, one request each, over several connections at once."""

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
"""As many documents are on their way at once: enough to keep OPA busy on a few cores while the guard reads an answer."""
MOST_BYTES = 256 * 1024
"""So many bytes at once, but for a document that is larger by itself: the largest take OPA half a second of one core each, and
eight of them the time that each of them has."""


def evaluate_many(
    documents: Iterable[Document],
    connect: Callable[[], Connection],
    evaluate: Callable[[Document], Evaluation],
) -> Iterator[Evaluation | PolicyError]:
    """Yield for each document, in order, its decision or the error that it met.

    Documents are taken as answers are asked for, never more than a few ahead. `connect` opens a connection; `evaluate` decides
    on one document, with all that an engine does about a failure: it is asked again about each document without a decision, one
    at a time, so that a document that breaks OPA breaks it for itself alone.
    """
    lines = _Lines(connect)
    asked: deque[tuple[Document, int, Connection | None]] = deque()

    def oldest() -> Evaluation | PolicyError:
        document, _, connection = asked.popleft()
        try:
            return lines.answer(document, connection) or evaluate(document)
        except Exception as exc:  # also a fault of the engine: it is this document's alone
            return policy_error(exc)

    try:
        for document in documents:
            body = input_of(document)
            while asked and sum(size for _, size, _ in asked) + len(body) > MOST_BYTES:
                yield oldest()
            asked.append((document, len(body), lines.sent(body)))
            if len(asked) == CONNECTIONS:
                yield oldest()
        while asked:
            yield oldest()
    finally:
        lines.close()


class _Lines:
    """The open connections. When one is lost, so is what it is connected to: none of them is used again."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._free: list[Connection] = []
        self._open: set[Connection] = set()

    def sent(self, body: bytes) -> Connection | None:
        """Send a request's body and return the connection that the answer comes on; None when there is none to be had."""
        try:
            connection = self._free.pop() if self._free else self._connect()
            self._open.add(connection)
            connection.send(body)
        except (ConnectionLost, PolicyError):
            self.close()
            return None
        return connection

    def answer(self, document: Document, connection: Connection | None) -> Evaluation | None:
        """Return the decision that has come on the connection; None when there is none, whatever the reason."""
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
            # The document is asked about again by itself, which tells what is wrong.
            return None

    def close(self) -> None:
        for connection in self._open:
            connection.close()
        self._open.clear()
        self._free.clear()
