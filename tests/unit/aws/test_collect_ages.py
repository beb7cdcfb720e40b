"""Which resources are believed to be those that a job or a model began with, by when they were created."""

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
def test_a_resource_younger_than_the_job_is_not_the_one_that_it_began_with(created, believed) -> None:
    """Else a model deleted and created again, with another image, would vouch for what runs."""
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
    """What is known of the package behind a model, each created then; the job may name the package, too."""
    client = FakeSageMaker(
        DescribeInferenceRecommendationsJob={"InputConfig": {"ModelName": "m", **named}, "CreationTime": BEGUN},
        ListTags=NO_TAGS,
        DescribeModel={"Containers": [{"Image": "a:1"}, {"ModelPackageName": "p"}], "CreationTime": model},
        DescribeModelPackage={"InferenceSpecification": {"Containers": [{"Image": "b:1"}]}, "CreationTime": package},
    )
    return collect(client, ref(INFERENCE_RECOMMENDATIONS)).references[Resource(MODEL_PACKAGE.id, "p")]


@pytest.mark.parametrize("named", [{}, {"ModelPackageVersionArn": "p"}], ids=["by the model", "by the job, too"])
class TestAPackageAndTheModelThatNamesIt:
    """A package deleted and created again between the two would vouch for what the model was made of."""

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
def test_a_resource_is_believed_where_sagemaker_itself_tells_no_time(begun, created) -> None:
    model = {"PrimaryContainer": {"Image": "a:1"}, **created}
    client = FakeSageMaker(DescribeTransformJob={"ModelName": "m", **begun}, ListTags=NO_TAGS, DescribeModel=model)
    assert collect(client, ref(TRANSFORM)).references[Resource(MODEL.id, "m")] == model


def test_no_resource_is_believed_while_it_cannot_be_read_when_the_job_began() -> None:
    model = {"PrimaryContainer": {"Image": "a:1"}, "CreationTime": BEGUN}
    client = FakeSageMaker(DescribeTransformJob=refused("ThrottlingException"), ListTags=NO_TAGS, DescribeModel=model)
    told = replace(ref(TRANSFORM), reported={"ModelName": "m"})
    found = collect(client, told).references[Resource(MODEL.id, "m")]
    assert found == ImageError(code="unavailable", message="the job's creation time can't be read at the moment")
    known = replace(told, reported={"ModelName": "m", "CreationTime": BEGUN})
    assert collect(client, known).references[Resource(MODEL.id, "m")] == model


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
