"""A field that is there and holds an empty text names no image: where something else does, nothing is missing."""

from __future__ import annotations

from typing import Any

import pytest

from guard.extract import extract
from guard.resources import ALGORITHM, MODEL, MODEL_PACKAGE, Resource

MINE, M, P = Resource(ALGORITHM.id, "mine"), Resource(MODEL.id, "m"), Resource(MODEL_PACKAGE.id, "p")
ALGORITHMS = {MINE: {"TrainingSpecification": {"TrainingImage": "a:1"}}}
PACKAGE = {"InferenceSpecification": {"Containers": [{"Image": "b:1"}]}}


def found(kind: str, description: Any, known: Any) -> list[tuple[str | None, str | None]]:
    """Return each image with its error."""
    images = extract(kind, description, "job-1", known).images
    return [(image.raw, image.error.code if image.error else None) for image in images]


@pytest.mark.parametrize("empty", [{}, {"TrainingImage": ""}, {"TrainingImage": None}], ids=["absent", "empty", "null"])
def test_an_algorithm_has_the_image_of_a_training_job(empty) -> None:
    description = {"AlgorithmSpecification": {"AlgorithmName": "mine", **empty}}
    assert found("training", description, ALGORITHMS) == [("a:1", None)]


@pytest.mark.parametrize("empty", [{}, {"TrainingImage": ""}, {"TrainingImage": None}], ids=["absent", "empty", "null"])
def test_the_service_picks_the_image_of_a_serverless_job(empty) -> None:
    description = {"ServerlessJobConfig": {"BaseModelArn": "x"}, "AlgorithmSpecification": empty}
    assert found("training", description, {}) == [(None, "managed")]


@pytest.mark.parametrize("empty", [{}, {"Image": ""}, {"Image": None}], ids=["absent", "empty", "null"])
def test_a_package_has_the_image_of_a_models_container(empty) -> None:
    known = {M: {"PrimaryContainer": {"ModelPackageName": "p", **empty}}, P: PACKAGE}
    assert found("transform", {"ModelName": "m"}, known) == [("b:1", None)]


@pytest.mark.parametrize("empty", [{}, {"Image": ""}, {"Image": None}], ids=["absent", "empty", "null"])
def test_the_service_picks_the_image_of_an_optimization(empty) -> None:
    assert found("optimization", {"OptimizationConfigs": [{"ModelQuantizationConfig": empty}]}, {}) == [
        (None, "managed")
    ]
