"""Collecting: the calls to SageMaker, and the meaning of each refusal."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError
from botocore.parsers import ResponseParserError

from guard.aws.collect import collect, describe
from guard.document import ImageError, Source
from guard.errors import CollectError, JobNotFound
from guard.jobs import (
    AUTOML,
    INFERENCE_RECOMMENDATIONS,
    JOB_KINDS,
    PROCESSING,
    TRAINING,
    TRANSFORM,
    TUNING,
    JobKind,
)
from guard.refs import JobRef, job_arn
from guard.resources import ALGORITHM, MODEL_PACKAGE, Resource
from tests.support.events import HOME
from tests.support.fakes import FakeSageMaker, refused

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
    """Each response waits for the other call, so sequential calls would never return."""
    both = threading.Barrier(2, timeout=10)

    def described(**_: Any) -> dict[str, Any]:
        both.wait()
        return training()

    def tagged(**_: Any) -> dict[str, Any]:
        both.wait()
        return NO_TAGS

    assert collect(FakeSageMaker(DescribeTrainingJob=described, ListTags=tagged), ref()).tags == {}


OUTPUT = {"CompiledOutputConfig": {"S3OutputUri": "s3://out/x"}}


@pytest.mark.parametrize(
    ("told", "described", "expected"),
    [
        pytest.param({"OutputConfig": OUTPUT}, {}, OUTPUT, id="what only the call has"),
        pytest.param({}, {}, None, id="not told, as to the sweep"),
        pytest.param({"OutputConfig": OUTPUT}, {"OutputConfig": {}}, {}, id="what SageMaker describes one day"),
    ],
)
def test_fields_that_describe_lacks_are_taken_from_the_event(told: Any, described: Any, expected: Any) -> None:
    client = FakeSageMaker(
        DescribeInferenceRecommendationsJob={"JobName": "job-1", "RoleArn": "described", **described}, ListTags=NO_TAGS
    )
    job = replace(ref(INFERENCE_RECOMMENDATIONS), reported={"RoleArn": "told", "JobType": "told", **told})
    description = collect(client, job).description
    assert (description.get("OutputConfig"), description["RoleArn"]) == (expected, "described")
    assert "JobType" not in description


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
def test_unreadable_tags_are_none(error) -> None:
    assert collect(FakeSageMaker(DescribeTrainingJob=training(), ListTags=error), ref()).tags is None


BUSY = [
    pytest.param(refused("ThrottlingException"), "ThrottlingException", id="throttled"),
    pytest.param(refused("InternalFailure", status=500), "InternalFailure", id="server error"),
    pytest.param(refused("Unknown", status=503), "Unknown", id="unknown server error"),
    pytest.param(refused("Unknown", status=429), "Unknown", id="too many requests"),
    pytest.param(refused("ExpiredTokenException"), "ExpiredTokenException", id="credentials that expired"),
    pytest.param(TIMEOUT, "ConnectTimeoutError", id="no connection"),
    pytest.param(ResponseParserError("not JSON"), "ResponseParserError", id="an answer that can't be parsed"),
]


@pytest.mark.parametrize(("error", "code"), BUSY)
class TestATemporaryFailure:
    """It says nothing about the job: the known facts are kept, together with the failure."""

    def test_for_the_description_keeps_what_the_source_told(self, error, code) -> None:
        told = {"AlgorithmSpecification": {"AlgorithmName": "mine"}}
        algorithm = {"TrainingSpecification": {"TrainingImage": "a:1"}}
        client = FakeSageMaker(DescribeTrainingJob=error, ListTags=NO_TAGS, DescribeAlgorithm=algorithm)
        collected = collect(client, replace(ref(), reported=told))
        (failure,) = collected.failures
        assert (failure.__cause__, failure.evidence["code"]) == (error, code)
        assert (failure.evidence["operation"], failure.evidence["error"]) == ("DescribeTrainingJob", str(error))
        assert (collected.description, collected.tags) == (told, {})
        assert collected.references == {Resource(ALGORITHM.id, "mine"): algorithm}

    def test_for_the_tags_is_not_a_job_without_tags(self, error, code) -> None:
        collected = collect(FakeSageMaker(DescribeTrainingJob=training(), ListTags=error), ref())
        (failure,) = collected.failures
        assert (collected.tags, failure.__cause__) == (None, error)
        assert failure.evidence == {
            "operation": "ListTags",
            "resource": ref().arn,
            "code": code,
            "error": str(error),
            "job": ref().arn,
        }

    def test_for_a_resource_is_an_unavailable_image(self, error, code) -> None:
        description = training(AlgorithmSpecification={"AlgorithmName": "mine"})
        client = FakeSageMaker(DescribeTrainingJob=description, ListTags=NO_TAGS, DescribeAlgorithm=error)
        collected = collect(client, ref())
        (failure,) = collected.failures
        assert collected.references == {Resource(ALGORITHM.id, "mine"): ImageError(code="unavailable", message=code)}
        assert (failure.__cause__, failure.evidence["resource"]) == (error, "mine")


class TestASuccessfulResponseThatIsNotSageMakers:
    """A proxy's page with status 200, which botocore parses as a response without members."""

    PAGE: dict[str, Any] = {"ResponseMetadata": {"HTTPStatusCode": 200, "RetryAttempts": 0}}  # noqa: RUF012

    def test_is_not_a_job_without_images(self) -> None:
        told = {"AlgorithmSpecification": {"TrainingImage": "a:1"}}
        collected = collect(
            FakeSageMaker(DescribeTrainingJob=self.PAGE, ListTags=NO_TAGS), replace(ref(), reported=told)
        )
        (failure,) = collected.failures
        assert (collected.description, failure.evidence["code"]) == (told, "ForeignAnswer")

    def test_is_not_a_job_without_tags(self) -> None:
        collected = collect(FakeSageMaker(DescribeTrainingJob=training(), ListTags=self.PAGE), ref())
        assert (collected.tags, [failure.evidence["operation"] for failure in collected.failures]) == (
            None,
            ["ListTags"],
        )

    def test_is_not_a_model_without_containers(self) -> None:
        description = training(AlgorithmSpecification={"AlgorithmName": "mine"})
        client = FakeSageMaker(DescribeTrainingJob=description, ListTags=NO_TAGS, DescribeAlgorithm=self.PAGE)
        (image,) = collect(client, ref()).references.values()
        assert isinstance(image, ImageError)
        assert image.code == "unavailable"

    def test_with_a_request_id_it_is_sagemakers(self) -> None:
        answered = {"ResponseMetadata": {"HTTPStatusCode": 200, "RequestId": "1"}}
        client = FakeSageMaker(DescribeTrainingJob=training(**answered), ListTags={**NO_TAGS, **answered})
        assert collect(client, ref()).failures == ()


def test_an_empty_description_is_an_error() -> None:
    """Without it the job would end as failed, with nothing to raise."""
    client = FakeSageMaker(DescribeTrainingJob={"ResponseMetadata": {}})
    with pytest.raises(CollectError, match="doesn't describe") as failed:
        describe(client, ref())
    assert failed.value.evidence == {
        "operation": "DescribeTrainingJob",
        "job": ref().arn,
        "code": "EmptyResponse",
    }


def test_without_threads_the_calls_are_made_one_after_another(monkeypatch) -> None:
    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    description = training(AlgorithmSpecification={"AlgorithmName": "mine"})
    algorithm = {"TrainingSpecification": {"TrainingImage": "a:1"}}
    client = FakeSageMaker(DescribeTrainingJob=description, ListTags=NO_TAGS, DescribeAlgorithm=algorithm)
    collected = collect(client, ref())
    assert (collected.tags, collected.references) == ({}, {Resource(ALGORITHM.id, "mine"): algorithm})
    assert client.operations() == ["DescribeAlgorithm", "DescribeTrainingJob", "ListTags"]


def test_one_busy_resource_does_not_hide_the_others() -> None:
    model = {"Containers": [{"ModelPackageName": "busy"}, {"ModelPackageName": "known"}]}
    package: dict[str, Any] = {"InferenceSpecification": {"Containers": []}}

    def packages(ModelPackageName: str, **_: str) -> dict[str, Any]:  # noqa: N803  # the API's own names
        if ModelPackageName == "busy":
            raise refused("ThrottlingException")
        return package

    client = FakeSageMaker(
        DescribeTransformJob={"ModelName": "m"}, ListTags=NO_TAGS, DescribeModel=model, DescribeModelPackage=packages
    )
    collected = collect(client, ref(TRANSFORM))
    assert collected.references[Resource(MODEL_PACKAGE.id, "known")] == package
    assert [failure.evidence["resource"] for failure in collected.failures] == ["busy"]


def test_calls_that_succeed_leave_no_failure() -> None:
    assert collect(FakeSageMaker(DescribeTrainingJob=training(), ListTags=NO_TAGS), ref()).failures == ()


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        pytest.param(TRAINING, refused("ValidationException", "Requested resource not found."), id="training"),
        pytest.param(
            PROCESSING,
            refused("ValidationException", "Could not find requested job with name: job-1"),
            id="processing",
        ),
        pytest.param(
            TRANSFORM, refused("ValidationException", "Could not find requested job with name: job-1"), id="transform"
        ),
        pytest.param(TUNING, refused("ResourceNotFound", "Amazon SageMaker can't find a tuning job"), id="tuning"),
        pytest.param(AUTOML, refused("ResourceNotFound", "AutoML job not found"), id="automl"),
    ],
)
def test_an_unknown_job_is_not_found(kind, error) -> None:
    with pytest.raises(JobNotFound) as failed:
        describe(FakeSageMaker(**{kind.describe_operation: error}), ref(kind))
    assert failed.value.evidence["job"] == ref(kind).arn
    assert failed.value.__cause__ is error


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        pytest.param(TRAINING, refused("AccessDeniedException", "the role could not be found"), id="denied"),
        pytest.param(TRAINING, refused("ValidationException", "1 validation error detected"), id="invalid"),
        pytest.param(
            TRAINING, refused("ValidationException", "The VPC does not exist"), id="something else is missing"
        ),
        pytest.param(
            TRAINING,
            refused("ValidationException", "Could not find requested job with name: x"),
            id="another operation's text",
        ),
        pytest.param(TRAINING, refused("ThrottlingException", "Requested resource not found."), id="another code"),
        pytest.param(AUTOML, refused("ValidationException", "Requested resource not found."), id="kind with a code"),
    ],
)
def test_a_refused_description_is_an_error_and_not_a_missing_job(kind, error) -> None:
    with pytest.raises(CollectError) as failed:
        describe(FakeSageMaker(**{kind.describe_operation: error}), ref(kind))
    assert not isinstance(failed.value, JobNotFound)
    assert failed.value.evidence == {
        "operation": kind.describe_operation,
        "job": ref(kind).arn,
        "code": error.response["Error"]["Code"],
        "error": str(error),
    }
