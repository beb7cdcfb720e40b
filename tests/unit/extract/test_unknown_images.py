"""Each field that should name an image but doesn't, with the reason."""

from __future__ import annotations

import pytest

from guard.document import Image, ImageError
from guard.extract import extract
from tests.unit.extract.test_images import MINE, D, M, P, images


def errors(found: tuple[Image, ...]) -> list[tuple[str, str]]:
    return [(image.slot, image.error.code) for image in found if image.error is not None]


@pytest.mark.parametrize(
    ("kind", "description", "known", "expected"),
    [
        pytest.param("training", {}, {}, ("AlgorithmSpecification.TrainingImage", "missing"), id="training"),
        pytest.param(
            "training",
            {"AlgorithmSpecification": {"TrainingImage": ""}},
            {},
            ("AlgorithmSpecification.TrainingImage", "missing"),
            id="empty text",
        ),
        pytest.param(
            "training",
            {"AlgorithmSpecification": {"TrainingImage": 5}},
            {},
            ("AlgorithmSpecification.TrainingImage", "unparseable"),
            id="number",
        ),
        pytest.param(
            "training",
            {"AlgorithmSpecification": {"TrainingImage": "A b"}},
            {},
            ("AlgorithmSpecification.TrainingImage", "unparseable"),
            id="no reference",
        ),
        pytest.param(
            "training",
            {"AlgorithmSpecification": {"TrainingImage": "a:1"}, "DebugRuleConfigurations": [{}]},
            {},
            ("DebugRuleConfigurations[0].RuleEvaluatorImage", "missing"),
            id="rule without an image",
        ),
        pytest.param("training", {"ServerlessJobConfig": {}}, {}, ("ServerlessJobConfig", "managed"), id="serverless"),
        pytest.param("processing", {}, {}, ("AppSpecification.ImageUri", "missing"), id="processing"),
        pytest.param("transform", {}, {}, ("ModelName", "missing"), id="transform"),
        pytest.param(
            "transform",
            {"ModelName": "m"},
            {M: {}},
            ("PrimaryContainer.Image", "missing"),
            id="model without containers",
        ),
        pytest.param(
            "transform",
            {"ModelName": "m"},
            {M: {"Containers": [{"ContainerHostname": "x"}]}},
            ("Containers[0].Image", "missing"),
            id="container without an image",
        ),
        pytest.param(
            "transform",
            {"ModelName": "m"},
            {M: {"PrimaryContainer": {"ModelPackageName": "p"}}, P: {}},
            ("InferenceSpecification.Containers[0].Image", "missing"),
            id="package without containers",
        ),
        pytest.param(
            "hyperparameter-tuning",
            {"TrainingJobDefinition": {}, "TrainingJobDefinitions": None},
            {},
            ("TrainingJobDefinition.AlgorithmSpecification.TrainingImage", "missing"),
            id="tuning",
        ),
        pytest.param(
            "hyperparameter-tuning",
            {"TrainingJobDefinition": {}, "TrainingJobDefinitions": [{}]},
            {},
            ("TrainingJobDefinitions[0].AlgorithmSpecification.TrainingImage", "missing"),
            id="tuning definitions",
        ),
        pytest.param(
            "monitoring-schedule",
            {},
            {},
            ("MonitoringScheduleConfig.MonitoringJobDefinition.MonitoringAppSpecification.ImageUri", "missing"),
            id="monitoring",
        ),
        pytest.param(
            "monitoring-schedule",
            {"MonitoringScheduleConfig": {"MonitoringJobDefinitionName": "d"}, "MonitoringType": "Weather"},
            {},
            ("MonitoringScheduleConfig.MonitoringJobDefinitionName", "failed"),
            id="unknown type of monitoring",
        ),
        pytest.param("inference-recommendations", {}, {}, ("InputConfig.ModelName", "missing"), id="recommendations"),
        pytest.param("optimization", {}, {}, ("OptimizationConfigs", "managed"), id="optimization"),
        pytest.param(
            "optimization",
            {"OptimizationConfigs": [{"ModelQuantizationConfig": {}}]},
            {},
            ("OptimizationConfigs[0].ModelQuantizationConfig.Image", "managed"),
            id="optimization without an image",
        ),
        pytest.param(
            "optimization",
            {"OptimizationConfigs": [{"SDK_UNKNOWN_MEMBER": {"name": "ModelDistillationConfig"}}]},
            {},
            ("OptimizationConfigs[0].SDK_UNKNOWN_MEMBER", "failed"),
            id="optimization by an unknown technique",
        ),
        pytest.param(
            "automl",
            {"AutoMLProblemTypeConfig": {"SDK_UNKNOWN_MEMBER": {"name": "AudioJobConfig"}}},
            {},
            ("AutoMLProblemTypeConfig.SDK_UNKNOWN_MEMBER", "failed"),
            id="AutoML for an unknown problem",
        ),
        pytest.param("compilation", {}, {}, ("InputConfig.Framework", "managed"), id="compilation"),
        pytest.param("automl", {}, {}, ("AutoMLProblemTypeConfig", "managed"), id="AutoML"),
        pytest.param(
            "automl",
            {"AutoMLProblemTypeConfig": {"TabularJobConfig": {}}},
            {},
            ("AutoMLProblemTypeConfig.TabularJobConfig", "managed"),
            id="AutoML for tables",
        ),
    ],
)
def test_an_image_that_is_not_known_is_an_entry_with_an_error(kind, description, known, expected) -> None:
    assert errors(images(kind, description, known)) == [expected]


def test_the_message_names_the_unknown_member() -> None:
    step = {"SDK_UNKNOWN_MEMBER": {"name": "ModelDistillationConfig"}}
    (image,) = images("optimization", {"OptimizationConfigs": [step]}, {})
    assert image.error is not None
    assert image.error.message == "this version of the guard doesn't know ModelDistillationConfig"


@pytest.mark.parametrize(
    ("kind", "description", "resource", "slot"),
    [
        (
            "training",
            {"AlgorithmSpecification": {"AlgorithmName": "mine"}},
            MINE,
            "TrainingSpecification.TrainingImage",
        ),
        ("transform", {"ModelName": "m"}, M, "PrimaryContainer.Image"),
        (
            "inference-recommendations",
            {"InputConfig": {"ModelPackageVersionArn": "p"}},
            P,
            "InferenceSpecification.Containers[0].Image",
        ),
        (
            "monitoring-schedule",
            {"MonitoringScheduleConfig": {"MonitoringJobDefinitionName": "d", "MonitoringType": "ModelBias"}},
            D,
            "ModelBiasAppSpecification.ImageUri",
        ),
    ],
    ids=["algorithm", "model", "model package", "job definition"],
)
class TestResource:
    """Named resources that have not been described."""

    def test_an_undescribed_resource_is_asked_for(self, kind, description, resource, slot) -> None:
        facts = extract(kind, description, "job-1", {})
        assert facts.unresolved == (resource,)
        assert errors(facts.images) == [(slot, "failed")]

    def test_why_it_is_not_known_is_told(self, kind, description, resource, slot) -> None:
        denied = ImageError(code="access-denied", message="not authorized")
        facts = extract(kind, description, "job-1", {resource: denied})
        (image,) = facts.images
        assert (facts.unresolved, image.slot, image.origin.name) == ((), slot, resource.name)
        assert image.error == ImageError(
            code="access-denied", message=f"{resource.kind} {resource.name}: not authorized"
        )
