"""Images: each field that names one, by its slot, and each place where one should be."""

from __future__ import annotations

from typing import Any

import pytest

from guard.document import Image
from guard.extract import EXTRACTORS, extract
from guard.jobs import BY_KIND
from guard.resources import ALGORITHM, JOB_DEFINITIONS, MODEL, MODEL_PACKAGE, Resource

HEX = "059f4bfb27d2dc5aeca8a5f609398f3590379bdf0a8e40c6b59680cf02507a7b"
MINE = Resource(ALGORITHM.id, "mine")
M = Resource(MODEL.id, "m")
P = Resource(MODEL_PACKAGE.id, "p")
D = Resource(JOB_DEFINITIONS["ModelBias"].id, "d")


def images(kind: str, description: Any, known: Any = None) -> tuple[Image, ...]:
    return extract(kind, description, "job-1", known or {}).images


def named(found: tuple[Image, ...]) -> list[tuple[str, str, str | None]]:
    return [(image.origin.type, image.slot, image.raw) for image in found]


def test_every_job_kind_has_its_extractor() -> None:
    assert EXTRACTORS.keys() == BY_KIND.keys()


@pytest.mark.parametrize(
    ("kind", "description", "known", "expected"),
    [
        pytest.param(
            "training",
            {"AlgorithmSpecification": {"TrainingImage": "a:1"}},
            {},
            [("job", "AlgorithmSpecification.TrainingImage", "a:1")],
            id="training image",
        ),
        pytest.param(
            "training",
            {
                "AlgorithmSpecification": {"TrainingImage": "a:1"},
                "DebugRuleConfigurations": [{"RuleEvaluatorImage": "b"}, {"RuleEvaluatorImage": "c"}],
                "ProfilerRuleConfigurations": [{"RuleEvaluatorImage": "d"}],
            },
            {},
            [
                ("job", "AlgorithmSpecification.TrainingImage", "a:1"),
                ("job", "DebugRuleConfigurations[0].RuleEvaluatorImage", "b"),
                ("job", "DebugRuleConfigurations[1].RuleEvaluatorImage", "c"),
                ("job", "ProfilerRuleConfigurations[0].RuleEvaluatorImage", "d"),
            ],
            id="rule evaluators",
        ),
        pytest.param(
            "training",
            {"AlgorithmSpecification": {"AlgorithmName": "mine"}},
            {MINE: {"TrainingSpecification": {"TrainingImage": "a:1"}}},
            [("algorithm", "TrainingSpecification.TrainingImage", "a:1")],
            id="algorithm",
        ),
        pytest.param(
            "training",
            {"AlgorithmSpecification": {"AlgorithmName": "mine", "TrainingImage": "b:1"}},
            {MINE: {"TrainingSpecification": {"TrainingImage": "a:1"}}},
            [
                ("job", "AlgorithmSpecification.TrainingImage", "b:1"),
                ("algorithm", "TrainingSpecification.TrainingImage", "a:1"),
            ],
            id="algorithm and image",
        ),
        pytest.param(
            "processing",
            {"AppSpecification": {"ImageUri": "a:1"}},
            {},
            [("job", "AppSpecification.ImageUri", "a:1")],
            id="processing image",
        ),
        pytest.param(
            "hyperparameter-tuning",
            {
                "TrainingJobDefinition": {"AlgorithmSpecification": {"TrainingImage": "a:1"}},
                "TrainingJobDefinitions": [
                    {"AlgorithmSpecification": {"TrainingImage": "b:1"}},
                    {"AlgorithmSpecification": {"AlgorithmName": "mine"}},
                ],
            },
            {MINE: {"TrainingSpecification": {"TrainingImage": "c:1"}}},
            [
                ("job", "TrainingJobDefinition.AlgorithmSpecification.TrainingImage", "a:1"),
                ("job", "TrainingJobDefinitions[0].AlgorithmSpecification.TrainingImage", "b:1"),
                ("algorithm", "TrainingSpecification.TrainingImage", "c:1"),
            ],
            id="tuning definitions",
        ),
        pytest.param(
            "transform",
            {"ModelName": "m"},
            {M: {"PrimaryContainer": {"Image": "a:1"}, "Containers": [{"Image": "b:1"}, {"Image": "c:1"}]}},
            [
                ("model", "PrimaryContainer.Image", "a:1"),
                ("model", "Containers[0].Image", "b:1"),
                ("model", "Containers[1].Image", "c:1"),
            ],
            id="model containers",
        ),
        pytest.param(
            "transform",
            {"ModelName": "m"},
            {
                M: {"PrimaryContainer": {"ModelPackageName": "p"}},
                P: {
                    "InferenceSpecification": {"Containers": [{"Image": "a:1"}, {"Image": "b:1"}]},
                    "AdditionalInferenceSpecifications": [{"Name": "gpu", "Containers": [{"Image": "c:1"}]}],
                },
            },
            [
                ("model-package", "InferenceSpecification.Containers[0].Image", "a:1"),
                ("model-package", "InferenceSpecification.Containers[1].Image", "b:1"),
            ],
            id="model package",
        ),
        pytest.param(
            "transform",
            {"ModelName": "m"},
            {
                M: {"PrimaryContainer": {"ModelPackageName": "p", "InferenceSpecificationName": "gpu"}},
                P: {
                    "InferenceSpecification": {"Containers": [{"Image": "a:1"}]},
                    "AdditionalInferenceSpecifications": [
                        {"Name": "cpu", "Containers": [{"Image": "b:1"}]},
                        {"Name": "gpu", "Containers": [{"Image": "c:1"}]},
                    ],
                },
            },
            [("model-package", "AdditionalInferenceSpecifications[1].Containers[0].Image", "c:1")],
            id="named specification of a package",
        ),
        pytest.param(
            "transform",
            {"ModelName": "m"},
            {
                M: {"PrimaryContainer": {"ModelPackageName": "p", "InferenceSpecificationName": "gone"}},
                P: {
                    "InferenceSpecification": {"Containers": [{"Image": "a:1"}]},
                    "AdditionalInferenceSpecifications": [{"Name": "cpu", "Containers": [{"Image": "b:1"}]}],
                },
            },
            [
                ("model-package", "InferenceSpecification.Containers[0].Image", "a:1"),
                ("model-package", "AdditionalInferenceSpecifications[0].Containers[0].Image", "b:1"),
            ],
            id="unknown specification of a package",
        ),
        pytest.param(
            "inference-recommendations",
            {
                "InputConfig": {
                    "ModelName": "m",
                    "ModelPackageVersionArn": "p",
                    "EndpointConfigurations": [{}, {"InferenceSpecificationName": "gpu"}],
                }
            },
            {
                M: {"PrimaryContainer": {"Image": "a:1"}},
                P: {
                    "InferenceSpecification": {"Containers": [{"Image": "b:1"}]},
                    "AdditionalInferenceSpecifications": [
                        {"Name": "cpu", "Containers": [{"Image": "c:1"}]},
                        {"Name": "gpu", "Containers": [{"Image": "d:1"}]},
                    ],
                },
            },
            [
                ("model", "PrimaryContainer.Image", "a:1"),
                ("model-package", "InferenceSpecification.Containers[0].Image", "b:1"),
                ("model-package", "AdditionalInferenceSpecifications[1].Containers[0].Image", "d:1"),
            ],
            id="recommendations",
        ),
        pytest.param(
            "optimization",
            {
                "OptimizationConfigs": [
                    {"ModelQuantizationConfig": {"Image": "a:1"}, "ModelShardingConfig": {"Image": "b:1"}},
                    {"ModelCompilationConfig": {"Image": "c:1"}},
                    {"ModelLevitationConfig": {"Image": "d:1"}},
                ]
            },
            {},
            [
                ("job", "OptimizationConfigs[0].ModelQuantizationConfig.Image", "a:1"),
                ("job", "OptimizationConfigs[0].ModelShardingConfig.Image", "b:1"),
                ("job", "OptimizationConfigs[1].ModelCompilationConfig.Image", "c:1"),
                ("job", "OptimizationConfigs[2].ModelLevitationConfig.Image", "d:1"),
            ],
            id="optimization, unknown technique too",
        ),
        pytest.param(
            "monitoring-schedule",
            {
                "MonitoringScheduleConfig": {
                    "MonitoringJobDefinition": {"MonitoringAppSpecification": {"ImageUri": "a"}}
                }
            },
            {},
            [("job", "MonitoringScheduleConfig.MonitoringJobDefinition.MonitoringAppSpecification.ImageUri", "a")],
            id="monitoring definition",
        ),
        pytest.param(
            "monitoring-schedule",
            {"MonitoringScheduleConfig": {"MonitoringJobDefinitionName": "d", "MonitoringType": "ModelBias"}},
            {D: {"ModelBiasAppSpecification": {"ImageUri": "a:1"}}},
            [("job-definition", "ModelBiasAppSpecification.ImageUri", "a:1")],
            id="job definition",
        ),
        pytest.param(
            "labeling",
            {
                "LabelingJobAlgorithmsConfig": {
                    "LabelingJobAlgorithmSpecificationArn": "arn",
                    "InitialActiveLearningModelArn": "arn:aws:sagemaker:eu-west-1:111122223333:model/m",
                }
            },
            {M: {"PrimaryContainer": {"Image": "a:1"}}},
            [
                ("job", "LabelingJobAlgorithmsConfig.LabelingJobAlgorithmSpecificationArn", None),
                ("model", "PrimaryContainer.Image", "a:1"),
            ],
            id="labeling model",
        ),
        pytest.param("labeling", {}, {}, [], id="labeling by people alone"),
    ],
)
def test_images(kind, description, known, expected) -> None:
    assert named(images(kind, description, known)) == expected


@pytest.mark.parametrize(
    ("image", "digest", "tag", "expected"),
    [
        pytest.param("a:1", f"sha256:{HEX}", "1", f"sha256:{HEX}", id="tag and digest"),
        pytest.param("a", f"sha256:{HEX}", None, f"sha256:{HEX}", id="no tag"),
        pytest.param("a:1", f"SHA256:{HEX.upper()}", "1", f"sha256:{HEX}", id="capitals"),
        pytest.param("a:1", "broken", "1", None, id="no digest"),
        pytest.param("a:1", 5, "1", None, id="number"),
    ],
)
def test_a_digest_in_a_separate_field_is_a_claimed_digest(image, digest, tag, expected) -> None:
    """CreateAlgorithm and CreateModelPackage accept any digest from their caller."""
    specification = {"TrainingImage": image, "TrainingImageDigest": digest}
    (found,) = images(
        "training",
        {"AlgorithmSpecification": {"AlgorithmName": "mine"}},
        {MINE: {"TrainingSpecification": specification}},
    )
    assert (found.raw, found.tag, found.digest, found.claimed_digest) == (image, tag, None, expected)


def test_a_reference_with_a_digest_has_no_claimed_digest() -> None:
    reference = f"a@sha256:{'0' * 64}"
    specification = {"TrainingImage": reference, "TrainingImageDigest": f"sha256:{HEX}"}
    (found,) = images(
        "training",
        {"AlgorithmSpecification": {"AlgorithmName": "mine"}},
        {MINE: {"TrainingSpecification": specification}},
    )
    assert (found.digest, found.claimed_digest) == (f"sha256:{'0' * 64}", None)


def test_an_image_has_all_its_parts() -> None:
    raw = f" 763104351884.DKR.ecr.eu-west-1.amazonaws.com/team/x:1@SHA256:{HEX} "
    (found,) = images("processing", {"AppSpecification": {"ImageUri": raw}})
    parts = {
        "slot": "AppSpecification.ImageUri",
        "raw": raw,
        "registry": "763104351884.dkr.ecr.eu-west-1.amazonaws.com",
        "account": "763104351884",
        "region": "eu-west-1",
        "repository": "team/x",
        "tag": "1",
        "digest": f"sha256:{HEX}",
        "origin": {"type": "job", "name": "job-1"},
        "error": None,
    }
    shown = found.model_dump()
    assert {name: shown[name] for name in parts} == parts
