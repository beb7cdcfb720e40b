"""Collecting: what SageMaker is asked, and what each of its refusals means."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, ParamValidationError

from guard.aws.collect import collect, describe
from guard.document import ImageError, Source
from guard.errors import CollectError, JobNotFound
from guard.jobs import INFERENCE_RECOMMENDATIONS, JOB_KINDS, MONITORING_SCHEDULE, TRAINING, TRANSFORM, JobKind
from guard.refs import Home, JobRef, job_arn
from guard.resources import ALGORITHM, JOB_DEFINITIONS, MODEL, MODEL_PACKAGE, Resource
from tests.support.fakes import FakeSageMaker, refused

HOME = Home("111122223333", "eu-west-1", "aws")
NO_TAGS: dict[str, Any] = {"Tags": []}
TIMEOUT = ConnectTimeoutError(endpoint_url="https://api.sagemaker")


def ref(kind: JobKind = TRAINING) -> JobRef:
    source = Source(type="state-change", id="event-1", time=datetime(2024, 3, 5, tzinfo=UTC))
    return JobRef(kind, "job-1", job_arn("job-1", kind, HOME), HOME, source, None, {})


def training(**description: Any) -> dict[str, Any]:
    image = {"AlgorithmSpecification": {"TrainingImage": "a:1"}}
    return {"TrainingJobName": "job-1", "ResponseMetadata": {}, **image, **description}


@pytest.mark.parametrize("kind", JOB_KINDS, ids=lambda row: row.id)
def test_a_job_is_described_by_its_name(kind) -> None:
    client = FakeSageMaker(**{kind.describe_operation: {kind.name_field: "job-1"}, "ListTags": NO_TAGS})
    collect(client, ref(kind))
    assert (kind.describe_operation, {kind.name_field: "job-1"}) in client.calls
    assert ("ListTags", {"ResourceArn": ref(kind).arn}) in client.calls


def test_collect_returns_the_answers_as_they_came() -> None:
    client = FakeSageMaker(DescribeTrainingJob=training(), ListTags={"Tags": [{"Key": "team", "Value": "a"}]})
    collected = collect(client, ref())
    assert collected.description == {
        "TrainingJobName": "job-1",
        "AlgorithmSpecification": {"TrainingImage": "a:1"},
    }
    assert (collected.tags, collected.references) == ({"team": "a"}, {})


def test_description_and_tags_are_fetched_at_the_same_time() -> None:
    """Each answer waits for the other call: one after the other, they would never come."""
    both = threading.Barrier(2, timeout=10)

    def described(**_: Any) -> dict[str, Any]:
        both.wait()
        return training()

    def tagged(**_: Any) -> dict[str, Any]:
        both.wait()
        return NO_TAGS

    assert collect(FakeSageMaker(DescribeTrainingJob=described, ListTags=tagged), ref()).tags == {}


def test_collect_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    collect(FakeSageMaker(DescribeTrainingJob=training(), ListTags=NO_TAGS), ref())
    assert threading.active_count() == before


def test_tags_come_in_pages() -> None:
    def page(ResourceArn: str, NextToken: str | None = None) -> dict[str, Any]:  # noqa: N803  # the API's own names
        if NextToken is None:
            return {"Tags": [{"Key": "a", "Value": "1"}], "NextToken": "more"}
        return {"Tags": [{"Key": NextToken, "Value": "2"}]}

    assert collect(FakeSageMaker(DescribeTrainingJob=training(), ListTags=page), ref()).tags == {"a": "1", "more": "2"}


def test_the_tags_are_those_of_the_arn_that_sagemaker_gives() -> None:
    """SageMaker lowers the case of names in some ARNs; an ARN built from the name has no tags then."""
    arn = ref().arn.replace("job-1", "JOB-1")
    tags = {ref().arn: refused("ValidationException"), arn: {"Tags": [{"Key": "a", "Value": "1"}]}}

    def tagged(ResourceArn: str) -> dict[str, Any]:  # noqa: N803  # the API's own names
        answer = tags[ResourceArn]
        if isinstance(answer, Exception):
            raise answer
        return answer

    client = FakeSageMaker(DescribeTrainingJob=training(TrainingJobArn=arn), ListTags=tagged)
    assert collect(client, ref()).tags == {"a": "1"}


@pytest.mark.parametrize("error", [refused("AccessDeniedException"), refused("ValidationException", "no such ARN")])
def test_tags_that_may_not_be_read_are_none(error) -> None:
    assert collect(FakeSageMaker(DescribeTrainingJob=training(), ListTags=error), ref()).tags is None


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(refused("ThrottlingException"), id="throttled"),
        pytest.param(refused("InternalFailure", status=500), id="server error"),
        pytest.param(refused("Unknown", status=429), id="too many requests"),
        pytest.param(TIMEOUT, id="no connection"),
    ],
)
class TestBusy:
    """A SageMaker that is too busy says nothing about a job: no fact may come of it."""

    def test_for_the_description(self, error) -> None:
        client = FakeSageMaker(DescribeTrainingJob=error, ListTags=NO_TAGS)
        with pytest.raises(CollectError) as failed:
            collect(client, ref())
        assert failed.value.__cause__ is error

    def test_for_the_tags(self, error) -> None:
        with pytest.raises(CollectError) as failed:
            collect(FakeSageMaker(DescribeTrainingJob=training(), ListTags=error), ref())
        assert failed.value.__cause__ is error

    def test_for_a_resource(self, error) -> None:
        description = training(AlgorithmSpecification={"AlgorithmName": "mine"})
        client = FakeSageMaker(DescribeTrainingJob=description, ListTags=NO_TAGS, DescribeAlgorithm=error)
        with pytest.raises(CollectError) as failed:
            collect(client, ref())
        assert failed.value.__cause__ is error


@pytest.mark.parametrize(
    "error",
    [
        refused("ValidationException", "Requested resource not found."),
        refused("ValidationException", "Could not find requested job with name: job-1"),
        refused("ResourceNotFound", "Amazon SageMaker can't find a tuning job with the name"),
    ],
    ids=["training", "processing", "tuning"],
)
def test_an_unknown_job_is_not_found(error) -> None:
    with pytest.raises(JobNotFound) as failed:
        describe(FakeSageMaker(DescribeTrainingJob=error), ref())
    assert failed.value.evidence["job"] == ref().arn
    assert failed.value.__cause__ is error


@pytest.mark.parametrize(
    "error",
    [
        refused("AccessDeniedException", "the role could not be found"),
        refused("ValidationException", "1 validation error detected"),
    ],
)
def test_a_refused_description_is_an_error_and_not_a_missing_job(error) -> None:
    with pytest.raises(CollectError) as failed:
        describe(FakeSageMaker(DescribeTrainingJob=error), ref())
    assert not isinstance(failed.value, JobNotFound)
    assert failed.value.evidence["code"] == error.response["Error"]["Code"]


def test_an_algorithm_is_described() -> None:
    description = training(AlgorithmSpecification={"AlgorithmName": "mine"})
    algorithm = {"TrainingSpecification": {"TrainingImage": "a:1"}}
    client = FakeSageMaker(DescribeTrainingJob=description, ListTags=NO_TAGS, DescribeAlgorithm=algorithm)
    assert collect(client, ref()).references == {Resource(ALGORITHM.id, "mine"): algorithm}
    assert ("DescribeAlgorithm", {"AlgorithmName": "mine"}) in client.calls


def test_a_model_package_behind_a_model_is_described() -> None:
    model = {"Containers": [{"ModelPackageName": "pkg"}, {"Image": "b:1"}, {"ModelPackageName": "pkg"}]}
    package: dict[str, Any] = {"InferenceSpecification": {"Containers": []}}
    client = FakeSageMaker(
        DescribeTransformJob={"ModelName": "m"}, ListTags=NO_TAGS, DescribeModel=model, DescribeModelPackage=package
    )
    assert collect(client, ref(TRANSFORM)).references == {
        Resource(MODEL.id, "m"): model,
        Resource(MODEL_PACKAGE.id, "pkg"): package,
    }
    assert client.operations() == ["DescribeModel", "DescribeModelPackage", "DescribeTransformJob", "ListTags"]


def test_resources_are_described_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=10)

    def described(**_: Any) -> dict[str, Any]:
        both.wait()
        return {}

    client = FakeSageMaker(
        DescribeInferenceRecommendationsJob={"InputConfig": {"ModelName": "m", "ModelPackageVersionArn": "p"}},
        ListTags=NO_TAGS,
        DescribeModel=described,
        DescribeModelPackage=described,
    )
    assert len(collect(client, ref(INFERENCE_RECOMMENDATIONS)).references) == 2


@pytest.mark.parametrize("monitoring_type", JOB_DEFINITIONS)
def test_a_schedules_job_definition_is_described_by_its_type(monitoring_type) -> None:
    config = {"MonitoringJobDefinitionName": "d", "MonitoringType": monitoring_type}
    operation = f"Describe{monitoring_type}JobDefinition"
    client = FakeSageMaker(
        **{
            "DescribeMonitoringSchedule": {"MonitoringScheduleConfig": config},
            "ListTags": NO_TAGS,
            operation: {"RoleArn": "r"},
        }
    )
    references = collect(client, ref(MONITORING_SCHEDULE)).references
    assert references == {Resource(JOB_DEFINITIONS[monitoring_type].id, "d"): {"RoleArn": "r"}}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        pytest.param(refused("AccessDeniedException", "not authorized"), "access-denied", id="denied"),
        pytest.param(refused("ValidationException", "Could not find model"), "not-found", id="deleted"),
        pytest.param(refused("ValidationException", "does not exist"), "not-found", id="never there"),
        pytest.param(refused("ValidationException", "bad name"), "failed", id="refused"),
        pytest.param(ParamValidationError(report="bad name"), "failed", id="refused by botocore"),
    ],
)
def test_a_resource_that_cannot_be_described_is_a_fact(error, code) -> None:
    client = FakeSageMaker(DescribeTransformJob={"ModelName": "m"}, ListTags=NO_TAGS, DescribeModel=error)
    found = collect(client, ref(TRANSFORM)).references[Resource(MODEL.id, "m")]
    assert isinstance(found, ImageError)
    assert found.code == code
    assert found.message == str(error)


BEGUN = datetime(2024, 3, 5, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("created", "believed"),
    [
        pytest.param(BEGUN - timedelta(milliseconds=1), True, id="earlier"),
        pytest.param(BEGUN, True, id="at the same time"),
        pytest.param(BEGUN + timedelta(milliseconds=1), False, id="later"),
    ],
)
def test_a_resource_younger_than_the_job_is_not_the_one_that_it_began_with(created, believed) -> None:
    """Else a model deleted and created again, with another image, would vouch for what runs."""
    model = {"PrimaryContainer": {"Image": "a:1"}, "CreationTime": created}
    description = {"ModelName": "m", "CreationTime": BEGUN}
    client = FakeSageMaker(DescribeTransformJob=description, ListTags=NO_TAGS, DescribeModel=model)
    found = collect(client, ref(TRANSFORM)).references[Resource(MODEL.id, "m")]
    assert (found == model) is believed
    assert believed or (isinstance(found, ImageError) and found.code == "not-found")


def test_a_schedule_runs_what_its_job_definitions_name_means_now() -> None:
    config = {"MonitoringJobDefinitionName": "d", "MonitoringType": "DataQuality"}
    definition = {"CreationTime": BEGUN + timedelta(days=1)}
    client = FakeSageMaker(
        DescribeMonitoringSchedule={"MonitoringScheduleConfig": config, "CreationTime": BEGUN},
        ListTags=NO_TAGS,
        DescribeDataQualityJobDefinition=definition,
    )
    references = collect(client, ref(MONITORING_SCHEDULE)).references
    assert references == {Resource(JOB_DEFINITIONS["DataQuality"].id, "d"): definition}
