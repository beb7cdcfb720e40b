"""What happens to a letter depending on the function's response."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from guard.operations.redrive import Queue, Redriven, redrive
from tests.support.fakes import FakeSageMaker, refused
from tests.unit.operations.test_letters import EVENT, failed_invocation, message

LETTER = message(failed_invocation(EVENT))
FAILED = {"FunctionError": "Unhandled"}
DELETED = ("DeleteMessage", {"QueueUrl": "https://queue", "ReceiptHandle": "h"})
SHOWN = ("ChangeMessageVisibility", {"QueueUrl": "https://queue", "ReceiptHandle": "h", "VisibilityTimeout": 0})


def _redriven(function: FakeSageMaker, letter: Any = LETTER) -> tuple[Redriven, tuple[str, Any]]:
    """The result for the only letter of a queue, and the queue's last call."""
    told = iter([{"Messages": [letter]}, {}, {"Messages": []}])
    sqs = FakeSageMaker(ReceiveMessage=lambda **_: next(told), DeleteMessage={}, ChangeMessageVisibility={})
    (row,) = redrive(Queue(sqs, "https://queue"), function, "guard", 10)
    (asked,) = [call for call in sqs.calls if call[0] != "ReceiveMessage"]
    return row, asked


def _answering(body: bytes, more: Any = None) -> FakeSageMaker:
    return FakeSageMaker(Invoke={"Payload": io.BytesIO(body)} | (more or {}))


@pytest.mark.parametrize(
    ("body", "result"),
    [
        pytest.param(b'{"results": [{"outcome": "stopped"}]}', "stopped", id="a job"),
        pytest.param(b'{"results": [{"outcome": "gone"}, {"outcome": "stopped"}]}', "gone, stopped", id="two jobs"),
        pytest.param(b'{"results": []}', "nothing to do", id="no job"),
        pytest.param(b'{"messages": 2}', "given", id="notices"),
    ],
)
def test_a_letter_that_the_function_took_is_deleted(body: bytes, result: str) -> None:
    function = _answering(body)
    row, end = _redriven(function)
    assert (row.result, row.done, end) == (result, True, DELETED)
    ((_, asked),) = function.calls
    assert (asked["FunctionName"], asked["InvocationType"]) == ("guard", "RequestResponse")
    assert json.loads(asked["Payload"]) == EVENT


@pytest.mark.parametrize(
    ("body", "more", "result"),
    [
        pytest.param(b'{"errorType": "StopError", "errorMessage": "no"}', FAILED, "kept: StopError: no", id="error"),
        pytest.param(b'{"errorType": "Timeout"}', FAILED, "kept: Timeout: ", id="error without a message"),
        pytest.param(b"", FAILED, "kept: the function failed: ", id="error without a body"),
        pytest.param(b'{"messages": 1}', FAILED, "kept: the function failed: ", id="notices that failed"),
        pytest.param(b'{"results": []}', FAILED, "kept: the function failed: ", id="jobs that failed"),
        pytest.param(b"[]", {}, "kept: the function failed: ", id="another function"),
        pytest.param(b"<html>", {}, "kept: the function's answer is not JSON", id="not JSON"),
    ],
)
def test_a_letter_that_failed_again_is_made_visible(body: bytes, more: Any, result: str) -> None:
    row, end = _redriven(_answering(body, more))
    assert (row.result, row.done, end) == (result, False, SHOWN)


def test_a_letter_without_an_event_invokes_nothing() -> None:
    function = FakeSageMaker(Invoke={})
    row, end = _redriven(function, message("text"))
    assert (row.result, row.done, end) == ("kept: it contains no event; look at it in the queue", False, SHOWN)
    assert function.calls == []


def test_a_function_that_can_not_be_invoked_keeps_the_letter() -> None:
    row, end = _redriven(FakeSageMaker(Invoke=refused("TooManyRequestsException", status=429)))
    result = "kept: the function could not be invoked (TooManyRequestsException)"
    assert (row.result, row.done, end) == (result, False, SHOWN)


def test_a_letter_that_can_not_be_deleted_says_what_the_function_did() -> None:
    sqs = FakeSageMaker(
        ReceiveMessage={"Messages": [LETTER]}, DeleteMessage=refused("AccessDenied"), ChangeMessageVisibility={}
    )
    (row,) = redrive(Queue(sqs, "https://queue"), _answering(b'{"results": [{"outcome": "stopped"}]}'), "guard", 1)
    assert (row.result, row.done) == ("stopped, but kept: it can't be deleted (AccessDenied)", False)
    assert sqs.calls[-1] == SHOWN


def test_letters_are_taken_one_by_one_so_that_none_waits_hidden_for_another() -> None:
    sqs = FakeSageMaker(ReceiveMessage={})
    assert list(redrive(Queue(sqs, "https://queue"), FakeSageMaker(), "guard", 10)) == []
    assert [asked["MaxNumberOfMessages"] for _, asked in sqs.calls] == [1]
