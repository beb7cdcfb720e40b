"""How documents of the trial differ from the complete one: facts that are unknown, hostile or temporarily unavailable."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Any

import pytest

from guard.authoring.samples import complete
from guard.authoring.trial.variations import (
    HOSTILE_NUMBERS,
    HOSTILE_TEXTS,
    UNSHOWN,
    Trial,
    hostile,
    hostile_throughout,
    lacking,
    nulled,
    secret,
)

SAMPLE = Trial("a complete job", complete().model_dump(mode="json"))
IMAGE = SAMPLE.document["images"][0]


def _differences(one: Any, other: Any, path: str = "") -> dict[str, Any]:
    """The values of another document where it differs."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return {
            at: found
            for key in one
            for at, found in _differences(one[key], other[key], f"{path}.{key}".strip(".")).items()
        }
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return {at: found for index, pair in pairs for at, found in _differences(*pair, f"{path}[{index}]").items()}
    return {} if one == other else {path: other}


@cache
def _made(variations: Any) -> dict[str, dict[str, Any]]:
    """The different values of each variation of the complete document, by the description of the change."""
    return {str(trial.change): _differences(SAMPLE.document, trial.document) for trial in variations(SAMPLE)}


def test_a_trial_is_called_by_its_sample_and_its_change() -> None:
    assert str(SAMPLE) == "a complete job"
    assert str(Trial("a complete job", {}, "x = null")) == "a complete job with x = null"
    assert {trial.sample for trial in hostile(SAMPLE)} == {"a complete job"}


def test_each_fact_that_may_be_unknown_is_null_in_one_document() -> None:
    made = _made(nulled)
    for field in ("job.tags", "images[0].digest", "network.vpc", "storage.inputs[0].query.cluster", "actor", "actor.arn",
                  "compute.max_runtime_seconds"):  # fmt: skip
        assert made[f"{field} = null"] == {field: None}
    assert all(list(found.values()) == [None] for found in made.values())
    assert (
        not {"account = null", "job = null", "images = null", "job.name = null", "images[0].error = null"} & made.keys()
    )


def test_each_free_text_is_hostile_in_each_way() -> None:
    changes = [*_made(hostile).values()]
    assert len(changes) == len([*hostile(SAMPLE)])
    for field, others in (
        ("job.name", HOSTILE_TEXTS),
        ("job.tags.team", HOSTILE_TEXTS),
        ("hyperparameters[0].value", HOSTILE_TEXTS),
        ("images[0].tag", HOSTILE_TEXTS),
        ("compute.instances[0].count", HOSTILE_NUMBERS),
        ("compute.max_runtime_seconds", HOSTILE_NUMBERS),
    ):
        assert [change[field] for change in changes if field in change] == [*others], field
    fields = {field for change in changes for field in change}
    assert not {"schema_version", "source.time", "network.isolated", "images[0].origin.type"} & fields


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ('job.name = ""', ""),
        ('job.name = "' + "9" * 36 + "...", "9" * 400),
        ("compute.max_runtime_seconds = -1", -1),
        ("compute.max_runtime_seconds = 9223372036854775808", 2**63),
    ],
    ids=str,
)
def test_a_change_is_shown_with_its_field_and_value(change: str, value: object) -> None:
    assert list(_made(hostile)[change].values()) == [value]


def test_a_value_of_forty_characters_is_shown_whole() -> None:
    longest = max(
        (str(trial.change).partition(" = ")[2] for trial in [*hostile(SAMPLE), *hostile_throughout(SAMPLE)]), key=len
    )
    assert len(longest) == 40


def test_all_texts_at_once_are_the_same_hostile_one() -> None:
    one_by_one = {
        field for change in _made(hostile).values() for field, value in change.items() if isinstance(value, str)
    }
    for text, found in zip(HOSTILE_TEXTS, _made(hostile_throughout).values(), strict=True):
        assert found == dict.fromkeys(one_by_one, text)
    assert [*_made(hostile_throughout)][:2] == ['every text = ""', 'every text = " "']


def test_texts_that_break_parsers_are_among_the_hostile_ones() -> None:
    assert {"", " ", "s3://", "arn:aws:s3:::", ":@/"} <= {*HOSTILE_TEXTS}
    assert any(unicodedata.category(character) == "Cc" for text in HOSTILE_TEXTS for character in text)
    assert any(unicodedata.bidirectional(character) == "RLO" for text in HOSTILE_TEXTS for character in text)
    assert any(ord(character) > 0xFFFF for text in HOSTILE_TEXTS for character in text)
    assert any("%!" in text and "%d" in text for text in HOSTILE_TEXTS)
    assert any({*"[{(*?\\"} <= {*text} for text in HOSTILE_TEXTS)
    assert any(text.isdigit() and float(text) > 1e308 for text in HOSTILE_TEXTS)
    assert any(text.count("/") > 500 for text in HOSTILE_TEXTS)
    assert {0, -1} < {*HOSTILE_NUMBERS}
    assert max(HOSTILE_NUMBERS) > 2**63 - 1


UNKNOWN = ("raw", "registry", "account", "region", "repository", "tag", "digest")
LACKS: dict[str, dict[str, Any]] = {
    "job.tags": {"job.tags": None},
    "job.role_arns": {"job.role_arn": None, "job.role_arns": [], "job.execution_role_arns": []},
    "images": {
        **{f"images[0].{fact}": None for fact in UNKNOWN},
        "images[0].error": {"code": "unavailable", "message": "Throttling"},
    },
    "compute": {
        "compute.instances": [],
        "compute.max_runtime_seconds": None,
        "compute.spot": None,
        "compute.keep_alive_seconds": None,
        "compute.max_retries": None,
        "compute.max_wait_seconds": None,
        "compute.max_pending_seconds": None,
        "compute.max_jobs": None,
        "compute.max_parallel_jobs": None,
        "compute.max_job_runtime_seconds": None,
        "compute.max_total_runtime_seconds": None,
        "compute.training_plans": None,
    },
    "network": {"network.isolated": None, "network.vpc": None, "network.encrypted_traffic": None},
    "network.isolated": {"network.isolated": None},
    "network.vpc": {"network.vpc": None},
    "storage": {"storage.inputs": [], "storage.outputs": [], "storage.volumes": []},
    "storage.inputs": {"storage.inputs": []},
    "command": {"command.entrypoint": None, "command.arguments": None},
    "hyperparameters": {"hyperparameters": []},
    "environment": {"environment": []},
    "remote_access": {"remote_access.debug": None},
}


@pytest.mark.parametrize(("field", "trial"), [pytest.param(*made, id=made[0]) for made in lacking(SAMPLE)])
def test_an_unavailable_fact_is_missing_and_named(field: str, trial: Trial) -> None:
    whole = field if field.startswith("job.") else field.split(".")[0]
    entry = {"operation": "Describe", "resource": None, "message": "ThrottlingException", "fields": [whole]}
    entry["facts"] = [field, "job.execution_role_arns"] if field == "job.role_arns" else [field]
    assert _differences(SAMPLE.document, trial.document) == LACKS[field] | {"unavailable": [entry]}
    assert str(trial) == f"a complete job with {field} unavailable"


def test_the_sample_itself_stays_as_it_is() -> None:
    for variations in (nulled, hostile, hostile_throughout, lacking):
        assert [*variations(SAMPLE)]
    assert SAMPLE.document == complete().model_dump(mode="json")


def test_a_secret_is_the_value_of_each_setting_and_nothing_else() -> None:
    assert _made(lambda sample: [secret(sample, [])]) == {
        "a secret as the value of each setting": {
            "environment[0].value": UNSHOWN,
            "hyperparameters[0].value": UNSHOWN,
        }
    }


def test_settings_that_rules_may_look_for_have_the_secret_as_well() -> None:
    document = secret(SAMPLE, ["HF_TOKEN", "DB_URI"]).document
    for part, slot in (("environment", "Environment"), ("hyperparameters", "HyperParameters")):
        assert document[part][1:] == [
            {"slot": slot, "name": "HF_TOKEN", "value": UNSHOWN},
            {"slot": slot, "name": "DB_URI", "value": UNSHOWN},
        ]
