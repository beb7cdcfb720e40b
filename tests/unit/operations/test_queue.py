"""Receiving each letter of a queue once, and making it visible again."""

from __future__ import annotations

from typing import Any

import pytest

from guard.errors import StateError
from guard.operations.letters import Letter, read_letter
from guard.operations.redrive import Count, Queue
from tests.support.fakes import Answer, FakeSageMaker, refused
from tests.unit.operations.test_letters import NOTICE, message


def _queue(*answers: list[str]) -> tuple[Queue, FakeSageMaker]:
    told = iter([{"Messages": [_message(each, "h") for each in answer]} for answer in answers])
    sqs = FakeSageMaker(ReceiveMessage=lambda **_: next(told, {}))
    return Queue(sqs, "https://queue"), sqs


def _message(name: str, receipt: str) -> dict[str, Any]:
    return message(NOTICE) | {"MessageId": name, "ReceiptHandle": receipt}


@pytest.mark.parametrize(
    ("answers", "letters", "calls"),
    [
        pytest.param([[]], 0, 1, id="empty"),
        pytest.param([["a"], ["b"], ["a"], ["b"], ["c"], []], 3, 6, id="old ones before a new one"),
        pytest.param([["a"], ["a"], []], 1, 3, id="an empty answer after an old one"),
        pytest.param([["a"], ["a"], ["a"]], 1, 3, id="one that comes again and again"),
    ],
)
def test_a_queue_is_empty_when_it_says_so(answers: Any, letters: int, calls: int) -> None:
    queue, sqs = _queue(*answers)
    assert (len(list(queue.letters(10))), len(sqs.calls)) == (letters, calls)


def test_receiving_waits_so_that_all_servers_of_the_queue_are_queried() -> None:
    queue, sqs = _queue(["a"], [])
    assert len(list(queue.letters(10))) == 1
    assert all(asked["WaitTimeSeconds"] > 0 for _, asked in sqs.calls)


def test_the_last_receipt_of_a_letter_is_the_one_that_counts() -> None:
    answers = iter([[_message("a", "old")], [_message("a", "new"), _message("b", "other")], [], []])
    sqs = FakeSageMaker(
        ReceiveMessage=lambda **_: {"Messages": next(answers)}, ChangeMessageVisibility={}, DeleteMessage={}
    )
    queue = Queue(sqs, "https://queue")
    first, second = queue.letters(10)
    queue.make_visible([first])
    queue.delete(second)
    assert [asked["ReceiptHandle"] for _, asked in sqs.calls[-2:]] == ["new", "other"]


GONE = [
    pytest.param("AWS.SimpleQueueService.MessageNotInflight", "The message is not in flight.", id="documented"),
    pytest.param("MessageNotInflight", "", id="by its short name"),
    pytest.param(
        "InvalidParameterValue",
        "Reason: Message does not exist or is not available for visibility timeout change.",
        id="in words",
    ),
]


def _refusing(error: Answer) -> tuple[Queue, FakeSageMaker, list[Letter]]:
    sqs = FakeSageMaker(ChangeMessageVisibility=error)
    return Queue(sqs, "https://queue"), sqs, [read_letter(_message(name, name)) for name in ("a", "b")]


@pytest.mark.parametrize(("code", "text"), GONE)
def test_making_a_visible_letter_visible_is_not_an_error(code: str, text: str) -> None:
    queue, sqs, letters = _refusing(refused(code, text))
    queue.make_visible(letters)
    assert [asked["ReceiptHandle"] for _, asked in sqs.calls] == ["a", "b"]


def test_a_letter_that_cannot_be_made_visible_does_not_affect_others() -> None:
    refusals = iter([refused("AccessDenied", "first"), refused("AccessDenied", "second")])

    def refuse(**_: Any) -> dict[str, Any]:
        raise next(refusals)

    queue, sqs, letters = _refusing(refuse)
    with pytest.raises(StateError, match="first"):
        queue.make_visible(letters)
    assert [asked["ReceiptHandle"] for _, asked in sqs.calls] == ["a", "b"]


def test_no_more_letters_are_taken_than_wanted() -> None:
    queue, sqs = _queue(["a", "b"], ["c"])
    assert len(list(queue.letters(3))) == 3
    assert [asked["MaxNumberOfMessages"] for _, asked in sqs.calls] == [3, 1]
    _, asked = sqs.calls[0]
    assert (asked["MessageAttributeNames"], asked["AttributeNames"]) == (["All"], ["SentTimestamp"])


def test_a_refusal_is_an_error_with_its_evidence() -> None:
    queue = Queue(FakeSageMaker(ReceiveMessage=refused("AccessDenied", "not yours")), "https://queue")
    with pytest.raises(StateError) as caught:
        list(queue.letters(1))
    error = caught.value.evidence.pop("error")
    assert caught.value.evidence == {"queue": "https://queue", "operation": "receive_message", "code": "AccessDenied"}
    assert "not yours" in str(error)


@pytest.mark.parametrize(
    ("counted", "kept", "others"),
    [
        pytest.param(Count(3, 2), 2, Count(1, 1), id="one that another look hides"),
        pytest.param(Count(3, 0), 2, Count(1, 0), id="one beyond the limit"),
        pytest.param(Count(2, 2), 2, Count(0, 0), id="only its own, still hidden"),
        pytest.param(Count(1, 1), 2, Count(0, 0), id="a count that lags behind"),
    ],
)
def test_the_count_excludes_the_letters_that_were_kept(counted: Count, kept: int, others: Count) -> None:
    assert counted.besides(kept) == others
