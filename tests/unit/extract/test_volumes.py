"""The volumes of a job, each with its key."""

from __future__ import annotations

from typing import Any

import pytest

from guard.extract import extract

CLUSTER = {"InstanceType": "ml.m5.xlarge", "InstanceCount": 2}
AUTOMATED = {"LabelingJobAlgorithmSpecificationArn": "arn"}


def named(kind: str, description: Any) -> list[tuple[str, str | None]]:
    return [(one.name, one.kms_key) for one in extract(kind, description, "job-1", {}).volumes]


@pytest.mark.parametrize(
    ("kind", "description", "volumes"),
    [
        ("training", {"ResourceConfig": {"VolumeKmsKeyId": "key"}}, [("ResourceConfig", "key")]),
        ("training", {"ResourceConfig": {"VolumeKmsKeyId": ""}}, [("ResourceConfig", None)]),
        (
            "processing",
            {"ProcessingResources": {"ClusterConfig": CLUSTER}},
            [("ProcessingResources.ClusterConfig", None)],
        ),
        ("transform", {"TransformResources": {"VolumeKmsKeyId": "key"}}, [("TransformResources", "key")]),
        ("automl", {"SecurityConfig": {"VolumeKmsKeyId": "key"}}, [("SecurityConfig", "key")]),
        ("automl", {"AutoMLJobConfig": {"SecurityConfig": {"VolumeKmsKeyId": "key"}}}, [("SecurityConfig", "key")]),
        ("inference-recommendations", {"InputConfig": {"VolumeKmsKeyId": "key"}}, [("InputConfig", "key")]),
        (
            "labeling",
            {"LabelingJobAlgorithmsConfig": {"LabelingJobResourceConfig": {"VolumeKmsKeyId": "key"}}},
            [("LabelingJobAlgorithmsConfig", "key")],
        ),
        (
            "hyperparameter-tuning",
            {"TrainingJobDefinition": {"HyperParameterTuningResourceConfig": {"VolumeKmsKeyId": "key"}}},
            [("TrainingJobDefinition.HyperParameterTuningResourceConfig", "key")],
        ),
    ],
)
def test_volumes(kind, description, volumes) -> None:
    assert named(kind, description) == volumes


@pytest.mark.parametrize(
    ("kind", "description", "volumes"),
    [
        pytest.param("automl", {}, [("SecurityConfig", None)], id="AutoML"),
        pytest.param(
            "labeling",
            {"LabelingJobAlgorithmsConfig": AUTOMATED},
            [("LabelingJobAlgorithmsConfig", None)],
            id="labeling",
        ),
        pytest.param("labeling", {}, [], id="labeling by people alone"),
    ],
)
def test_jobs_of_the_service_have_volumes_without_a_key_where_none_is_configured(kind, description, volumes) -> None:
    """Otherwise a rule that requires a key would see no volume."""
    assert named(kind, description) == volumes
