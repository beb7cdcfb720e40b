"""The shapes of dead letters, and messages that have none of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from guard.operations.letters import read_letter
from tests.support.events import load_event

EVENT = load_event("training_starting")
CALL = load_event("api_create_training_job")
SUBJECT = "SageMaker Training Job State Change: pytorch-training-2024-03-05-10-14-58-456"


def failed_invocation(event: Any, **changes: Any) -> dict[str, Any]:
    """What Lambda sends to an on-failure destination."""
    return {
        "version": "1.0",
        "timestamp": "2026-11-23T10:05:00.000Z",
        "requestContext": {"requestId": "r", "condition": "RetriesExhausted", "approximateInvokeCount": 3},
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorType": "CollectError", "errorMessage": "the call failed"},
        **changes,
    }


def message(body: Any, **attributes: str) -> dict[str, Any]:
    return {
        "MessageId": "m",
        "ReceiptHandle": "h",
        "Body": body if isinstance(body, str) else json.dumps(body),
        "Attributes": {"SentTimestamp": "1795514400000"},
        "MessageAttributes": {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()},
    }


JOB = "arn:aws:sagemaker:eu-west-1:123456789012:training-job/churn"
NOTICE = {"sagemaker_guard": "notice", "notice": {"job": {"arn": JOB}}}
ENDED = {"sagemaker_guard": "job-ended", "job_arn": JOB}
END = {"detail-type": "SageMaker Training Job State Change", "resources": [JOB], "time": "2026-11-23T10:00:00Z"}
UNDELIVERED = {"RULE_ARN": "arn:rule", "ERROR_CODE": "THROTTLING", "ERROR_MESSAGE": "Rate exceeded"}


@pytest.mark.parametrize(
    ("letter", "shape", "event", "error"),
    [
        pytest.param(
            message(failed_invocation(EVENT)),
            "failed invocation",
            EVENT,
            "CollectError: the call failed",
            id="destination",
        ),
        pytest.param(
            message(failed_invocation(EVENT, responsePayload=None)),
            "failed invocation",
            EVENT,
            "RetriesExhausted",
            id="expired",
        ),
        pytest.param(
            message(EVENT, RequestID="r", ErrorCode="200", ErrorMessage="failed"),
            "failed invocation",
            EVENT,
            "200: failed",
            id="dead-letter queue of the function",
        ),
        pytest.param(
            message(EVENT, **UNDELIVERED), "undelivered event", EVENT, "THROTTLING: Rate exceeded", id="EventBridge"
        ),
        pytest.param(message(EVENT), "undelivered event", EVENT, "unknown", id="no reason given"),
        pytest.param(
            message(END, **UNDELIVERED, TARGET_ARN="arn:aws:sqs:eu-west-1:123456789012:notices"),
            "notice",
            ENDED | {"time": "2026-11-23T10:00:00Z"},
            "THROTTLING: Rate exceeded",
            id="a job's end, as EventBridge got it",
        ),
        pytest.param(
            message(END | {"resources": []}, TARGET_ARN="arn:aws:sqs:eu-west-1:123456789012:notices"),
            "notice",
            ENDED | {"job_arn": None, "time": "2026-11-23T10:00:00Z"},
            "unknown",
            id="the end of no job",
        ),
        pytest.param(
            message(ENDED, **UNDELIVERED), "notice", ENDED, "THROTTLING: Rate exceeded", id="a job's end as a message"
        ),
        pytest.param(
            message(failed_invocation(EVENT, responsePayload={"errorType": "Timeout"})),
            "failed invocation",
            EVENT,
            "Timeout: ",
            id="error without a message",
        ),
        pytest.param(
            message(failed_invocation(EVENT, responsePayload=None, requestContext={})),
            "failed invocation",
            EVENT,
            "unknown",
            id="no condition",
        ),
        pytest.param(
            message(failed_invocation(EVENT, responsePayload={"errorType": ""}, requestContext=None)),
            "failed invocation",
            EVENT,
            "unknown",
            id="no context",
        ),
        pytest.param(
            message(NOTICE),
            "notice",
            NOTICE,
            "it was tried several times: the `notice` lines of the log have the errors",
            id="the guard's own queue",
        ),
        pytest.param(message("not JSON"), "unreadable", None, "the body is not a JSON object", id="text"),
        pytest.param(message([1]), "unreadable", None, "the body is not a JSON object", id="list"),
        pytest.param(message({"a": 1}), "unreadable", None, "the body doesn't contain an event", id="something else"),
        pytest.param(
            message(failed_invocation("text")),
            "unreadable",
            None,
            "the body doesn't contain an event",
            id="payload that is no event",
        ),
    ],
)
def test_a_letter_is_read(letter: dict[str, Any], shape: str, event: Any, error: str) -> None:
    read = read_letter(letter)
    assert (read.shape, read.event, read.error) == (shape, event, error)
    assert read.sent_at is not None
    assert read.sent_at.year == 2026


@pytest.mark.parametrize(
    ("event", "subject"),
    [
        (EVENT, SUBJECT),
        (CALL, "AWS API Call via CloudTrail: pytorch-training-2024-03-05-10-14-58-456"),
        ({"detail-type": "Something", "detail": 3}, "Something"),
        (NOTICE, f"notice: {JOB}"),
        (ENDED, f"job-ended: {JOB}"),
        ({"sagemaker_guard": "notice", "notice": 3}, "notice: ?"),
        ({"sagemaker_guard": "notice", "notice": {"job": {}}}, "notice: ?"),
        (None, "-"),
        (failed_invocation({"detail": {"TrainingJobName": "churn"}}), "?: churn"),
        (failed_invocation({"detail": {"TrainingJobName": 7}}), "?"),
    ],
    ids=[
        "state change",
        "call",
        "no detail",
        "notice",
        "ended job",
        "broken notice",
        "notice of no job",
        "no event",
        "no type",
        "a name that is none",
    ],
)
def test_the_subject_names_the_job(event: Any, subject: str) -> None:
    assert read_letter(message(event)).subject == subject


def test_a_letter_without_attributes_is_read() -> None:
    read = read_letter({"MessageId": "m", "ReceiptHandle": "h", "Body": json.dumps(EVENT)})
    assert (read.id, read.receipt, read.sent_at, read.error) == ("m", "h", None, "unknown")


def test_an_attribute_that_is_not_a_string_does_not_hide_others() -> None:
    letter = message(EVENT, ERROR_MESSAGE="Rate exceeded")
    letter["MessageAttributes"]["ERROR_CODE"] = {"DataType": "Binary", "BinaryValue": b"1"}
    assert read_letter(letter).error == ": Rate exceeded"
