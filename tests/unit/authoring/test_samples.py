"""The complete documents: every field of the contract has a value, and no variation leaves the contract."""

from __future__ import annotations

from typing import Any

import pytest

from guard.authoring.samples import complete, complete_of_each_kind
from guard.authoring.trial.variations import LACKING, Trial, hostile, hostile_throughout, lacking, nulled
from guard.document import Document
from guard.jobs import JOB_KINDS

# What would contradict the rest of a complete document; variations of it have them.
NULL = {"images[].error", "unavailable"}
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


def test_texts_of_a_fixed_set_stay() -> None:
    fields = {str(trial.change).partition(" = ")[0] for trial in hostile(SAMPLE)}
    assert {"job.name", "environment[0].value", "job.tags.team", "compute.instances[0].count"} <= fields
    assert not {"source.type", "source.time", "images[0].origin.type", "schema_version"} & fields


@pytest.mark.parametrize(("field", "trial"), [pytest.param(*made, id=made[0]) for made in lacking(SAMPLE)])
def test_what_is_lacking_is_named(field: str, trial: Trial) -> None:
    (entry,) = trial.document["unavailable"]
    assert entry["fields"] == [field]
    head = field.split(".")[0]
    changed = {name for name, value in trial.document.items() if value != SAMPLE.document[name]}
    assert changed == {head, "unavailable"}


def test_every_name_that_unavailable_can_have_is_tried() -> None:
    assert set(LACKING) == {
        "job.tags", "job.role_arns", "images", "compute", "network", "storage", "command", "hyperparameters",
        "environment", "remote_access",
    }  # fmt: skip
