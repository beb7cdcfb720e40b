"""Collecting the resources that a job names: algorithms, models, packages and job definitions."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from botocore.exceptions import ParamValidationError

from guard.aws.collect import collect
from guard.document import ImageError
from guard.jobs import INFERENCE_RECOMMENDATIONS, MONITORING_SCHEDULE, TRANSFORM
from guard.resources import ALGORITHM, JOB_DEFINITIONS, MODEL, MODEL_PACKAGE, Resource
from tests.support.fakes import FakeSageMaker, refused
from tests.unit.aws.test_collect import NO_TAGS, ref, training


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


def test_a_model_package_is_described_without_the_right_to_its_customers_key() -> None:
    """SageMaker decrypts the package's model card unless the caller requests only the metadata."""
    package: dict[str, Any] = {"InferenceSpecification": {"Containers": [{"Image": "b:1"}]}}

    def described(**asked: str) -> dict[str, Any]:
        if asked.get("IncludedData") != "MetadataOnly":
            raise refused("AccessDeniedException", "User is not authorized to perform: kms:Decrypt")
        return package

    client = FakeSageMaker(
        DescribeInferenceRecommendationsJob={"InputConfig": {"ModelPackageVersionArn": "p"}},
        ListTags=NO_TAGS,
        DescribeModelPackage=described,
    )
    references = collect(client, ref(INFERENCE_RECOMMENDATIONS)).references
    assert references == {Resource(MODEL_PACKAGE.id, "p"): package}


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


class TestTagsOfModels:
    """A model's and a package's tags come beside their descriptions."""

    MODEL_ARN = "arn:aws:sagemaker:eu-west-1:111122223333:model/m"

    def collected(self, tagged: Any) -> Any:
        model = {"ModelName": "m", "ModelArn": self.MODEL_ARN, "PrimaryContainer": {"Image": "a:1"}}

        def tags(**asked: str) -> Any:
            if asked["ResourceArn"] != self.MODEL_ARN:
                return NO_TAGS
            if isinstance(tagged, Exception):
                raise tagged
            return tagged

        client = FakeSageMaker(DescribeTransformJob={"ModelName": "m"}, ListTags=tags, DescribeModel=model)
        return collect(client, ref(TRANSFORM))

    def test_are_read(self) -> None:
        found = self.collected({"Tags": [{"Key": "team", "Value": "a"}]})
        assert found.references[Resource(MODEL.id, "m")]["Tags"] == {"team": "a"}
        assert found.failures == ()

    def test_are_unknown_when_they_may_not_be_read(self) -> None:
        found = self.collected(refused("AccessDeniedException"))
        assert "Tags" not in found.references[Resource(MODEL.id, "m")]
        assert found.failures == ()

    def test_busy_are_a_failure_that_leaves_the_model(self) -> None:
        found = self.collected(refused("ThrottlingException"))
        assert found.references[Resource(MODEL.id, "m")]["PrimaryContainer"] == {"Image": "a:1"}
        (failure,) = found.failures
        assert (failure.evidence["operation"], failure.evidence["resource"]) == ("ListTags", self.MODEL_ARN)
