"""Jobs whose every container the service picks: with every rule at deny, those that comply pass and the careless are stopped."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from guard.document import DenyList, Source
from guard.jobs import BY_KIND
from guard.normalize import normalize
from guard.opa.engine import EmbeddedOpa
from guard.refs import Collected, JobRef, job_arn
from tests.support.events import HOME
from tests.support.jobs import AWS_ECR, OWN_ECR
from tests.support.policies import RULE_IDS

SOURCE = Source(type="api-call", id="event-1", time=datetime(2026, 11, 23, 10, tzinfo=UTC))
ROLE, ADMIN = "arn:aws:iam::111122223333:role/Train", "arn:aws:iam::111122223333:role/Admin"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
VPC = {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
SECRET = "AKIAIOSFODNN7ABCDEFG"
DENIED = {"denied_image", "framework_version"}

COMPLIANT: dict[str, dict[str, Any]] = {
    "customization": {
        "RoleArn": ROLE,
        "JobConfigDocument": json.dumps({"Data": "s3://data/train", "Epochs": 3, "Uri": f"{AWS_ECR}/sglang:0.5"}),
    },
    "training-session": {
        "RoleArn": ROLE,
        "VpcConfig": VPC,
        "LoraConfig": {"Rank": 8},
        "ModelConfig": {"BaseModelArn": "arn:aws:sagemaker:eu-west-1:aws:hub-content/SageMakerPublicHub/Model/m/1"},
        "OutputConfig": {"S3Location": {"Path": "s3://data/out", "KmsKeyArn": KEY}},
    },
    "ai-recommendation": {
        "RoleArn": ROLE,
        "ModelSource": {"S3": {"S3Uri": "s3://data/model"}},
        "OutputConfig": {"S3OutputLocation": "s3://data/out"},
        "ComputeSpec": {"InstanceTypes": ["ml.m5.xlarge"]},
        "AIWorkloadConfigIdentifier": "load",
    },
    "ai-benchmark": {
        "RoleArn": ROLE,
        "NetworkConfig": {"VpcConfig": VPC},
        "BenchmarkTarget": {"Endpoint": {"Identifier": "endpoint"}},
        "OutputConfig": {"S3OutputLocation": "s3://data/out"},
        "AIWorkloadConfigIdentifier": "load",
    },
    "edge-packaging": {
        "RoleArn": ROLE,
        "CompilationJobName": "compiled",
        "ResourceKey": KEY,
        "OutputConfig": {"S3OutputLocation": "s3://data/out", "KmsKeyId": KEY},
    },
}
# Kind, what the careless job has instead, and the rules that must find it.
CARELESS = [
    ("customization", {"RoleArn": ADMIN}, {"denied_role"}),
    ("customization", {"JobConfigDocument": json.dumps({"Reward": {"Role": ADMIN}})}, {"denied_role"}),
    ("customization", {"JobConfigDocument": json.dumps({"Data": ["s3://elsewhere/x"]})}, {"data_location"}),
    ("customization", {"JobConfigDocument": json.dumps({"Key": SECRET})}, {"secret_in_environment"}),
    ("customization", {"JobConfigDocument": "{"}, {"unresolved_image"}),
    ("customization", {"JobConfigDocument": json.dumps({"Uri": f"{AWS_ECR}/pytorch-training:1.10-cpu-py38"})}, DENIED),
    ("customization", {"JobConfigDocument": json.dumps({"Uri": f"{OWN_ECR}/agent:1"})}, {"unapproved_registry"}),
    ("training-session", {"VpcConfig": None}, {"vpc_required"}),
    (
        "training-session",
        {"OutputConfig": {"S3Location": {"Path": "s3://elsewhere/x"}}},
        {"output_encryption_required"},
    ),
    ("ai-recommendation", {"ModelSource": {"S3": {"S3Uri": "s3://elsewhere/x"}}}, {"data_location"}),
    ("ai-recommendation", {"ComputeSpec": {"InstanceTypes": ["ml.p5.48xlarge"]}}, {"denied_instance_type"}),
    ("ai-benchmark", {"NetworkConfig": {}}, {"vpc_required"}),
    ("ai-benchmark", {"OutputConfig": {"S3OutputLocation": "s3://elsewhere/x"}}, {"data_location"}),
    ("edge-packaging", {"ResourceKey": None}, {"volume_encryption_required"}),
    ("edge-packaging", {"RoleArn": ADMIN}, {"denied_role"}),
]


@pytest.fixture(scope="module")
def strict(engine_with: Callable[..., EmbeddedOpa]) -> EmbeddedOpa:
    """Every rule at deny, with the lists that a team would give."""
    given = {
        "region": {"regions": ["eu-west-1"]},
        "required_tags": {"tags": {"team": ["*"]}},
        "data_location": {"buckets": ["data"], "accounts": ["111122223333"], "others": ["*"]},
    }
    return engine_with(rules={rule: {"level": "deny", "overrides": []} | given.get(rule, {}) for rule in RULE_IDS})


def decided(engine: EmbeddedOpa, kind: str, description: dict[str, Any]) -> tuple[str, set[str]]:
    row = BY_KIND[kind]
    status = {row.status_field: min(row.running)}
    keys = tuple(row.listing.each[0].values())
    ref = JobRef(row, "job-1", job_arn("job-1", row, HOME, keys), HOME, SOURCE, None, {})
    collected = Collected(description | status, {"team": "a"}, {})
    decision = engine.evaluate(normalize(ref, collected, DenyList(images={}, patterns=()))).decision
    return decision.decision, set(decision.rule_ids)


@pytest.mark.parametrize("kind", COMPLIANT)
def test_a_job_that_complies_passes_every_rule(strict: EmbeddedOpa, kind: str) -> None:
    assert decided(strict, kind, COMPLIANT[kind]) == ("allow", set())


@pytest.mark.parametrize(("kind", "change", "rules"), CARELESS)
def test_a_careless_job_is_denied(strict: EmbeddedOpa, kind: str, change: dict[str, Any], rules: set[str]) -> None:
    decision, found = decided(strict, kind, COMPLIANT[kind] | change)
    assert (decision, rules - found) == ("deny", set())
