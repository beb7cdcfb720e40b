"""Jobs of the simulated SageMaker, and the EventBridge events that they cause."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from typing import Any

import boto3
from botocore import xform_name
from botocore.config import Config

from guard.jobs import BY_KIND
from guard.refs import Home

ACCOUNT = "123456789012"
REGION = "eu-west-1"
HOME = Home(ACCOUNT, REGION, "aws")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Train"
OWN_ECR = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
AWS_ECR = f"763104351884.dkr.ecr.{REGION}.amazonaws.com"
DENIED = f"{AWS_ECR}/pytorch-training:1.10-cpu-py38"
ALLOWED = f"{AWS_ECR}/pytorch-training:2.4-cpu-py311"

CLUSTER = {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30}


def client(attempts: int = 1, session: Any = boto3, **arguments: Any) -> Any:
    """Return a SageMaker client that makes this number of attempts per call."""
    config = Config(retries={"mode": "standard", "total_max_attempts": attempts})
    return session.client("sagemaker", region_name=REGION, config=config, **arguments)


@cache
def aws_client(service: str) -> Any:
    """Return a client of the simulated AWS, shared by all tests of a process, because creating one takes 0.1 seconds."""
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    make: Any = boto3.client
    return make(service, region_name=REGION, **keys)


def training_request(image: str | None, **changes: Any) -> dict[str, Any]:
    """Return the parameters of CreateTrainingJob except the name."""
    specification: dict[str, Any] = {"TrainingInputMode": "File"}
    return {
        "AlgorithmSpecification": specification | ({"TrainingImage": image} if image is not None else {}),
        "RoleArn": ROLE,
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
        "ResourceConfig": CLUSTER,
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        **changes,
    }


def processing_request(image: str, **changes: Any) -> dict[str, Any]:
    """Return the parameters of CreateProcessingJob except the name."""
    return {
        "AppSpecification": {"ImageUri": image},
        "ProcessingResources": {"ClusterConfig": CLUSTER},
        "RoleArn": ROLE,
        **changes,
    }


def status(sagemaker: Any, kind: str, name: str) -> str:
    """Return the job's status."""
    row = BY_KIND[kind]
    return str(_describe(sagemaker, kind, name)[row.status_field])


def started_event(sagemaker: Any, kind: str, name: str, **detail: Any) -> dict[str, Any]:
    """Return the state-change event of the job's start, with the description as its detail and times in milliseconds."""
    row = BY_KIND[kind]
    described = _describe(sagemaker, kind, name)
    described |= {row.status_field: next(iter(row.running))} | detail
    event = {
        "version": "0",
        "id": f"event-of-{name}",
        "detail-type": row.detail_type,
        "source": "aws.sagemaker",
        "account": ACCOUNT,
        "time": "2026-11-23T10:00:00Z",
        "region": REGION,
        "resources": [described[row.arn_field]],
        "detail": described,
    }
    as_json: dict[str, Any] = json.loads(json.dumps(event, default=_milliseconds))
    return as_json


def _describe(sagemaker: Any, kind: str, name: str) -> dict[str, Any]:
    row = BY_KIND[kind]
    described: dict[str, Any] = getattr(sagemaker, xform_name(row.describe_operation))(
        **{row.name_field: name}, **row.listing.each[0]
    )
    described.pop("ResponseMetadata")
    return dict(row.described(described))


def _milliseconds(value: object) -> object:
    if isinstance(value, datetime):
        return int(value.timestamp() * 1000)
    raise TypeError(type(value).__name__)
