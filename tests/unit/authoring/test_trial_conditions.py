"""The documents of a trial that meet conditions of the rules."""

from __future__ import annotations

from typing import Any

import pytest

from guard.authoring.samples import complete
from guard.authoring.trial.conditions import with_settings, with_tags, with_values
from guard.authoring.trial.variations import Trial
from guard.document import Document

SAMPLE = Trial("a complete job", complete().model_dump(mode="json"))


def _values(*texts: str) -> dict[str, dict[str, Any]]:
    return {str(trial.change): trial.document for trial in with_values(SAMPLE, texts)}


def test_tags_of_these_names_are_added() -> None:
    trial = with_tags(SAMPLE, ["owner", "team"])
    assert trial.document["job"]["tags"] == {**SAMPLE.document["job"]["tags"], "owner": "x"}
    assert str(trial) == "a complete job with the tags that rules name"


def test_settings_of_these_names_are_added() -> None:
    trial = with_settings(SAMPLE, ["STAGE"])
    document = trial.document
    assert trial.change == "the settings that rules name"
    for part, slot in (("environment", "Environment"), ("hyperparameters", "HyperParameters")):
        assert document[part] == [*SAMPLE.document[part], {"slot": slot, "name": "STAGE", "value": "x"}]


@pytest.mark.parametrize(
    ("text", "instance_type"),
    [
        ("ml.c5.large", "ml.c5.large"),
        ("ml.g5.*", "ml.g5.xlarge"),
        ("ml.p4d", "ml.p4d.24xlarge"),
        ("ml.p4*", "ml.p4.24xlarge"),
        ("ml.p", "ml.p.24xlarge"),
        ("ml.", "ml.p5.48xlarge"),
    ],
)
def test_an_instance_is_of_the_type_that_a_text_is_or_begins(text: str, instance_type: str) -> None:
    (document,) = _values(text).values()
    *before, added = document["compute"]["instances"]
    assert before == SAMPLE.document["compute"]["instances"]
    assert added == {**before[0], "type": instance_type}


@pytest.mark.parametrize(
    ("text", "change", "value"),
    [
        ("eu-north-1", "region", "eu-north-1"),
        ("eu-north-*", "region", "eu-north-1"),
        ("444455556666", "account", "444455556666"),
    ],
)
def test_a_document_is_of_the_region_or_account_that_a_text_is_or_begins(text: str, change: str, value: str) -> None:
    assert _values(text) == {f"{change} = {value}": {**SAMPLE.document, change: value}}


@pytest.mark.parametrize("text", ["", "*", "eu", "xx-", "44445555666", "m5.large", "*.large", "team-bucket"])
def test_other_texts_are_no_values(text: str) -> None:
    assert _values(text) == {}


def test_types_of_all_texts_are_in_one_document() -> None:
    ((change, document),) = _values("ml.g5.*", "ml.c5.large", "ml.g5.xlarge").items()
    assert change == "the instance types that rules name"
    assert [each["type"] for each in document["compute"]["instances"][-2:]] == ["ml.c5.large", "ml.g5.xlarge"]


def test_a_change_keeps_the_one_before_in_its_name() -> None:
    (trial,) = with_values(with_tags(SAMPLE, ["owner"]), ["eu-north-1"])
    assert trial.change == "the tags that rules name and region = eu-north-1"


def test_every_document_is_one_that_a_job_could_have() -> None:
    trials = [
        with_tags(SAMPLE, ["owner"]),
        with_settings(SAMPLE, ["STAGE"]),
        *with_values(SAMPLE, ["ml.g5.*", "eu-north-1"]),
    ]
    assert all(Document.model_validate(trial.document) for trial in trials)
