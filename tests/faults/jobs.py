"""The jobs with which faults are played: their kinds, and functions that create them with an image."""

from __future__ import annotations

from typing import Any

from tests.support.carriers import CARRIERS, Create
from tests.support.jobs import training_request
from tests.support.minimal import minimal

# Text that a job's owner may write where the API accepts any: line ends, terminal escapes, a null character, half a surrogate
# pair, a right-to-left override, and a character of four bytes.
HOSTILE = "\r\n\x00\x1b[2J\x7f\u2028\u202e\ud83d \N{PILE OF POO}\"'`$(stop)\\u0000{{}}%s" * 8


def _carrier(kind: str, via: str, slot: str) -> Create:
    return next(row.create for row in CARRIERS if (row.kind, row.via) == (kind, via) and slot in row.slot)


def _hostile(sagemaker: Any, name: str, image: str) -> None:
    texts = {f"{number}{HOSTILE[:40]}": HOSTILE for number in range(90)}
    tags = [{"Key": "team", "Value": HOSTILE}]
    request = training_request(image, HyperParameters=texts, Environment=texts, Tags=tags)
    sagemaker.create_training_job(TrainingJobName=name, **request)


def _large(sagemaker: Any, name: str, image: str) -> None:
    texts = {f"parameter-{number}": "\N{PILE OF POO}" * 2500 for number in range(100)}
    sagemaker.create_training_job(TrainingJobName=name, **training_request(image, HyperParameters=texts))


def _rule_beside_algorithm(sagemaker: Any, name: str, image: str) -> None:
    """Create a job with the image in a debugger rule; its training image comes from an algorithm."""
    algorithm = minimal("CreateAlgorithm", AlgorithmName=f"{name}-algorithm")
    algorithm["TrainingSpecification"] |= {"TrainingImage": "registry.example/approved:1"}
    sagemaker.create_algorithm(**algorithm)
    request = training_request(
        None,
        AlgorithmSpecification={"TrainingInputMode": "File", "AlgorithmName": algorithm["AlgorithmName"]},
        DebugRuleConfigurations=[{"RuleConfigurationName": "rule", "RuleEvaluatorImage": image}],
    )
    sagemaker.create_training_job(TrainingJobName=name, **request)


JOBS: dict[str, tuple[str, Create]] = {
    "training": ("training", _carrier("training", "job", "TrainingImage")),
    "processing": ("processing", _carrier("processing", "job", "ImageUri")),
    "tuning": ("hyperparameter-tuning", _carrier("hyperparameter-tuning", "job", "TrainingJobDefinition.")),
    "by algorithm": ("training", _carrier("training", "algorithm by name", "")),
    "rule beside algorithm": ("training", _rule_beside_algorithm),
    "by model": ("transform", _carrier("transform", "model", "Primary")),
    "by model package": ("transform", _carrier("transform", "model package", "InferenceSpecification.")),
    "hostile": ("training", _hostile),
    "large": ("training", _large),
}
