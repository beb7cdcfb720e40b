"""Many documents over connections of their own; what can't be asked there is asked one by one."""

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
    """Answers as it is told to, and notes what was sent and that it was closed; below 0, `lost_at` is when it is to answer."""

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


def test_each_document_is_asked_about_once_and_the_connections_are_used_again() -> None:
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
        pytest.param([MOST_BYTES * 2] * 4, 1, id="each more than all may have"),
        pytest.param([MOST_BYTES * 2 // 5] * 6, 2, id="two of them have room"),
        pytest.param([0] * 4 + [MOST_BYTES] + [0] * 4, 4, id="one among small ones"),
    ],
)
def test_of_large_documents_few_are_on_their_way_at_once(sizes: list[int], together: int) -> None:
    """OPA would share a core among them until none has its answer in time."""
    connections = [Connection() for _ in range(CONNECTIONS)]
    assert _evaluated(connections, [_of_size(size) for size in sizes]) == [ALLOWED] * len(sizes)
    assert sum(connection.sent > 0 for connection in connections) == together


def test_a_connection_that_takes_nothing_takes_the_others_along() -> None:
    """What was on its way over them is asked again one by one: the OPA behind them may be another one by now."""
    good, bad = Connection(), Connection(lost_at=1)
    others = [Connection() for _ in range(CONNECTIONS)]
    answers = _evaluated([good, bad, *others], DOCUMENTS[:3])
    assert (answers, good.closed, bad.closed) == ([ONE_BY_ONE, ONE_BY_ONE, ALLOWED], 1, 1)


def test_a_connection_that_brings_no_answer_takes_the_others_along() -> None:
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
def test_an_answer_that_is_no_decision_is_asked_for_again(status: int, content: bytes) -> None:
    """Where a request by itself finds out what is wrong."""
    assert _evaluated([Connection(status, content)], DOCUMENTS[:1]) == [ONE_BY_ONE]


def test_an_error_of_one_document_is_its_answer() -> None:
    error = OpaUnavailable("OPA can't be reached")

    def connect() -> Any:
        raise ConnectionLost("refused")

    def evaluate(_: Document) -> Evaluation:
        raise error

    assert list(evaluate_many(DOCUMENTS[:2], connect, evaluate)) == [error, error]


def test_a_fault_of_the_engine_is_that_of_its_document() -> None:
    def broken(_: Document) -> Evaluation:
        raise AttributeError("'str' object has no attribute 'get'")

    connect: Any = lambda: Connection(status=500)  # noqa: E731
    answers = list(evaluate_many(DOCUMENTS[:2], connect, broken))
    assert [type(answer) for answer in answers] == [PolicyError, PolicyError]


def test_an_answer_that_can_not_be_read_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(*_: Any) -> Evaluation:
        raise AttributeError("'str' object has no attribute 'get'")

    monkeypatch.setattr("guard.opa.many.answers.evaluation", unreadable)
    assert _evaluated([Connection()], DOCUMENTS[:1]) == [ONE_BY_ONE]
