"""The schema of the shipped rules' parameters rejects values that could never match."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.support.policies import ROOT

RULES: dict[str, Any] = json.loads((ROOT / "schemas" / "config.json").read_text())["properties"]["rules"]["properties"]

ACCEPTED = [
    ("denied_role", "denied", ["arn:aws:*:role/Power*", "arn*:role/Root*"]),
    ("denied_role", "denied", ["*:role/Admin*", "arn:aws:iam::*:role/Admin", "arn:*:role/A", "arn:aws*:iam::1:role/A"]),
    (
        "denied_role",
        "allowed",
        ["*", "{arn:aws,arn:aws-cn}:iam::{account}:role/A", "[a]rn:*", "arn:{partition}:iam::1:role/A"],
    ),
    (
        "denied_instance_type",
        "instance_types",
        ["ml.p4d.24xlarge", "ml.p4*", "*.48xlarge", "{ml.p4,ml.p5}*", "?l.g5.*"],
    ),
    ("loader_environment", "variables", ["LD_PRELOAD", "_A1", "path"]),
    ("remote_access", "settings", ["*ssh*", "START_SSH", "sm-[a-z]*"]),
    (
        "framework_version",
        "minimum",
        {"pytorch": "2.4", "transformers": "4.40", "pytorch-smp": "1", "sklearn": "1.2-1"},
    ),
    ("framework_version", "end_of_support", {"xgboost": {"3.0-5": "2026-11-17"}}),
    ("mutable_tag", "tags", ["latest", "*-latest", "v[0-9]"]),
]
REJECTED = [
    ("denied_role", "denied", "SageMakerExecutionRole"),
    ("denied_role", "denied", "role/Admin*"),
    ("denied_role", "allowed", "arn:aws:sts::111122223333:assumed-role/Admin/session"),
    ("denied_instance_type", "instance_types", "m5.xlarge"),
    ("denied_instance_type", "instance_types", "ml.P4d.*"),
    ("denied_instance_type", "instance_types", "*.P4d.*"),
    ("denied_instance_type", "instance_types", "ml.p4* "),
    ("loader_environment", "variables", "LD_*"),
    ("loader_environment", "variables", "$LD_PRELOAD"),
    ("loader_environment", "variables", ""),
    ("remote_access", "settings", "^START_SSH$"),
    ("remote_access", "settings", "START SSH"),
    ("mutable_tag", "tags", ":latest"),
    ("mutable_tag", "tags", "churn:latest"),
    *(
        ("framework_version", "minimum", {name: "1"})
        for name in ("PyTorch", "huggingface", "scikit-learn", "torch", "tf", "py torch")
    ),
    ("framework_version", "end_of_support", {"Pytorch": {"1": "2024-10-28"}}),
]


def test_each_framework_of_the_table_can_be_named() -> None:
    table = (
        (ROOT / "policies/guard/lib/aws_images/table.rego")
        .read_text()
        .partition("_frameworks := {")[2]
        .partition("}")[0]
    )
    frameworks = dict.fromkeys(re.findall(r': "([^"]+)"', table), "1")
    assert len(frameworks) > 20
    assert _wrong("framework_version", "minimum", frameworks) == []


def _wrong(rule_id: str, name: str, value: Any) -> list[str]:
    validator = Draft202012Validator(RULES[rule_id]["properties"][name])
    return [error.message for error in validator.iter_errors(value)]


@pytest.mark.parametrize(("rule_id", "name", "value"), ACCEPTED, ids=str)
def test_accepted(rule_id: str, name: str, value: Any) -> None:
    assert _wrong(rule_id, name, value) == []


@pytest.mark.parametrize(("rule_id", "name", "value"), REJECTED, ids=str)
def test_rejected(rule_id: str, name: str, value: Any) -> None:
    assert _wrong(rule_id, name, value if isinstance(value, dict) else [value])
