"""Which resources count as those that a job or model was created with, by their creation times."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from guard.aws.collect import collect
from guard.document import ImageError
from guard.jobs import INFERENCE_RECOMMENDATIONS, MONITORING_SCHEDULE, TRANSFORM
from guard.resources import JOB_DEFINITIONS, MODEL, MODEL_PACKAGE, Resource
from tests.support.fakes import FakeSageMaker, refused
from tests.unit.aws.test_collect import NO_TAGS, ref

BEGUN = datetime(2024, 3, 5, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("created", "believed"),
    [
        pytest.param(BEGUN - timedelta(milliseconds=1), True, id="earlier"),
        pytest.param(BEGUN, True, id="at the same time"),
        pytest.param(BEGUN + timedelta(milliseconds=1), False, id="later"),
    ],
)
def test_a_resource_younger_than_the_job_is_not_found(created, believed) -> None:
    """Otherwise a model that was deleted and created again with another image would be taken for the one that runs."""
    model = {"PrimaryContainer": {"Image": "a:1"}, "CreationTime": created}
    description = {"ModelName": "m", "CreationTime": BEGUN}
    client = FakeSageMaker(DescribeTransformJob=description, ListTags=NO_TAGS, DescribeModel=model)
    found = collect(client, ref(TRANSFORM)).references[Resource(MODEL.id, "m")]
    assert (found == model) is believed
    if not believed:
        assert isinstance(found, ImageError)
        assert found.code == "not-found"
        assert "created after the job started" in found.message


MADE = BEGUN - timedelta(hours=1)


def on_package(model: datetime | None, package: datetime | None, **named: str) -> Any:
    """Return what is collected about a model's package, each created at its time; the job may also name the package."""
    client = FakeSageMaker(
        DescribeInferenceRecommendationsJob={"InputConfig": {"ModelName": "m", **named}, "CreationTime": BEGUN},
        ListTags=NO_TAGS,
        DescribeModel={"Containers": [{"Image": "a:1"}, {"ModelPackageName": "p"}], "CreationTime": model},
        DescribeModelPackage={"InferenceSpecification": {"Containers": [{"Image": "b:1"}]}, "CreationTime": package},
    )
    return collect(client, ref(INFERENCE_RECOMMENDATIONS)).references[Resource(MODEL_PACKAGE.id, "p")]


@pytest.mark.parametrize("named", [{}, {"ModelPackageVersionArn": "p"}], ids=["by the model", "by the job, too"])
class TestAPackageAndTheModelThatNamesIt:
    """A package that was deleted and created again in between would be taken for the one that the model was made from."""

    def test_is_not_found_when_it_is_younger_than_the_model(self, named) -> None:
        found = on_package(MADE, MADE + timedelta(milliseconds=1), **named)
        assert isinstance(found, ImageError)
        assert (found.code, "created after the model that names it" in found.message) == ("not-found", True)

    @pytest.mark.parametrize(
        ("model", "package"),
        [
            pytest.param(MADE, MADE - timedelta(days=9), id="older"),
            pytest.param(MADE, MADE, id="at the same time"),
            pytest.param(None, MADE + timedelta(minutes=1), id="the model's time is missing"),
            pytest.param(MADE, None, id="the package's time is missing"),
        ],
    )
    def test_is_believed_otherwise(self, named, model, package) -> None:
        assert not isinstance(on_package(model, package, **named), ImageError)


@pytest.mark.parametrize(
    ("begun", "created"),
    [
        pytest.param({}, {"CreationTime": BEGUN}, id="the job"),
        pytest.param({"CreationTime": BEGUN}, {}, id="the resource"),
        pytest.param({}, {}, id="both"),
    ],
)
def test_a_resource_is_used_if_sagemaker_returns_no_creation_time(begun, created) -> None:
    model = {"PrimaryContainer": {"Image": "a:1"}, **created}
    client = FakeSageMaker(DescribeTransformJob={"ModelName": "m", **begun}, ListTags=NO_TAGS, DescribeModel=model)
    assert collect(client, ref(TRANSFORM)).references[Resource(MODEL.id, "m")] == model


def test_resources_are_unavailable_while_the_jobs_creation_time_cannot_be_read() -> None:
    model = {"PrimaryContainer": {"Image": "a:1"}, "CreationTime": BEGUN}
    client = FakeSageMaker(DescribeTransformJob=refused("ThrottlingException"), ListTags=NO_TAGS, DescribeModel=model)
    told = replace(ref(TRANSFORM), reported={"ModelName": "m"})
    found = collect(client, told).references[Resource(MODEL.id, "m")]
    assert found == ImageError(code="unavailable", message="the job's creation time can't be read at the moment")
    known = replace(told, reported={"ModelName": "m", "CreationTime": BEGUN})
    assert collect(client, known).references[Resource(MODEL.id, "m")] == model


def test_a_schedule_uses_its_current_job_definition() -> None:
    config = {"MonitoringJobDefinitionName": "d", "MonitoringType": "DataQuality"}
    definition = {"CreationTime": BEGUN + timedelta(days=1)}
    client = FakeSageMaker(
        DescribeMonitoringSchedule={"MonitoringScheduleConfig": config, "CreationTime": BEGUN},
        ListTags=NO_TAGS,
        DescribeDataQualityJobDefinition=definition,
    )
    references = collect(client, ref(MONITORING_SCHEDULE)).references
    assert references == {Resource(JOB_DEFINITIONS["DataQuality"].id, "d"): definition}
