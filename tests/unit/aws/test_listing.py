"""The lists of running jobs: what is asked, and what is told when SageMaker refuses."""

from __future__ import annotations

import pytest

from guard.aws.listing import pages
from guard.errors import ListError
from guard.jobs import TRAINING
from tests.support.fakes import FakeSageMaker, refused


def test_the_oldest_jobs_come_first() -> None:
    sagemaker = FakeSageMaker(ListTrainingJobs={"TrainingJobSummaries": [{"TrainingJobName": "a"}]})
    assert list(pages(sagemaker, TRAINING, "InProgress")) == [[{"TrainingJobName": "a"}]]
    ((_, asked),) = sagemaker.calls
    assert asked == {
        "StatusEquals": "InProgress",
        "SortBy": "CreationTime",
        "SortOrder": "Ascending",
        "MaxResults": 100,
    }


def test_a_refused_list_is_an_error_with_its_evidence() -> None:
    sagemaker = FakeSageMaker(ListTrainingJobs=refused("ThrottlingException", "slow down"))
    with pytest.raises(ListError) as caught:
        list(pages(sagemaker, TRAINING, "InProgress"))
    error = caught.value.evidence.pop("error")
    assert caught.value.evidence == {
        "operation": "ListTrainingJobs",
        "status": "InProgress",
        "code": "ThrottlingException",
    }
    assert "slow down" in str(error)
