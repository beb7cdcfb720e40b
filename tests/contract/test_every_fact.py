"""Each fact of a description at its place in the document: against botocore's shapes, with every field set to a value of its own.

tests/contract/facts has one document a job kind or variant, with each value replaced by the field that it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from guard.jobs import BY_KIND, JOB_KINDS
from guard.resources import RESOURCE_KINDS
from tests.support.whole import CASES, FACTS, Case, Whole, document_of, nulls, shown

REWRITE = "read the difference; if it is meant, run `python -m tests.support.whole`"

# Null where the job table says that the kind has no such part.
PARTS = {
    "compute.max_runtime_seconds": "max-runtime",
    "compute.spot": "spot",
    "compute.keep_alive_seconds": "warm-pool",
    "network.isolated": "network-isolation",
    "network.encrypted_traffic": "traffic-encryption",
    "remote_access.debug": "remote-debug",
}
_NO_COMMAND = "no field of this kind's API replaces the image's command"
# The kinds of which each description of the cases lacks it, or some do.
_OWN_COMMAND = "automl compilation hyperparameter-tuning inference-recommendations labeling optimization transform"
_WITHOUT_PARENT = (
    "automl compilation hyperparameter-tuning inference-recommendations labeling monitoring-schedule optimization"
)
_ONE_STATUS = (
    "compilation hyperparameter-tuning inference-recommendations labeling monitoring-schedule optimization processing"
)
_NOT_IN_A_BUCKET = "hyperparameter-tuning monitoring-schedule optimization training"
_NO_STEPS = "SageMaker tells no second status of this kind"
_NO_PARENT = "nothing that the guard knows starts such a job"
_SEVERAL_ROLES = "it has several roles, all of them in role_arns"
# (path, kinds): why it stays null although every field of the description is set.
REASONS: dict[tuple[str, frozenset[str]], str] = {
    (path, frozenset(kinds.split())): reason
    for path, kinds, reason in (
        ("command.entrypoint", _OWN_COMMAND, _NO_COMMAND),
        ("command.arguments", _OWN_COMMAND, _NO_COMMAND),
        ("command.entrypoint", "monitoring-schedule", "of definitions for bias and explainability: " + _NO_COMMAND),
        ("command.arguments", "monitoring-schedule", "of definitions for bias and explainability: " + _NO_COMMAND),
        ("compute.instances[].count", "inference-recommendations", "the service tries out how many"),
        ("job.created_at", "automl", "CloudTrail's request, of the first version, has no times"),
        ("job.parent_arn", _WITHOUT_PARENT, _NO_PARENT),
        ("job.role_arn", "automl hyperparameter-tuning inference-recommendations labeling", _SEVERAL_ROLES),
        ("job.secondary_status", "automl", "CloudTrail's request, of the first version, has no status"),
        ("job.secondary_status", f"{_ONE_STATUS} transform", _NO_STEPS),
        (
            "storage.inputs[].bucket",
            _NOT_IN_A_BUCKET,
            "a file system, a data set, an endpoint or a model is not in a bucket",
        ),
        (
            "storage.inputs[].account",
            _NOT_IN_A_BUCKET,
            "the name of a file system, an endpoint or a model tells no account",
        ),
        (
            "storage.inputs[].local_path",
            f"{_WITHOUT_PARENT} training transform",
            "SageMaker chooses where it puts the data",
        ),
        (
            "storage.outputs[].kms_key",
            "hyperparameter-tuning training",
            "checkpoints and what rules and hooks write take no key of their own",
        ),
    )
}

# Fields that name a place, a role, a key, a network or settings, and that no document shows: the path's beginning, and why.
UNSHOWN: dict[str, str] = {
    "$algorithm.InferenceSpecification.": "runs in no job: a package made of the algorithm has its own list",
    "$algorithm.ValidationSpecification.": "starts jobs of its own, which are judged one by one",
    "$model-package.ValidationSpecification.": "starts jobs of its own, which are judged one by one",
    "$model-package.DriftCheckBaselines.": "reports beside the package, which its containers don't get",
    "$model-package.ModelMetrics.": "reports beside the package, which its containers don't get",
    "$model-package.SamplePayloadUrl": "read when the package is benchmarked by a job that names the payload itself",
    "$model-package.SecurityConfig.": "the key of the package's own artifacts",
    "$model-package.SourceAlgorithmSpecification.": "what the package was made of; its own containers are shown",
    "$model-package.SourceUri": "what the package was made of",
    "$model.DeploymentRecommendation.": "advice for endpoints",
    "automl.BestCandidate.": "a result of the job",
    "hyperparameter-tuning.BestTrainingJob.": "a result of the job",
    "hyperparameter-tuning.OverallBestTrainingJob.": "a result of the job",
    "labeling.LabelingJobOutput.": "a result of the job, below its output",
    "processing.ProcessingInputs[].DatasetDefinition.RedshiftDatasetDefinition.ClusterRoleArn": "the Redshift cluster's role",
    "training.DebugHookConfig.": "what is collected, for rules that are shown",
    "training.DebugRuleConfigurations[].RuleParameters": "of rule containers, whose images are shown",
    "training.ProfilerRuleConfigurations[].RuleParameters": "of rule containers, whose images are shown",
    "training.ProfilerConfig.": "what is collected, for rules that are shown",
}
_TELLING = re.compile(
    r"(Role|RoleArn|RoleARN|KmsKey|KmsKeyId|Uri|Url|S3OutputPath|S3OutputLocation|Subnets\[\]|SecurityGroupIds\[\]"
    r"|Environment\{\}|Parameters\{\}|Isolation|Encryption|RemoteDebug)$"
)


def expected(case: Case) -> Any:
    """Return the document as the repository has it."""
    return yaml.safe_load(case.file.read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_value_arrives_at_its_place(case) -> None:
    assert shown(case) == expected(case), REWRITE


def test_every_kind_and_resource_has_a_case() -> None:
    described = {source.removeprefix("$").partition(".")[0].rstrip("'") for case in CASES for source in sources(case)}
    assert {case.kind for case in CASES} == {kind.id for kind in JOB_KINDS}
    assert described - {""} == {row.id for row in RESOURCE_KINDS}


def test_there_is_no_file_without_a_case() -> None:
    assert set(FACTS.iterdir()) == {case.file for case in CASES}


# Fields whose extractors follow.
NOT_YET = re.compile(
    r"images\[\]\.(access_mode|credentials_provider)|job\.(parent_arns|pipeline_execution_arn)"
    r"|compute\.(max_(?!runtime_seconds).*|training_plans|instances\[\]\.volume_size_gb)"
    r"|storage\.(inputs\[\]\.(?!name|type|uri|bucket|account|local_path).*|outputs\[\]\.local_path|volumes\[\]\.size_gb)"
)


def test_no_field_stays_null_without_a_reason() -> None:
    found = {(path, case.kind) for case in CASES for path in nulls(expected(case)) if not NOT_YET.fullmatch(path)}
    by_part = {(path, kind) for path, kind in found if path in PARTS and PARTS[path] not in BY_KIND[kind].parts}
    explained = {(path, kind) for path, kinds in REASONS for kind in kinds}
    assert found - by_part == explained, "give each null field a reason, or extract it; drop reasons that aren't needed"


def test_every_place_role_key_network_and_setting_is_shown_or_explained() -> None:
    telling = {path for case in CASES for path in all_fields(case) if _TELLING.search(path)}
    unshown = telling - {plain(case, source) for case in CASES for source in sources(case)}
    unexplained = [path for path in sorted(unshown) if not path.startswith(tuple(UNSHOWN))]
    assert unexplained == [], "extract the field, or say in UNSHOWN why no document shows it"
    assert [start for start in UNSHOWN if not any(path.startswith(start) for path in unshown)] == [], "not needed"


def sources(case: Case) -> Iterator[str]:
    """Yield the fields that the case's document shows."""

    def walk(node: Any) -> Iterator[str]:
        if isinstance(node, dict | list):
            for item in node.values() if isinstance(node, dict) else node:
                yield from walk(item)
        elif isinstance(node, str) and node.startswith("$"):
            yield from node.split(" and ")

    return walk(expected(case))


def all_fields(case: Case) -> set[str]:
    """Return the fields of the case's descriptions."""
    whole = Whole(case)
    document_of(whole)
    return {plain(case, path) for path in {*whole.told_by.values(), *whole.booleans}}


def plain(case: Case, source: str) -> str:
    """Return the field without indices, that of a job below its kind."""
    path = re.sub(r"\[\d+\]", "[]", source).replace("'", "")
    return f"{case.kind}{path[1:]}" if path.startswith("$.") else path
