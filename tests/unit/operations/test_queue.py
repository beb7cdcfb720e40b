"""Taking letters from a queue whose answers may be empty although it has some."""

from __future__ import annotations

from typing import Any

import pytest

from guard.errors import StateError
from guard.operations.redrive import Queue
from tests.support.fakes import FakeSageMaker, refused
from tests.unit.operations.test_letters import NOTICE, message


def _queue(*answers: list[str]) -> tuple[Queue, FakeSageMaker]:
    told = iter([{"Messages": [message(NOTICE) | {"MessageId": each} for each in answer]} for answer in answers])
    sqs = FakeSageMaker(ReceiveMessage=lambda **_: next(told))
    return Queue(sqs, "https://queue"), sqs


@pytest.mark.parametrize(
    ("answers", "letters", "calls"),
    [
        pytest.param([[], []], 0, 2, id="empty"),
        pytest.param([["a"], [], ["b"], [], []], 2, 5, id="an empty answer between"),
        pytest.param([["a"], ["a"], ["a"]], 1, 3, id="one that is seen again"),
    ],
)
def test_a_queue_is_empty_when_it_says_so_twice(answers: Any, letters: int, calls: int) -> None:
    queue, sqs = _queue(*answers)
    assert (len(list(queue.letters(10))), len(sqs.calls)) == (letters, calls)


def test_no_more_letters_are_taken_than_wanted() -> None:
    queue, sqs = _queue(["a", "b"], ["c"])
    assert len(list(queue.letters(3))) == 3
    assert [asked["MaxNumberOfMessages"] for _, asked in sqs.calls] == [3, 1]


def test_a_refusal_is_an_error_with_its_evidence() -> None:
    queue = Queue(FakeSageMaker(ReceiveMessage=refused("AccessDenied", "not yours")), "https://queue")
    with pytest.raises(StateError) as caught:
        list(queue.letters(1))
    error = caught.value.evidence.pop("error")
    assert caught.value.evidence == {"queue": "https://queue", "operation": "receive_message", "code": "AccessDenied"}
    assert "not yours" in str(error)
