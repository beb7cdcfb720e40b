"""Why an image is unknown: the message for findings and logs."""

from __future__ import annotations

from typing import Any

import pytest

from guard.document import ImageError
from guard.extract import extract
from guard.resources import ALGORITHM, Resource


def reason(kind: str, description: Any, known: Any = None) -> str:
    (image,) = extract(kind, description, "job-1", known or {}).images
    assert image.error is not None
    return image.error.message


@pytest.mark.parametrize(
    ("kind", "description", "told"),
    [
        ("training", {"ServerlessJobConfig": {}}, "SageMaker picks the image"),
        ("automl", {}, "the jobs that it starts are judged one by one"),
        ("labeling", {"LabelingJobAlgorithmsConfig": {"X": "y"}}, "an algorithm of the service"),
        ("customization", {"JobConfigDocument": "{}"}, "the service runs its own"),
        ("training-session", {}, "in its own container"),
        ("optimization", {}, "SageMaker picks one"),
        ("optimization", {"OptimizationConfigs": [{"ModelQuantizationConfig": {}}]}, "SageMaker picks one"),
        ("compilation", {}, "the service's own compiler"),
        ("edge-packaging", {}, "the service's own packer"),
        ("ai-recommendation", {}, "the service picks the containers"),
        ("ai-benchmark", {}, "the service's own load generator"),
    ],
    ids=[
        "serverless training",
        "automl",
        "labeling",
        "customization",
        "training-session",
        "optimization",
        "optimization step",
        "compilation",
        "edge-packaging",
        "ai-recommendation",
        "ai-benchmark",
    ],
)
def test_the_message_says_who_picks_the_image_of_a_job_without_one(kind, description, told) -> None:
    assert told in reason(kind, description)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        pytest.param(None, "is empty", id="none"),
        pytest.param("", "is empty", id="empty text"),
        pytest.param(5, "must be a string, not int", id="number"),
        pytest.param("team/UPPER", "the repository is not valid", id="no reference"),
    ],
)
def test_the_message_says_what_is_wrong_with_a_field(given, told) -> None:
    assert told in reason("processing", {"AppSpecification": {"ImageUri": given}})


def test_an_unnamed_member_is_reported_by_its_path() -> None:
    found = reason("automl", {"AutoMLProblemTypeConfig": {"SDK_UNKNOWN_MEMBER": {"x": "y"}}})
    assert found == "this version of the guard doesn't know AutoMLProblemTypeConfig.SDK_UNKNOWN_MEMBER"


@pytest.mark.parametrize(
    ("known", "told"),
    [
        pytest.param({}, "algorithm mine: it has not been described", id="not asked"),
        pytest.param(
            {Resource(ALGORITHM.id, "mine"): ImageError(code="failed", message="bad name")},
            "algorithm mine: bad name",
            id="refused",
        ),
    ],
)
def test_the_message_has_the_resource_that_names_the_image(known, told) -> None:
    assert reason("training", {"AlgorithmSpecification": {"AlgorithmName": "mine"}}, known) == told


@pytest.mark.parametrize(
    ("description", "told"),
    [
        ({"MonitoringScheduleConfig": {"MonitoringJobDefinitionName": "d"}}, "unknown monitoring type: none"),
        (
            {"MonitoringScheduleConfig": {"MonitoringJobDefinitionName": "d", "MonitoringType": "Weather"}},
            "unknown monitoring type: Weather",
        ),
    ],
    ids=["without a type", "of an unknown type"],
)
def test_an_unknown_monitoring_type_is_reported(description, told) -> None:
    assert reason("monitoring-schedule", description) == told
