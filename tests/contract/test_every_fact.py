"""Every field of a description reaches its place in the document.

The descriptions are built from botocore's shapes, with all fields set. tests/contract/facts has one document for each job kind
or variant. Each value is the name of the field that it comes from; null and empty values are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import yaml

from guard.jobs import BY_KIND, JOB_KINDS
from guard.resources import RESOURCE_KINDS
from tests.support.shapes import copied_model
from tests.support.whole import CASES, FACTS, Case, absent, shown, without_absent
from tools.image_fields import service_model
from tools.unseen import UNDESCRIBED, UNSEEN, covers, leaves, undescribed, unexplained

HERE = "tests/contract/test_every_fact.py"
REWRITE = "tests/contract/facts differs: if the change is intended, run `python -m tests.support.whole`"
KINDS = frozenset(BY_KIND)

# Null if the job kind has no such part in guard/jobs.py.
PARTS = {
    "compute.instances": "instances",
    "compute.max_runtime_seconds": "max-runtime",
    "compute.spot": "spot",
    "compute.keep_alive_seconds": "warm-pool",
    "network.isolated": "network-isolation",
    "network.vpc": "vpc",
    "network.encrypted_traffic": "traffic-encryption",
    "remote_access.debug": "remote-debug",
    "storage.volumes": "volumes",
}


def all_but(kinds: str) -> frozenset[str]:
    """Return every kind except the named ones, which have the field."""
    return KINDS - set(kinds.split())


def these(kinds: str) -> frozenset[str]:
    """Return the named kinds, which lack the field."""
    return frozenset(kinds.split())


_SERVICES = "ai-benchmark ai-recommendation customization edge-packaging training-session"
_DATA = "ai-benchmark ai-recommendation customization edge-packaging"
_NO_FIELD = "the API has no such field for the others"
# (path, the kinds whose complete descriptions leave it empty, why).
REASONS: tuple[tuple[str, frozenset[str], str], ...] = (
    ("base_model", all_but("automl training training-session"), _NO_FIELD),
    ("base_model.evaluation", these("training-session"), _NO_FIELD),
    ("base_model.evaluator_arn", these("training-session"), _NO_FIELD),
    ("base_model.job_type", these("training-session"), _NO_FIELD),
    ("base_model.technique", these("training-session"), _NO_FIELD),
    ("command.arguments", all_but("monitoring-schedule processing training"), _NO_FIELD),
    ("command.entrypoint", all_but("monitoring-schedule processing training"), _NO_FIELD),
    ("compilation", all_but("compilation"), _NO_FIELD),
    (
        "compute.instances[].count",
        these("ai-recommendation inference-recommendations"),
        "the service tries out several counts",
    ),
    ("compute.instances[].definition", all_but("hyperparameter-tuning"), "the others have one definition"),
    (
        "compute.instances[].one_of",
        these("ai-recommendation inference-recommendations monitoring-schedule optimization transform"),
        "the service doesn't choose from a list",
    ),
    (
        "compute.instances[].volume_size_gb",
        these("ai-recommendation inference-recommendations monitoring-schedule optimization processing transform"),
        "one volume configuration applies to all instances",
    ),
    ("compute.max_job_runtime_seconds", all_but("automl"), _NO_FIELD),
    ("compute.max_jobs", all_but("automl hyperparameter-tuning inference-recommendations"), "the others start no jobs"),
    ("compute.max_parallel_jobs", all_but("hyperparameter-tuning inference-recommendations"), _NO_FIELD),
    ("compute.max_pending_seconds", all_but("compilation hyperparameter-tuning optimization training"), _NO_FIELD),
    ("compute.max_retries", all_but("hyperparameter-tuning training"), _NO_FIELD),
    ("compute.max_total_runtime_seconds", all_but("hyperparameter-tuning"), _NO_FIELD),
    ("compute.max_wait_seconds", all_but("compilation hyperparameter-tuning optimization training"), _NO_FIELD),
    ("compute.training_plans", all_but("ai-recommendation hyperparameter-tuning optimization training"), _NO_FIELD),
    ("deployment", all_but("automl"), _NO_FIELD),
    (
        "endpoints",
        all_but("ai-benchmark automl inference-recommendations monitoring-schedule"),
        "the others name no endpoint",
    ),
    ("environment", these(f"automl compilation {_SERVICES}"), _NO_FIELD),
    ("experiment", all_but("processing training transform"), _NO_FIELD),
    ("hyperparameters", all_but("automl customization hyperparameter-tuning training training-session"), _NO_FIELD),
    ("job.parent_arn", all_but("processing training transform"), "no job kind of the guard starts such a job"),
    ("job.parent_arns", all_but("processing training transform"), "no job kind of the guard starts such a job"),
    (
        "job.role_arn",
        these("inference-recommendations labeling processing"),
        "it can have several roles, which are in role_arns",
    ),
    ("job.parts", these("customization"), "the schema of its document isn't public"),
    ("job.role_arns_omitted", KINDS, "all roles fit in a document"),
    (
        "job.secondary_status",
        all_but("automl customization training"),
        "SageMaker reports no secondary status for the others",
    ),
    ("labeling", all_but("labeling"), _NO_FIELD),
    ("mlflow", all_but("ai-benchmark ai-recommendation training"), _NO_FIELD),
    ("models", all_but("inference-recommendations labeling transform"), "the others run no containers of a model"),
    ("warm_start_jobs", all_but("hyperparameter-tuning"), _NO_FIELD),
    ("package_group", all_but("ai-recommendation training training-session"), _NO_FIELD),
    ("entries_omitted", KINDS, "all entries fit in a document"),
    ("settings_omitted", KINDS, "all settings fit in a document"),
    ("storage.inputs", these("training-session"), "data comes through the session's own API"),
    ("storage.inputs[].account", these("ai-benchmark customization edge-packaging"), "their inputs aren't in a bucket"),
    ("storage.inputs[].bucket", these("ai-benchmark edge-packaging"), "their inputs aren't in a bucket"),
    ("storage.inputs[].access_mode", all_but("hyperparameter-tuning training"), "the others mount no file system"),
    (
        "storage.inputs[].data_type",
        these(f"{_DATA} compilation monitoring-schedule"),
        _NO_FIELD,
    ),
    (
        "storage.inputs[].eula_accepted",
        these(f"{_DATA} automl compilation monitoring-schedule processing"),
        _NO_FIELD,
    ),
    ("storage.inputs[].file_system_type", all_but("hyperparameter-tuning training"), "the others mount no file system"),
    (
        "storage.inputs[].hub_content_arn",
        these(f"{_DATA} automl compilation monitoring-schedule optimization processing"),
        _NO_FIELD,
    ),
    (
        "storage.inputs[].input_mode",
        all_but("hyperparameter-tuning monitoring-schedule processing training"),
        _NO_FIELD,
    ),
    (
        "storage.inputs[].local_path",
        all_but("monitoring-schedule processing"),
        "SageMaker chooses the path for the others",
    ),
    ("storage.inputs[].path", all_but("hyperparameter-tuning training"), "the others mount no file system"),
    ("storage.inputs[].query", all_but("processing"), _NO_FIELD),
    ("storage.outputs", these("inference-recommendations"), "its result is part of its description"),
    ("storage.outputs", these("customization"), "its document doesn't distinguish outputs from other locations"),
    ("storage.outputs[].kms_key", these("ai-benchmark ai-recommendation"), _NO_FIELD),
    (
        "storage.outputs[].local_path",
        these(
            "ai-benchmark ai-recommendation automl compilation edge-packaging labeling optimization training-session transform"
        ),
        _NO_FIELD,
    ),
    (
        "storage.volumes[].instance_types",
        all_but("hyperparameter-tuning monitoring-schedule processing training transform"),
        "the service chooses the instances",
    ),
    (
        "storage.volumes[].size_gb",
        these("automl edge-packaging inference-recommendations labeling transform"),
        "the service chooses the size",
    ),
)


@cache
def shown_as(name: str) -> Any:
    """Return the extractors' document for the named case. Cached: it is built from about a hundred extractions."""
    return shown(next(case for case in CASES if case.name == name))


def expected(case: Case) -> Any:
    """Return the document stored in tests/contract/facts."""
    return yaml.safe_load(case.file.read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_value_reaches_its_field_of_the_document(case) -> None:
    assert without_absent(shown_as(case.name)) == expected(case), REWRITE


def test_every_kind_and_resource_has_a_case() -> None:
    described = {source.removeprefix("$").partition(".")[0].rstrip("'") for case in CASES for source in sources(case)}
    differ = {case.kind for case in CASES} ^ {kind.id for kind in JOB_KINDS}
    differ |= (described - {""}) ^ {row.id for row in RESOURCE_KINDS}
    assert not differ, f"correct CASES in tests/support/whole.py: {sorted(differ)}"


def test_every_file_belongs_to_a_case() -> None:
    differ = {path.name for path in set(FACTS.iterdir()) ^ {case.file for case in CASES}}
    assert not differ, f"CASES in tests/support/whole.py and tests/contract/facts differ in {sorted(differ)}"


def test_every_field_that_stays_null_has_a_reason() -> None:
    lacked = {
        (path, kind)
        for kind in KINDS
        for path in set.intersection(*(absent(shown_as(case.name)) for case in CASES if case.kind == kind))
    }
    by_part = {(path, kind) for path, kind in lacked if path in PARTS and PARTS[path] not in BY_KIND[kind].parts}
    explained = {(path, kind) for path, kinds, _ in REASONS for kind in kinds}
    # A list without items has none that could these a field.
    in_nothing = {(path, kind) for path, kind in explained if (path.partition("[]")[0], kind) in lacked}
    unexplained, unneeded = lacked - by_part - explained, explained - lacked - in_nothing
    assert not unexplained, f"extract these fields, or add them to REASONS in {HERE}: {sorted(unexplained)}"
    assert not unneeded, f"remove from REASONS in {HERE}: {sorted(unneeded)}"


def test_every_field_of_a_description_is_shown_or_explained() -> None:
    unshown = leaves(service_model()) - SHOWN
    assert unexplained(unshown) == [], "extract the field, or add it to UNSEEN in tools/unseen.py with the reason"
    unneeded = [pattern for pattern in UNSEEN if not any(covers(pattern, path) for path in unshown)]
    assert not unneeded, f"remove from UNSEEN in tools/unseen.py: {unneeded}"


@pytest.mark.parametrize(
    ("shape", "leaf"),
    [
        pytest.param("DescribeTrainingJobResponse", "training.Sidecar", id="in a job"),
        pytest.param("AlgorithmSpecification", "training.AlgorithmSpecification.Sidecar", id="in a structure"),
        pytest.param("DescribeModelOutput", "$model.Sidecar", id="in a resource"),
        pytest.param(
            "HyperParameterTrainingJobDefinition",
            "hyperparameter-tuning.TrainingJobDefinitions[].Sidecar",
            id="in a list",
        ),
    ],
)
def test_a_new_field_of_the_api_is_found(shape: str, leaf: str) -> None:
    model = copied_model()
    model["shapes"][shape]["members"]["Sidecar"] = {"shape": "String"}
    assert leaf in unexplained(leaves(model) - SHOWN)


def sources(case: Case) -> Iterator[str]:
    """Yield the fields that the case's document shows."""

    def walk(node: Any) -> Iterator[str]:
        if isinstance(node, dict | list):
            for item in node.values() if isinstance(node, dict) else node:
                yield from walk(item)
        elif isinstance(node, str) and node.startswith("$"):
            yield from node.split(" and ")

    return walk(expected(case))


def plain(case: Case, source: str) -> str:
    """Return the field without indices; the path of a job's field starts with the job kind."""
    path = re.sub(r"\[\d+\]", "[]", source).replace("'", "")
    return f"{case.kind}{path[1:]}" if path.startswith("$.") else path


SHOWN = frozenset(plain(case, source) for case in CASES for source in sources(case))


def test_every_field_that_only_the_create_call_has_is_explained() -> None:
    differ = undescribed(service_model()) ^ UNDESCRIBED.keys()
    assert not differ, (
        f"correct UNDESCRIBED in tools/unseen.py, which explains how each such field is handled: {sorted(differ)}"
    )


def test_fields_taken_from_events_are_missing_in_descriptions() -> None:
    from_events = {f"{kind.create_operations[0]}.{field}" for kind in JOB_KINDS for field in kind.event_only_fields}
    assert from_events <= undescribed(service_model()), "correct event_only_fields in guard/jobs.py"
