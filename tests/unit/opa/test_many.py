"""Many documents over several connections; a document that gets no decision there is evaluated again by itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from guard.decision import Decision, Evaluation
from guard.document import Document
from guard.errors import OpaUnavailable, PolicyError
from guard.opa.connection import ConnectionLost
from guard.opa.many import CONNECTIONS, MOST_BYTES, evaluate_many
from tests.support.documents import document

ALLOW = json.dumps({"result": {"decision": "allow", "findings": []}}).encode()
ALLOWED = Evaluation(Decision(decision="allow", findings=()), None, None)
ONE_BY_ONE = Evaluation(Decision(decision="warn", findings=()), None, None)
DOCUMENTS = [document() for _ in range(2 * CONNECTIONS + 1)]


class Connection:
    """Returns the given answer and counts calls; `lost_at` is the `send` that fails, or, below 0, makes `receive` fail."""

    def __init__(self, status: int = 200, content: bytes = ALLOW, lost_at: int = 0) -> None:
        self.answer = (status, content)
        self.lost_at = lost_at
        self.sent = 0
        self.closed = 0

    def send(self, _: bytes) -> None:
        self.sent += 1
        if self.sent == self.lost_at:
            raise ConnectionLost("reset")

    def receive(self) -> tuple[int, bytes]:
        if self.closed or self.lost_at < 0:
            raise ConnectionLost("closed")
        return self.answer

    def close(self) -> None:
        self.closed += 1


def _evaluated(connections: list[Connection], documents: list[Document] = DOCUMENTS) -> list[Any]:
    """The answers over these connections, in the order in which they are opened."""
    left = iter(connections)
    connect: Any = lambda: next(left)  # noqa: E731
    return list(evaluate_many(documents, connect, lambda _: ONE_BY_ONE))


def test_each_document_is_sent_once_and_connections_are_reused() -> None:
    connections = [Connection() for _ in range(CONNECTIONS)]
    assert _evaluated(connections) == [ALLOWED] * len(DOCUMENTS)
    assert sum(connection.sent for connection in connections) == len(DOCUMENTS)
    assert [connection.closed for connection in connections] == [1] * CONNECTIONS


def _of_size(size: int) -> Document:
    subject = document()
    return subject.model_copy(update={"job": subject.job.model_copy(update={"name": "n" * size})})


@pytest.mark.parametrize(
    ("sizes", "together"),
    [
        pytest.param([MOST_BYTES * 2] * 4, 1, id="each larger than the limit"),
        pytest.param([MOST_BYTES * 2 // 5] * 6, 2, id="two within the limit"),
        pytest.param([0] * 4 + [MOST_BYTES] + [0] * 4, 4, id="one among small ones"),
    ],
)
def test_few_large_documents_are_in_flight_at_once(sizes: list[int], together: int) -> None:
    """Otherwise OPA would divide its cores among them, and all would time out."""
    connections = [Connection() for _ in range(CONNECTIONS)]
    assert _evaluated(connections, [_of_size(size) for size in sizes]) == [ALLOWED] * len(sizes)
    assert sum(connection.sent > 0 for connection in connections) == together


def test_a_failed_send_closes_all_connections() -> None:
    """Documents in flight are evaluated again one by one, since OPA may be a new process by now."""
    good, bad = Connection(), Connection(lost_at=1)
    others = [Connection() for _ in range(CONNECTIONS)]
    answers = _evaluated([good, bad, *others], DOCUMENTS[:3])
    assert (answers, good.closed, bad.closed) == ([ONE_BY_ONE, ONE_BY_ONE, ALLOWED], 1, 1)


def test_a_failed_receive_closes_all_connections() -> None:
    lost, good = Connection(lost_at=-1), Connection()
    answers = _evaluated([lost, good], DOCUMENTS[:2])
    assert (answers, lost.closed, good.closed) == ([ONE_BY_ONE, ONE_BY_ONE], 1, 1)


@pytest.mark.parametrize(
    ("status", "content"),
    [
        pytest.param(500, ALLOW, id="another status"),
        pytest.param(200, b"{", id="no JSON"),
        pytest.param(200, b"{}", id="no decision"),
    ],
)
def test_a_document_with_an_invalid_answer_is_evaluated_again(status: int, content: bytes) -> None:
    """The second request, by itself, reports the error."""
    assert _evaluated([Connection(status, content)], DOCUMENTS[:1]) == [ONE_BY_ONE]


def test_the_error_of_a_document_is_yielded_in_its_place() -> None:
    error = OpaUnavailable("OPA can't be reached")

    def connect() -> Any:
        raise ConnectionLost("refused")

    def evaluate(_: Document) -> Evaluation:
        raise error

    assert list(evaluate_many(DOCUMENTS[:2], connect, evaluate)) == [error, error]


def test_an_unexpected_error_fails_only_its_document() -> None:
    def broken(_: Document) -> Evaluation:
        raise AttributeError("'str' object has no attribute 'get'")

    connect: Any = lambda: Connection(status=500)  # noqa: E731
    answers = list(evaluate_many(DOCUMENTS[:2], connect, broken))
    assert [type(answer) for answer in answers] == [PolicyError, PolicyError]


def test_a_document_whose_answer_raises_an_unexpected_error_is_evaluated_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(*_: Any) -> Evaluation:
        raise AttributeError("'str' object has no attribute 'get'")

    monkeypatch.setattr("guard.opa.many.answers.evaluation", unreadable)
    assert _evaluated([Connection()], DOCUMENTS[:1]) == [ONE_BY_ONE]
