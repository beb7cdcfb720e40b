"""The creation time of a notice's job, if the notice lacks it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from guard.aws.created import created_at
from guard.notices.notice import Notice, notice_of
from tests.support.fakes import FakeSageMaker, refused
from tests.support.records import denied

BEFORE = timedelta(seconds=-9)
DESCRIBED = {"ResponseMetadata": {"RequestId": "1", "HTTPStatusCode": 200}}


@pytest.fixture
def notice() -> Notice:
    found = notice_of(denied(), "")
    assert found is not None
    return found.model_copy(update={"job": found.job.model_copy(update={"created_at": None})})


def _job(notice: Notice, **changes: Any) -> Notice:
    return notice.model_copy(update={"job": notice.job.model_copy(update=changes)})


@pytest.mark.parametrize(
    ("since", "found"),
    [
        pytest.param(BEFORE, True, id="before the notice"),
        pytest.param(timedelta(), True, id="at the same time"),
        pytest.param(timedelta(seconds=1), False, id="another job of its name"),
    ],
)
def test_the_job_is_described(notice: Notice, since: timedelta, found: bool) -> None:
    created = notice.time + since
    sagemaker = FakeSageMaker(DescribeTrainingJob={"CreationTime": created, **DESCRIBED})
    assert created_at(sagemaker, notice) == (created if found else None)
    assert sagemaker.calls == [("DescribeTrainingJob", {"TrainingJobName": "churn-42"})]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(refused("ThrottlingException"), id="busy"),
        pytest.param(refused("ValidationException", "Requested resource not found."), id="gone"),
        pytest.param({"TrainingJobName": "churn-42", **DESCRIBED}, id="without a time"),
    ],
)
def test_an_unreadable_creation_time_is_none(notice: Notice, answer: Any) -> None:
    assert created_at(FakeSageMaker(DescribeTrainingJob=answer), notice) is None


@pytest.mark.parametrize("changes", [{"kind": "a later version's"}, {"arn": "no ARN"}, {"kind": "processing"}])
def test_a_job_that_cannot_be_described_has_no_creation_time(notice: Notice, changes: dict[str, str]) -> None:
    assert created_at(FakeSageMaker(), _job(notice, **changes)) is None
