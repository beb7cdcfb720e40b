"""Each fact of a description at its place in the document: against botocore's shapes, with every field set to a value of its own.

tests/contract/facts has one document a job kind or variant, with each value replaced by the field that it comes from, and without
what is null or empty.
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

REWRITE = "read the difference; if it is meant, run `python -m tests.support.whole`"
KINDS = frozenset(BY_KIND)

# Null where the job table says that the kind has no such part.
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


def only(kinds: str) -> frozenset[str]:
    """Return every kind but these."""
    return KINDS - set(kinds.split())


def lack(kinds: str) -> frozenset[str]:
    """Return these kinds."""
    return frozenset(kinds.split())


_SERVICES = "ai-benchmark ai-recommendation customization edge-packaging training-session"
_DATA = "ai-benchmark ai-recommendation customization edge-packaging"
_NO_FIELD = "the API has no such field for the others"
# (path, the kinds of which no description fills it although every field of it is set, why).
REASONS: tuple[tuple[str, frozenset[str], str], ...] = (
    ("base_model", only("automl training training-session"), _NO_FIELD),
    ("base_model.evaluation", lack("training-session"), _NO_FIELD),
    ("base_model.evaluator_arn", lack("training-session"), _NO_FIELD),
    ("base_model.job_type", lack("training-session"), _NO_FIELD),
    ("base_model.technique", lack("training-session"), _NO_FIELD),
    ("command.arguments", only("monitoring-schedule processing training"), _NO_FIELD),
    ("command.entrypoint", only("monitoring-schedule processing training"), _NO_FIELD),
    ("compilation", only("compilation"), _NO_FIELD),
    (
        "compute.instances[].count",
        lack("ai-recommendation inference-recommendations"),
        "the service tries out how many",
    ),
    ("compute.instances[].definition", only("hyperparameter-tuning"), "the others have one definition"),
    (
        "compute.instances[].one_of",
        lack("ai-recommendation inference-recommendations monitoring-schedule optimization transform"),
        "nothing is chosen from a list",
    ),
    (
        "compute.instances[].volume_size_gb",
        lack("ai-recommendation inference-recommendations monitoring-schedule optimization processing transform"),
        "all of its instances have the volume of the one configuration",
    ),
    ("compute.max_job_runtime_seconds", only("automl"), _NO_FIELD),
    ("compute.max_jobs", only("automl hyperparameter-tuning inference-recommendations"), "the others start no jobs"),
    ("compute.max_parallel_jobs", only("hyperparameter-tuning inference-recommendations"), _NO_FIELD),
    ("compute.max_pending_seconds", only("compilation hyperparameter-tuning optimization training"), _NO_FIELD),
    ("compute.max_retries", only("hyperparameter-tuning training"), _NO_FIELD),
    ("compute.max_total_runtime_seconds", only("hyperparameter-tuning"), _NO_FIELD),
    ("compute.max_wait_seconds", only("compilation hyperparameter-tuning optimization training"), _NO_FIELD),
    ("compute.training_plans", only("ai-recommendation hyperparameter-tuning optimization training"), _NO_FIELD),
    ("deployment", only("automl"), _NO_FIELD),
    (
        "endpoints",
        only("ai-benchmark automl inference-recommendations monitoring-schedule"),
        "the others name no endpoint",
    ),
    ("environment", lack(f"automl compilation {_SERVICES}"), _NO_FIELD),
    ("experiment", only("processing training transform"), _NO_FIELD),
    ("hyperparameters", only("automl customization hyperparameter-tuning training training-session"), _NO_FIELD),
    ("job.parent_arn", only("processing training transform"), "nothing that the guard knows starts such a job"),
    ("job.parent_arns", only("processing training transform"), "nothing that the guard knows starts such a job"),
    (
        "job.role_arn",
        lack("inference-recommendations labeling processing"),
        "it has several roles, all of them in role_arns",
    ),
    ("job.parts", lack("customization"), "what its document can hold is known to the service alone"),
    ("job.role_arns_omitted", KINDS, "every role has room in a document"),
    ("job.secondary_status", only("automl customization training"), "SageMaker tells no second status of the others"),
    ("labeling", only("labeling"), _NO_FIELD),
    ("mlflow", only("ai-benchmark ai-recommendation training"), _NO_FIELD),
    ("models", only("inference-recommendations labeling transform"), "the others run no containers of a model"),
    ("warm_start_jobs", only("hyperparameter-tuning"), _NO_FIELD),
    ("package_group", only("ai-recommendation training training-session"), _NO_FIELD),
    ("entries_omitted", KINDS, "every entry has room in a document"),
    ("settings_omitted", KINDS, "every setting has room in a document"),
    ("storage.inputs", lack("training-session"), "data comes through the session's own API"),
    ("storage.inputs[].account", lack("ai-benchmark customization edge-packaging"), "what they name is in no bucket"),
    ("storage.inputs[].bucket", lack("ai-benchmark edge-packaging"), "what they name is in no bucket"),
    ("storage.inputs[].access_mode", only("hyperparameter-tuning training"), "the others mount no file system"),
    (
        "storage.inputs[].data_type",
        lack(f"{_DATA} compilation monitoring-schedule"),
        _NO_FIELD,
    ),
    (
        "storage.inputs[].eula_accepted",
        lack(f"{_DATA} automl compilation monitoring-schedule processing"),
        _NO_FIELD,
    ),
    ("storage.inputs[].file_system_type", only("hyperparameter-tuning training"), "the others mount no file system"),
    (
        "storage.inputs[].hub_content_arn",
        lack(f"{_DATA} automl compilation monitoring-schedule optimization processing"),
        _NO_FIELD,
    ),
    (
        "storage.inputs[].input_mode",
        only("hyperparameter-tuning monitoring-schedule processing training"),
        _NO_FIELD,
    ),
    (
        "storage.inputs[].local_path",
        only("monitoring-schedule processing"),
        "SageMaker chooses where it puts the data of the others",
    ),
    ("storage.inputs[].path", only("hyperparameter-tuning training"), "the others mount no file system"),
    ("storage.inputs[].query", only("processing"), _NO_FIELD),
    ("storage.outputs", lack("inference-recommendations"), "its result is its description"),
    ("storage.outputs", lack("customization"), "its document doesn't say which locations are written to"),
    ("storage.outputs[].kms_key", lack("ai-benchmark ai-recommendation"), _NO_FIELD),
    (
        "storage.outputs[].local_path",
        lack(
            "ai-benchmark ai-recommendation automl compilation edge-packaging labeling optimization training-session transform"
        ),
        _NO_FIELD,
    ),
    (
        "storage.volumes[].instance_types",
        only("hyperparameter-tuning monitoring-schedule processing training transform"),
        "the service chooses the instances",
    ),
    (
        "storage.volumes[].size_gb",
        lack("automl edge-packaging inference-recommendations labeling transform"),
        "the service chooses the size",
    ),
)


@cache
def shown_as(name: str) -> Any:
    """Return the document of the case of this name as the extractors make it; it takes some hundred of them."""
    return shown(next(case for case in CASES if case.name == name))


def expected(case: Case) -> Any:
    """Return the document as the repository has it."""
    return yaml.safe_load(case.file.read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_value_arrives_at_its_place(case) -> None:
    assert without_absent(shown_as(case.name)) == expected(case), REWRITE


def test_every_kind_and_resource_has_a_case() -> None:
    described = {source.removeprefix("$").partition(".")[0].rstrip("'") for case in CASES for source in sources(case)}
    assert {case.kind for case in CASES} == {kind.id for kind in JOB_KINDS}
    assert described - {""} == {row.id for row in RESOURCE_KINDS}


def test_there_is_no_file_without_a_case() -> None:
    assert set(FACTS.iterdir()) == {case.file for case in CASES}


def test_no_field_stays_null_without_a_reason() -> None:
    lacked = {
        (path, kind)
        for kind in KINDS
        for path in set.intersection(*(absent(shown_as(case.name)) for case in CASES if case.kind == kind))
    }
    by_part = {(path, kind) for path, kind in lacked if path in PARTS and PARTS[path] not in BY_KIND[kind].parts}
    explained = {(path, kind) for path, kinds, _ in REASONS for kind in kinds}
    # A list without items has none that could lack a field.
    in_nothing = {(path, kind) for path, kind in explained if (path.partition("[]")[0], kind) in lacked}
    unexplained, unneeded = lacked - by_part - explained, explained - lacked - in_nothing
    assert not unexplained, f"extract these fields, or give REASONS in {__name__}: {sorted(unexplained)}"
    assert not unneeded, f"remove from REASONS in {__name__}: {sorted(unneeded)}"


def test_every_leaf_of_a_description_is_shown_or_explained() -> None:
    unshown = leaves(service_model()) - SHOWN
    assert unexplained(unshown) == [], "extract the field, or say in UNSEEN of tools/unseen.py why no document shows it"
    unneeded = [pattern for pattern in UNSEEN if not any(covers(pattern, path) for path in unshown)]
    assert not unneeded, f"remove from UNSEEN in tools/unseen.py: {unneeded}"


@pytest.mark.parametrize(
    ("shape", "leaf"),
    [
        pytest.param("DescribeTrainingJobResponse", "training.Sidecar", id="of a job"),
        pytest.param("AlgorithmSpecification", "training.AlgorithmSpecification.Sidecar", id="deeper"),
        pytest.param("DescribeModelOutput", "$model.Sidecar", id="of a resource"),
        pytest.param(
            "HyperParameterTrainingJobDefinition",
            "hyperparameter-tuning.TrainingJobDefinitions[].Sidecar",
            id="in a list",
        ),
    ],
)
def test_a_new_leaf_is_found(shape: str, leaf: str) -> None:
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
    """Return the field without indices, that of a job below its kind."""
    path = re.sub(r"\[\d+\]", "[]", source).replace("'", "")
    return f"{case.kind}{path[1:]}" if path.startswith("$.") else path


SHOWN = frozenset(plain(case, source) for case in CASES for source in sources(case))


def test_what_only_a_creating_call_has_is_told() -> None:
    differ = undescribed(service_model()) ^ UNDESCRIBED.keys()
    assert not differ, f"say in UNDESCRIBED of tools/unseen.py what becomes of it: {sorted(differ)}"


def test_what_an_event_is_asked_for_is_what_no_description_has() -> None:
    asked = {f"{kind.create_operations[0]}.{field}" for kind in JOB_KINDS for field in kind.event_only_fields}
    assert asked <= undescribed(service_model()), "correct event_only_fields in guard/jobs.py"
