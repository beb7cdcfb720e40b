"""The complete documents: every field of the contract has a value, and no variation leaves the contract."""

from __future__ import annotations

from typing import Any

import pytest

from guard.authoring.samples import complete, complete_of_each_kind, complete_with, sample_image
from guard.authoring.trial.variations import LACKING, Trial, hostile, hostile_throughout, lacking, nulled
from guard.document import Document
from guard.jobs import JOB_KINDS, JobKind

# What would contradict the rest of a complete document; variations of it have them.
NULL = {"images[].error", "images[].claimed_digest", "unavailable"}
SAMPLE = Trial("sample", complete().model_dump(mode="json"))


def _values(value: Any, path: str = "") -> list[tuple[str, Any]]:
    inner = []
    if isinstance(value, dict):
        inner = [found for name, each in value.items() for found in _values(each, f"{path}.{name}".strip("."))]
    elif isinstance(value, list):
        inner = [found for each in value for found in _values(each, f"{path}[]")]
    return [(path, value), *inner]


def test_there_is_one_for_each_job_kind() -> None:
    assert [document.job.kind for document in complete_of_each_kind()] == [row.id for row in JOB_KINDS]


@pytest.mark.parametrize("row", JOB_KINDS, ids=lambda row: row.id)
def test_the_complete_document_is_a_running_job_with_all_parts_of_its_kind(row: JobKind) -> None:
    job = complete(row.id).job
    assert job.arn.startswith(f"arn:aws:sagemaker:eu-west-1:111122223333:{row.arn_resource}/")
    assert job.arn.endswith(job.name)
    assert job.status in row.running
    assert job.parts is not None
    assert {*job.parts} == row.parts


def test_a_change_is_merged_into_the_complete_document() -> None:
    changes = {
        "job": {"name": "other", "parts": None},
        "images": [{"tag": "1"}, {"tag": "2"}],
        "storage": {"volumes": []},
        "network": {"vpc": None},
    }
    changed, plain = complete_with(changes).model_dump(mode="json"), SAMPLE.document
    image = plain["images"][0]
    assert changed == plain | {
        "job": plain["job"] | {"name": "other", "parts": None},
        "images": [image | {"tag": "1"}, image | {"tag": "2"}],
        "storage": plain["storage"] | {"volumes": []},
        "network": plain["network"] | {"vpc": None},
    }


def test_a_change_of_the_kind_is_made_to_the_complete_job_of_that_kind() -> None:
    changed = complete_with({"job": {"kind": "transform", "name": "other"}})
    job = complete("transform").job
    assert changed.job == job.model_copy(update={"name": "other"})


@pytest.mark.parametrize(
    ("tag", "digest", "end"),
    [
        (None, None, ""),
        ("1", None, ":1"),
        (None, "sha256:" + "0" * 64, "@sha256:" + "0" * 64),
        ("1", "sha256:" + "0" * 64, ":1@sha256:" + "0" * 64),
    ],
    ids=["neither", "tag", "digest", "both"],
)
def test_a_sample_image_has_another_name_in_the_same_registry(tag: str | None, digest: str | None, end: str) -> None:
    image = SAMPLE.document["images"][0]
    named = {"raw": f"{image['registry']}/team/churn{end}", "repository": "team/churn", "tag": tag, "digest": digest}
    assert sample_image("team/churn", tag, digest) == image | named


def test_every_field_has_a_value() -> None:
    empty = {path for path, value in _values(SAMPLE.document) if value in (None, [], {}, "")}
    assert empty == NULL, "give the field a value in guard/authoring/samples/complete.json"


def test_each_field_that_may_be_null_is_nulled_in_turn() -> None:
    changed = {str(trial.change).removesuffix(" = null"): trial.document for trial in nulled(SAMPLE)}
    assert len(changed) == len(list(nulled(SAMPLE)))
    for field in ("job.tags", "images[0].digest", "network.vpc", "storage.outputs[0].kms_key", "actor", "actor.arn"):
        before = dict(_values(SAMPLE.document))
        after = dict(_values(changed[field]))
        path = field.replace("[0]", "[]")
        assert after[path] is None
        assert {name for name in before if before[name] != after.get(name)} >= {path}
        assert all(name == path or path.startswith(name) or name.startswith(path) for name in before
                   if before[name] != after.get(name))  # fmt: skip
    assert "account" not in changed


@pytest.mark.parametrize("variations", [nulled, hostile, hostile_throughout, lacking])
def test_variations_keep_to_the_contract(variations: Any) -> None:
    trials = [made[1] if isinstance(made, tuple) else made for made in variations(SAMPLE)]
    assert [trial for trial in trials if not Document.model_validate(trial.document)] == []
    assert len(trials) >= 10


def test_texts_of_a_fixed_set_are_not_changed() -> None:
    fields = {str(trial.change).partition(" = ")[0] for trial in hostile(SAMPLE)}
    assert {"job.name", "environment[0].value", "job.tags.team", "compute.instances[0].count"} <= fields
    assert not {"source.type", "source.time", "images[0].origin.type", "schema_version"} & fields


@pytest.mark.parametrize(("field", "trial"), [pytest.param(*made, id=made[0]) for made in lacking(SAMPLE)])
def test_the_missing_facts_are_named(field: str, trial: Trial) -> None:
    (entry,) = trial.document["unavailable"]
    assert entry["facts"][0] == field
    head = field.split(".")[0]
    changed = {name for name, value in trial.document.items() if value != SAMPLE.document[name]}
    assert changed == {head, "unavailable"}


def test_every_name_that_unavailable_can_have_is_tried() -> None:
    assert set(LACKING) == {
        "job.tags", "job.role_arns", "images", "compute", "network", "network.isolated", "network.vpc", "storage",
        "storage.inputs", "command", "hyperparameters", "environment", "remote_access",
    }  # fmt: skip
