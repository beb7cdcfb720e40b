"""The lists of running jobs: the calls, and the errors if SageMaker refuses."""

from __future__ import annotations

import pytest

from guard.aws.listing import pages
from guard.errors import ListError, ListUnsupported
from guard.jobs import PROCESSING, TRAINING
from tests.support.fakes import FakeSageMaker, refused


def test_the_oldest_jobs_come_first() -> None:
    sagemaker = FakeSageMaker(ListProcessingJobs={"ProcessingJobSummaries": [{"ProcessingJobName": "a"}]})
    assert list(pages(sagemaker, PROCESSING, "InProgress")) == [[{"ProcessingJobName": "a"}]]
    ((_, asked),) = sagemaker.calls
    assert asked == {
        "StatusEquals": "InProgress",
        "SortBy": "CreationTime",
        "SortOrder": "Ascending",
        "MaxResults": 100,
    }


def test_jobs_of_every_status_are_listed_where_the_api_filters_after_paging() -> None:
    sagemaker = FakeSageMaker(ListTrainingJobs={"TrainingJobSummaries": []})
    list(pages(sagemaker, TRAINING, "InProgress"))
    ((_, asked),) = sagemaker.calls
    assert asked == {"SortBy": "CreationTime", "SortOrder": "Ascending", "MaxResults": 100}


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


@pytest.mark.parametrize(
    ("refusal", "error", "said"),
    [
        ("UnknownOperationException", ListUnsupported, "this region has no such jobs"),
        # These may succeed tomorrow, or for another caller.
        ("AccessDeniedException", ListError, "the SageMaker API call that lists jobs failed"),
        ("ValidationException", ListError, "the SageMaker API call that lists jobs failed"),
        ("ThrottlingException", ListError, "the SageMaker API call that lists jobs failed"),
    ],
)
def test_only_an_operation_that_the_region_lacks_is_unsupported(refusal: str, error: type, said: str) -> None:
    sagemaker = FakeSageMaker(
        ListTrainingJobs=refused(refusal, "The requested operation is not supported in the called region.")
    )
    with pytest.raises(ListError) as caught:
        list(pages(sagemaker, TRAINING, "InProgress"))
    assert (type(caught.value), caught.value.message) == (error, said)
    assert (caught.value.evidence["operation"], caught.value.evidence["code"]) == ("ListTrainingJobs", refusal)
