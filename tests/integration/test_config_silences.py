"""Valid values of a configuration that silence a rule, wholly or for some jobs, and values that only seem to."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from guard.authoring.config_check import check_config, configuration_problems
from guard.authoring.opa import Opa
from guard.authoring.rules import read_rules
from tests.support.policies import CONFIG, POLICIES, copy_policies

TODAY = date(2026, 11, 23)


def _said(tree: Opa, text: str, today: date = TODAY) -> list[str]:
    """Return the problems of a configuration and of its rules."""
    (tree.folder / CONFIG).write_text(text)
    return [str(problem) for problem in check_config(tree, POLICIES, today)]


SILENCED = [
    (
        "remote_code",
        {"switches": ["x"], "indexes": ["packages.example.com", "*"]},
        'indexes[1]: "*" also matches "packages.example.invalid"',
    ),
    ("remote_code", {"switches": []}, "switches: with switches: [] the rule, or this part of it, finds nothing"),
    ("remote_access", {"settings": []}, "settings: with settings: [] the rule"),
    ("region", {"regions": ["eu-wset-1"]}, 'regions[0]: "eu-wset-1" is not among the regions that botocore lists'),
    ("region", {"regions": ["*"]}, 'regions: with regions: ["*"] the rule, or this part of it, finds nothing'),
    ("required_tags", {"tags": {}}, "tags: with tags: {} the rule"),
    ("denied_role", {"denied": [], "allowed": ["*"]}, 'denied: with allowed: ["*"] and denied: [] the rule'),
    ("mutable_tag", {"tags": [], "digest_required": False}, "tags: with digest_required: false and tags: [] the rule"),
    ("denied_instance_type", {"instance_types": []}, "instance_types: with instance_types: [] the rule"),
    (
        "loader_environment",
        {"variables": ["PATH"], "trusted_paths": ["/usr", "/opt"]},
        'trusted_paths[1]: "/opt" is at, above or below /opt/ml',
    ),
    (
        "secret_in_environment",
        {"names": ["token"], "harmless_names": ["^max_", ".*"]},
        'harmless_names[1]: ".*" also matches ""',
    ),
    (
        "secret_in_environment",
        {"names": ["token"], "harmless_values": [r"^\w+$"]},
        'harmless_values[0]: "^\\\\w+$" also matches "hunter2hunter2"',
    ),
    (
        "script_mode",
        {"buckets": ["b", "*"], "code_inputs": ["code"], "code_paths": ["/opt/ml/input/data/code"]},
        'buckets[1]: "*" also matches "bucket-of-somebody-else"',
    ),
    ("region", {"regions": ["us-*", "*"]}, 'regions: with regions: ["*"] the rule, or this part of it, finds nothing'),
    ("region", {"regions": ["*-*"]}, 'regions: with regions: ["*"] the rule, or this part of it, finds nothing'),
    ("unapproved_registry", {"allowed": [{"account": "*"}]}, 'allowed[0].account: "*" also matches "000000000000"'),
    (
        "unapproved_registry",
        {"allowed": [{"registry": ["x", "*.dkr.ecr.*"]}]},
        'allowed[0].registry[1]: "*.dkr.ecr.*" also matches "000000000000.dkr.ecr.eu-west-1.amazonaws.com"',
    ),
    (
        "volume_encryption_required",
        {"kms_keys": ["x"], "local_storage_types": ["*"]},
        'local_storage_types[0]: "*" also matches "ml.m5.xlarge"',
    ),
    (
        "output_encryption_required",
        {"kms_keys": ["x"], "outputs_without_key": {"training": ["*"]}},
        'outputs_without_key.training[0]: "*" also matches "OutputDataConfig"',
    ),
    (
        "script_mode",
        {"buckets": ["sagemaker-*"], "code_inputs": ["code"], "code_paths": ["/opt/ml/input/data/code"]},
        'buckets[0]: "sagemaker-*" also matches "sagemaker-of-somebody-else"',
    ),
    (
        "secret_in_environment",
        {"names": ["token"], "harmless_values": ["^[A-Za-z0-9]{20,}$"]},
        'harmless_values[0]: "^[A-Za-z0-9]{20,}$" also matches "Zk7Qm2Xw9Rt4Vb6Ny1Lp3Hs8Dg5Jc0FaUeTiOoSu"',
    ),
    ("data_location", {"buckets": ["*"]}, 'buckets[0]: "*" also matches "bucket-of-somebody-else"'),
    (
        "entrypoint_override",
        {"allowed": [["python3", "*"], ["*"]]},
        'allowed[1][0]: "*" also matches "program"',
    ),
    (
        "entrypoint_override",
        {"allowed": [{"entrypoint": ["*", "a"]}]},
        'allowed[0].entrypoint[0]: "*" also matches "program"',
    ),
]


@pytest.mark.parametrize(("rule", "parameters", "said"), SILENCED, ids=[f"{rule} {said}" for rule, _, said in SILENCED])
@pytest.mark.parametrize("level", ["off", "deny"])
def test_parameters_that_silence_a_rule_are_a_warning(
    tmp_path: Path, opa: Path, level: str, rule: str, parameters: Any, said: str
) -> None:
    tree = copy_policies(tmp_path, opa, rules=[rule])
    config = {"rules": {rule: {"level": level} | parameters}, "exemptions": []}
    (tree.folder / CONFIG).write_text(yaml.safe_dump(config))
    rules, _ = read_rules(tree, POLICIES)
    found = configuration_problems(tree, POLICIES, rules, TODAY)
    is_form = "botocore" in said or "/opt/ml" in said
    assert [problem.severity for problem in found] == (["warning"] if level == "deny" or is_form else [])
    assert all(f"rules.{rule}.{said}" in problem.text for problem in found)


USELESS = [
    ("data_location", {"buckets": ["b"], "accounts": ["{account}", "1111-2222-3333"]}, "accounts[1]"),
    ("remote_code", {"switches": ["x"], "indexes": ["a:8443", "https://packages.example.com/simple"]}, "indexes[1]"),
    ("remote_code", {"switches": ["x"], "indexes": ["arn:*:codeartifact:*/*", "packages.example.com/x"]}, "indexes[1]"),
    ("unapproved_registry", {"allowed": [{"account": ["111122223333", "11112222333"]}]}, "allowed[0].account[1]"),
    ("unapproved_registry", {"allowed": [{"registry": "https://registry.example.com"}]}, "allowed[0].registry"),
    ("unapproved_registry", {"allowed": [{"registry": ["a:5000", "a/b"]}]}, "allowed[0].registry[1]"),
    ("unapproved_registry", {"allowed": [{"registry": "Registry.example.com"}]}, "allowed[0].registry"),
    ("unapproved_registry", {"allowed": [{"aws": True, "repository": "team/x:1"}]}, "allowed[0].repository"),
    ("unapproved_registry", {"allowed": [{"aws": True, "repository": ["a/*", "Team/x"]}]}, "allowed[0].repository[1]"),
]


@pytest.mark.parametrize(("rule", "parameters", "place"), USELESS, ids=str)
def test_an_entry_of_an_approved_list_that_never_matches_is_an_error(
    tmp_path: Path, opa: Path, rule: str, parameters: Any, place: str
) -> None:
    """Otherwise the rule would deny jobs that its author wanted to approve."""
    tree = copy_policies(tmp_path, opa, rules=[rule])
    config = {"rules": {rule: {"level": "deny"} | parameters}, "exemptions": []}
    (told,) = _said(tree, yaml.safe_dump(config))
    assert f" rules.{rule}.{place}: " in told


NARROW = [
    # The deployment may have a deny list of its own.
    ("denied_image", {"images": {}, "patterns": []}),
    ("region", {"regions": ["us-*", "eu-*"]}),
    ("unapproved_registry", {"allowed": [{"account": ["111122223333", "{account}"]}]}),
    ("unapproved_registry", {"allowed": [{"registry": "111122223333.dkr.ecr.*"}, {"aws": True}]}),
    ("volume_encryption_required", {"kms_keys": ["*"], "local_storage_types": ["ml.m5d.*"]}),
    ("output_encryption_required", {"kms_keys": ["*"], "outputs_without_key": {"training": ["Debug*"]}}),
    ("script_mode", {"buckets": ["sagemaker-{region}-{account}"], "code_inputs": ["code"], "code_paths": ["/code"]}),
    ("secret_in_environment", {"names": ["token"], "harmless_values": ["^arn:aws:secretsmanager:"]}),
]


@pytest.mark.parametrize(("rule", "parameters"), NARROW, ids=[rule for rule, _ in NARROW])
def test_parameters_that_leave_a_rule_something_to_find_are_accepted(
    tmp_path: Path, opa: Path, rule: str, parameters: Any
) -> None:
    tree = copy_policies(tmp_path, opa, rules=[rule])
    config = {"rules": {rule: {"level": "deny"} | parameters}, "exemptions": []}
    (tree.folder / CONFIG).write_text(yaml.safe_dump(config))
    rules, _ = read_rules(tree, POLICIES)
    assert configuration_problems(tree, POLICIES, rules, TODAY) == []


def test_a_registry_for_everything_is_a_warning(tmp_path: Path, opa: Path) -> None:
    tree = copy_policies(tmp_path, opa, rules=["unapproved_registry"])
    allowed = [{"aws": True}, {"registry": "*"}, {"registry": ["quay.io", "?*"], "region": ["eu-west-1"]}]
    config = {"rules": {"unapproved_registry": {"level": "warn", "allowed": allowed}}, "exemptions": []}
    (tree.folder / CONFIG).write_text(yaml.safe_dump(config))
    rules, _ = read_rules(tree, POLICIES)
    found = configuration_problems(tree, POLICIES, rules, TODAY)
    example = 'also matches "registry.example.invalid", which the rule should report; write a narrower entry'
    assert [(problem.severity, problem.text) for problem in found] == [
        ("warning", f'rules.unapproved_registry.allowed[1].registry: "*" {example}'),
        ("warning", f'rules.unapproved_registry.allowed[2].registry[1]: "?*" {example}'),
    ]


def test_a_framework_that_no_image_has_is_a_warning(tmp_path: Path, opa: Path) -> None:
    tree = copy_policies(tmp_path, opa, rules=["framework_version"])
    known = {"pytorch": "2.4", "sklearn": "1.2", "transformers": "4.40", "tgi": "2.0", "lmi": "11"}
    minimum = known | {"pytroch": "2.4", "tranformers": "4.4", "zzz": "1"}
    rule = {"level": "warn", "minimum": minimum, "end_of_support": {"xgbost": {"1": "2026-11-17"}}}
    config = {"rules": {"framework_version": rule}, "exemptions": []}
    (tree.folder / CONFIG).write_text(yaml.safe_dump(config))
    rules, _ = read_rules(tree, POLICIES)
    path, text = "rules.framework_version", "is neither a framework of AWS images nor a word of their tags"
    assert {(each.severity, each.text) for each in configuration_problems(tree, POLICIES, rules, TODAY)} == {
        ("warning", f"{path}.minimum.pytroch: pytroch {text}; did you mean pytorch?"),
        ("warning", f"{path}.minimum.tranformers: tranformers {text}; did you mean transformers?"),
        ("warning", f"{path}.minimum.zzz: zzz {text}; correct it, unless the image is a new one"),
        ("warning", f"{path}.end_of_support.xgbost: xgbost {text}; did you mean xgboost?"),
    }


@pytest.mark.parametrize(
    ("rule_id", "section", "key", "values"),
    [
        ("denied_image", {"images": {"a": {"reason": "old"}}, "patterns": []}, "images", "images: {} and patterns: []"),
        ("denied_instance_type", {"instance_types": ["ml.p5.*"]}, "instance_types", "instance_types: []"),
    ],
)
def test_an_override_that_empties_a_rule_for_every_job_is_reported(
    tmp_path: Path, opa: Path, rule_id: str, section: dict[str, Any], key: str, values: str
) -> None:
    tree = copy_policies(tmp_path, opa, rules=[rule_id])
    override = {"account": "*", key: type(section[key])()}
    rules = {rule_id: {"level": "deny", **section, "overrides": [override]}}
    said = _said(tree, yaml.safe_dump({"rules": rules, "exemption_policy": {"never": [rule_id]}, "exemptions": []}))
    does = f"leaves {rule_id} nothing to find with {values} for every job, and exemption_policy.never lists the rule"
    advice = "remove the override, or take the rule off that list"
    assert [line.partition(": ")[2] for line in said] == [f"rules.{rule_id}.overrides[0].{key}: {does}; {advice}"]
