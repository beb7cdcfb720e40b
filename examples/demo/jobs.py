"""The jobs of the demo: each with the arguments of boto3's Create call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ACCOUNT = "123456789012"
REGION = "eu-west-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/SageMakerExecutionRole"
AWS_IMAGES = f"763104351884.dkr.ecr.{REGION}.amazonaws.com"
DENIED = f"{AWS_IMAGES}/pytorch-training:1.10-cpu-py38"
ALLOWED = f"{AWS_IMAGES}/pytorch-training:2.4-cpu-py311"
DIGEST = "sha256:" + "ab" * 32


@dataclass(frozen=True)
class DemoJob:
    """A job with its kind in the guard's job table."""

    name: str
    kind: str
    image: str
    request: dict[str, Any]
    ended: bool = False
    model: dict[str, Any] | None = None


def _definition(image: str) -> dict[str, Any]:
    """The fields that a training job and the definition of a tuning job share."""
    return {
        "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
        "RoleArn": ROLE,
        "InputDataConfig": [_channel()],
        "OutputDataConfig": {"S3OutputPath": "s3://team-bucket/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    }


def _training(name: str, image: str, *, ended: bool = False) -> DemoJob:
    request = _definition(image) | {"Tags": [{"Key": "project", "Value": "churn"}]}
    return DemoJob(name, "training", image, request, ended)


def _processing(name: str, image: str) -> DemoJob:
    request = {
        "AppSpecification": {"ImageUri": image, "ContainerEntrypoint": ["python3", "/opt/ml/code/main.py"]},
        "ProcessingResources": {
            "ClusterConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30}
        },
        "RoleArn": ROLE,
        "Environment": {"STAGE": "dev"},
    }
    return DemoJob(name, "processing", image, request)


def _transform(name: str, image: str) -> DemoJob:
    model = {"ModelName": f"{name}-model", "PrimaryContainer": {"Image": image}, "ExecutionRoleArn": ROLE}
    request = {
        "ModelName": model["ModelName"],
        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://team-bucket/in"}}},
        "TransformOutput": {"S3OutputPath": "s3://team-bucket/out"},
        "TransformResources": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1},
    }
    return DemoJob(name, "transform", image, request, model=model)


def _tuning(name: str, image: str) -> DemoJob:
    config = {"Strategy": "Bayesian", "ResourceLimits": {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2}}
    request = {"HyperParameterTuningJobConfig": config, "TrainingJobDefinition": _definition(image)}
    return DemoJob(name, "hyperparameter-tuning", image, request)


def _channel() -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": "s3://team-bucket/data", "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": "training", "DataSource": {"S3DataSource": source}}


JOBS = (
    _training("train-on-denied-image", DENIED),
    _processing("process-on-denied-image", DENIED),
    _training("train-on-allowed-image", ALLOWED),
    _processing("process-on-allowed-image", ALLOWED),
    _training("train-tag-and-digest", f"{DENIED}@{DIGEST}"),
    _training("train-mirrored-copy", f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/mirror/pytorch-training:1.10-cpu-py38"),
    _training("train-similar-name", f"{AWS_IMAGES}/pytorch-training-x:1.10-cpu-py38"),
    _transform("transform-denied-model", DENIED),
    _tuning("tune-denied-definition", DENIED),
    _training("train-already-ended", DENIED, ended=True),
)
