"""Stopping: each way in which SageMaker can refuse, lose or ignore the call."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from guard.aws.enforce import SharedPatience, stop
from guard.document import Source
from guard.errors import StopError
from guard.jobs import MONITORING_SCHEDULE, OPTIMIZATION, TRAINING, JobKind
from guard.record import Outcome
from guard.refs import JobRef, job_arn
from tests.support.events import HOME
from tests.support.fakes import FakeSageMaker, refused

LOST = ReadTimeoutError(endpoint_url="https://api.sagemaker")
UNREACHABLE = EndpointConnectionError(endpoint_url="https://api.sagemaker")
ENDED = refused("ValidationException", "The request was rejected because the training job is in status Stopped.")


# How botocore parses a page with a success status.
SIGN_IN = {
    "ResponseMetadata": {"HTTPStatusCode": 200, "HTTPHeaders": {"content-type": "text/html"}, "RetryAttempts": 0}
}


def ref(kind: JobKind = TRAINING) -> JobRef:
    source = Source(type="state-change", id="event-1", time=datetime(2024, 3, 5, tzinfo=UTC))
    return JobRef(kind, "job-1", job_arn("job-1", kind, HOME), HOME, source, None, {})


def client(stopped: Any, status: Any, kind: JobKind = TRAINING) -> FakeSageMaker:
    described = status if isinstance(status, Exception) else {kind.status_field: status}
    return FakeSageMaker(**{kind.stop_operation: stopped, kind.describe_operation: described})


THROTTLED = refused("ThrottlingException", "Rate exceeded")


@pytest.mark.parametrize(
    ("answers", "slept", "calls"),
    [
        pytest.param([{}], [], 1, id="at once"),
        pytest.param([THROTTLED, {}], [1.0], 2, id="throttled once"),
        pytest.param([THROTTLED, refused("TooMany", status=429), {}], [1.0, 2.0], 3, id="in other words"),
    ],
)
def test_a_throttled_stop_is_tried_again(answers: list[Any], slept: list[float], calls: int) -> None:
    waiting = iter(answers)

    def answer(**_: Any) -> Any:
        given = next(waiting)
        if isinstance(given, Exception):
            raise given
        return given

    fake, pauses = client(answer, "InProgress"), list[float]()
    assert stop(fake, ref(), (1.0, 2.0), pauses.append) is Outcome.STOPPED
    assert (pauses, len(fake.calls)) == (slept, calls)


def test_shared_pauses_are_used_up_by_the_jobs_that_need_them() -> None:
    patience, slept = SharedPatience((1.0, 2.0), 4.0), list[list[float]]()
    for answer in ({}, THROTTLED, {}, THROTTLED, THROTTLED):
        pauses = list[float]()
        with suppress(StopError):
            stop(client(answer, "InProgress"), ref(), patience, pauses.append)
        slept.append(pauses)
    assert slept == [[], [1.0, 2.0], [], [1.0], []]


@pytest.mark.parametrize(
    ("answer", "slept"),
    [
        pytest.param(THROTTLED, [1.0, 2.0], id="throttled for longer"),
        pytest.param(refused("AccessDeniedException"), [], id="not allowed"),
        pytest.param(refused("InternalFailure", status=500), [], id="perhaps served"),
        pytest.param(LOST, [], id="answer lost"),
    ],
)
def test_a_stop_that_stays_throttled_or_is_refused_fails(answer: Any, slept: list[float]) -> None:
    pauses = list[float]()
    with pytest.raises(StopError):
        stop(client(answer, "InProgress"), ref(), (1.0, 2.0), pauses.append)
    assert pauses == slept


def test_a_stop_that_succeeds_describes_nothing() -> None:
    fake = client({}, "InProgress")
    assert stop(fake, ref()) is Outcome.STOPPED
    assert fake.calls == [("StopTrainingJob", {"TrainingJobName": "job-1"})]


@pytest.mark.parametrize(
    ("refusal", "status", "outcome"),
    [
        pytest.param(ENDED, "Stopping", Outcome.ALREADY_FINISHED, id="refused while stopping"),
        pytest.param(ENDED, "Stopped", Outcome.ALREADY_FINISHED, id="refused when stopped"),
        pytest.param(ENDED, "Completed", Outcome.ALREADY_FINISHED, id="refused when completed"),
        pytest.param(refused("AccessDeniedException"), "Failed", Outcome.ALREADY_FINISHED, id="denied when failed"),
        pytest.param(LOST, "Stopping", Outcome.STOPPED, id="answer lost, stopping"),
        pytest.param(LOST, "Stopped", Outcome.STOPPED, id="answer lost, stopped"),
        pytest.param(LOST, "Completed", Outcome.ALREADY_FINISHED, id="answer lost, completed by itself"),
        pytest.param(UNREACHABLE, "Stopping", Outcome.STOPPED, id="no connection, stopping"),
        pytest.param(UNREACHABLE, "Completed", Outcome.ALREADY_FINISHED, id="no connection, completed by itself"),
        pytest.param(ResponseParserError("x"), "Stopping", Outcome.STOPPED, id="answer unreadable, stopping"),
        pytest.param(refused("InternalFailure", status=500), "Stopping", Outcome.STOPPED, id="server error, stopping"),
        pytest.param(SIGN_IN, "Stopping", Outcome.STOPPED, id="somebody else's answer, stopping"),
    ],
)
def test_a_refused_stop_is_classified_by_the_jobs_status(refusal, status, outcome) -> None:
    assert stop(client(refusal, status), ref()) is outcome


@pytest.mark.parametrize(
    ("kind", "status"), [(OPTIMIZATION, "STOPPED"), (OPTIMIZATION, "STOPPING"), (MONITORING_SCHEDULE, "Stopped")]
)
def test_a_lost_answer_counts_in_each_kinds_own_spelling(kind, status) -> None:
    assert stop(client(LOST, status, kind), ref(kind)) is Outcome.STOPPED


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(ENDED, id="refused"),
        pytest.param(LOST, id="answer lost"),
        pytest.param(SIGN_IN, id="somebody else's answer"),
        pytest.param(UNREACHABLE, id="no connection"),
        pytest.param(refused("ThrottlingException"), id="throttled"),
    ],
)
def test_a_job_that_still_runs_is_an_error(refusal) -> None:
    with pytest.raises(StopError, match="still running") as failed:
        stop(client(refusal, "InProgress"), ref())
    if isinstance(refusal, Exception):
        assert failed.value.__cause__ is refusal
    cause = str(failed.value.__cause__)
    assert failed.value.evidence == {"job": ref().arn, "status": "InProgress", "refusal": cause}


def test_a_status_that_cannot_be_read_counts_as_running() -> None:
    with pytest.raises(StopError, match="still running"):
        stop(client(LOST, None), ref())


def test_a_job_that_is_deleted_before_the_stop_is_gone() -> None:
    assert stop(client(ENDED, refused("ValidationException", "Requested resource not found.")), ref()) is Outcome.GONE


@pytest.mark.parametrize(
    ("status", "retries", "outcome"),
    [
        pytest.param("Stopping", 0, Outcome.ALREADY_FINISHED, id="stopping"),
        pytest.param("Completed", 0, Outcome.ALREADY_FINISHED, id="completed"),
        # The answer to the first attempt was lost: that one stopped it.
        pytest.param("Stopping", 1, Outcome.STOPPED, id="stopping, at the second attempt"),
        pytest.param("Stopped", 1, Outcome.STOPPED, id="stopped, at the second attempt"),
        pytest.param("Completed", 1, Outcome.ALREADY_FINISHED, id="completed by itself, at the second attempt"),
    ],
)
def test_the_refusal_says_that_the_job_has_ended_when_it_can_not_be_described(status, retries, outcome) -> None:
    refusal = refused(
        "ValidationException", f"The request was rejected because the training job is in status {status}."
    )
    refusal.response["ResponseMetadata"]["RetryAttempts"] = retries
    assert stop(client(refusal, refused("AccessDeniedException")), ref()) is outcome


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(
            refused("ValidationException", "rejected because the training job is in status InProgress."), id="running"
        ),
        pytest.param(refused("ValidationException", "1 validation error detected"), id="another reason"),
        pytest.param(
            refused("AccessDeniedException", "rejected because the training job is in status Stopped."), id="denied"
        ),
    ],
)
def test_no_other_refusal_counts_as_ended(refusal) -> None:
    with pytest.raises(StopError, match="state is unknown"):
        stop(client(refusal, refused("ThrottlingException")), ref())


def test_a_state_that_is_unknown_is_an_error() -> None:
    with pytest.raises(StopError, match="state is unknown") as failed:
        stop(client(LOST, refused("AccessDeniedException")), ref())
    assert failed.value.__cause__ is LOST
    described = failed.value.evidence.pop("describe")
    assert "AccessDeniedException" in str(described)
    assert failed.value.evidence == {"job": ref().arn, "refusal": str(LOST)}
