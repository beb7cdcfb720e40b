"""Reading recorded documents: alone, in an object, or in a record of the decision log."""

from __future__ import annotations

from typing import Any

import pytest

from guard.cli.evaluate import Evaluated
from guard.cli.recorded import recorded
from guard.decision import Decision, Evaluation
from guard.errors import EventError, IgnoredEvent
from tests.support.documents import document

DOCUMENT = document()
WRITTEN = DOCUMENT.model_dump(mode="json")


@pytest.mark.parametrize(
    ("read", "hidden"),
    [
        pytest.param(WRITTEN, (), id="document"),
        pytest.param({"document": WRITTEN, "decision": "allow"}, (), id="as printed"),
        pytest.param({"decision_id": "d", "input": WRITTEN}, (), id="record"),
        pytest.param(
            {"decision_id": "d", "input": WRITTEN, "erased": ["/input/tags"], "masked": ["/input/command"]},
            ("/input/tags", "/input/command"),
            id="masked record",
        ),
    ],
)
def test_a_document_is_read_with_its_hidden_values(read: Any, hidden: tuple[str, ...]) -> None:
    found = recorded(read)
    assert found is not None
    assert (found.document, found.hidden) == (DOCUMENT, hidden)


@pytest.mark.parametrize("read", [None, [], {}, {"document": 7}, {"decision_id": "d"}, {"input": WRITTEN}], ids=str)
def test_anything_else_is_not_a_recorded_document(read: Any) -> None:
    assert recorded(read) is None


def test_a_record_whose_document_was_erased_is_an_error() -> None:
    with pytest.raises(EventError, match="the record's document was erased by the masking policy") as caught:
        recorded({"decision_id": "d", "input": None, "erased": ["/input"]})
    assert caught.value.evidence == {"decision_id": "d", "erased": ["/input"]}


def test_a_record_of_a_job_without_a_document_is_ignored() -> None:
    with pytest.raises(IgnoredEvent) as caught:
        recorded({"decision_id": "d", "input": None, "outcome": "gone"})
    assert caught.value.message == "the record has no document, since the job had none, so there is no decision"
    assert caught.value.evidence == {"decision_id": "d", "reason": "outcome gone"}


def test_the_error_of_an_invalid_document_names_the_field() -> None:
    with pytest.raises(EventError, match="the recorded document is invalid") as caught:
        recorded(WRITTEN | {"images": [7]})
    assert caught.value.evidence["field"] == "images.0"
    assert "valid dictionary" in caught.value.evidence["problem"]


@pytest.mark.parametrize(
    ("verdict", "undecided", "decision"),
    [
        ("deny", ("tags",), "deny"),
        ("allow", ("tags",), None),
        ("warn", ("tags",), None),
        ("allow", (), "allow"),
    ],
)
def test_only_a_deny_stands_if_rules_are_undecided(verdict: Any, undecided: Any, decision: Any) -> None:
    evaluation = Evaluation(Decision(decision=verdict, findings=()), "r1", "1.22.2")
    assert Evaluated(DOCUMENT, evaluation, undecided).decision == decision
