"""Jobs that a name alone doesn't identify: the key fields for Describe and Stop come from the event or the ARN."""

from __future__ import annotations

from typing import Any

import pytest

from guard.aws.enforce import stop
from guard.document import Source
from guard.errors import EventError
from guard.jobs import CUSTOMIZATION, TRAINING
from guard.record import Outcome
from guard.refs import JobRef, job_arn, job_from_arn, parse_job_arn
from guard.sources.events import parse_event
from guard.sources.sweep import job_ref, listed
from guard.times import parse_time
from tests.support.events import HOME
from tests.support.fakes import FakeSageMaker

ARN = f"arn:aws:sagemaker:{HOME.region}:{HOME.account}:job/AgentRFT/tune-1"
KEYS = {"JobName": "tune-1", "JobCategory": "AgentRFT"}
TIME = "2026-11-23T10:00:00Z"


def source() -> Source:
    time = parse_time(TIME)
    assert time is not None
    return Source(type="sweep", id="run-1", time=time)


def created(**detail: Any) -> Any:
    return {
        "id": "event-1",
        "source": "aws.sagemaker",
        "account": HOME.account,
        "region": HOME.region,
        "time": TIME,
        "detail-type": "AWS API Call via CloudTrail",
        "detail": {"eventSource": "sagemaker.amazonaws.com", "eventName": "CreateJob", **detail},
    }


def ref_of(**detail: Any) -> JobRef:
    found = parse_event(created(**detail), HOME)
    assert isinstance(found, JobRef)
    return found


@pytest.mark.parametrize(
    "detail",
    [
        {"requestParameters": {"jobName": "tune-1", "jobCategory": "AgentRFT"}},
        {"requestParameters": {"jobName": "tune-1"}, "responseElements": {"jobArn": ARN}},
        {"requestParameters": None, "responseElements": {"jobArn": ARN}},
    ],
    ids=["parameters", "name and ARN", "ARN alone"],
)
def test_an_event_has_everything_that_identifies_the_job(detail) -> None:
    ref = ref_of(**detail)
    assert (ref.arn, ref.identifiers) == (ARN, KEYS)


def test_an_event_without_a_key_field_fails() -> None:
    with pytest.raises(EventError, match="doesn't name its job") as failed:
        parse_event(created(requestParameters={"jobName": "tune-1"}), HOME)
    assert failed.value.evidence == {"field": "detail.JobCategory"}


def test_a_listed_job_is_known_by_its_arn() -> None:
    found = listed(CUSTOMIZATION, {"JobName": "tune-1", "JobArn": ARN, "JobStatus": "InProgress"}, HOME)
    assert found is not None
    assert job_ref(found, HOME, source()).identifiers == KEYS


def test_a_summary_without_a_name_is_known_by_its_arn() -> None:
    found = listed(CUSTOMIZATION, {"JobArn": ARN}, HOME)
    assert found is not None
    assert found.name == "tune-1"


def test_a_summary_without_an_arn_gives_the_name_only() -> None:
    """SageMaker refuses to describe it by name, which is a failure of one job, not of the sweep."""
    found = listed(CUSTOMIZATION, {"JobName": "tune-1"}, HOME)
    assert found is not None
    assert job_ref(found, HOME, source()).identifiers == {"JobName": "tune-1"}


def test_a_job_with_key_fields_is_stopped_with_all_of_them() -> None:
    client = FakeSageMaker(StopJob={})
    assert stop(client, job_from_arn(ARN, CUSTOMIZATION, HOME, source())) is Outcome.STOPPED
    assert client.calls == [("StopJob", KEYS)]


def test_the_arn_of_a_job_has_its_qualifiers_before_the_name() -> None:
    assert job_arn("tune-1", CUSTOMIZATION, HOME, ("AgentRFT",)) == ARN
    parsed = parse_job_arn(ARN)
    assert parsed is not None
    assert (parsed.resource, parsed.name, parsed.qualifiers) == ("job", "tune-1", ("AgentRFT",))


@pytest.mark.parametrize(
    ("arn", "kind"),
    [(ARN.replace("/AgentRFT", ""), CUSTOMIZATION), (ARN.replace(":job/", ":training-job/"), TRAINING)],
    ids=["too few", "too many"],
)
def test_an_arn_with_another_number_of_qualifiers_is_not_of_that_kind(arn, kind) -> None:
    with pytest.raises(EventError, match="not the ARN of a"):
        job_from_arn(arn, kind, HOME, source())
