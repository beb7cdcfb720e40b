"""Masks in the format of OPA's decision logs, applied to a document and its decision."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.errors import DecisionMissing, MaskInvalid, PolicyError
from guard.log.masking import Masked, applied, masked

SUBJECT: dict[str, Any] = {
    "input": {"environment": [{"name": "A", "value": "x"}, {"name": "B", "value": "y"}], "a/b": {"~": 1}},
    "result": {"decision": "deny", "findings": [{"message": "m"}]},
}


class Policy:
    """A masking policy with one answer."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def masks(self, _: object) -> object:
        if isinstance(self.answer, PolicyError):
            raise self.answer
        return self.answer


def _subject() -> dict[str, Any]:
    return copy.deepcopy(SUBJECT)


def _upsert(path: str, value: object = "*") -> dict[str, object]:
    return {"op": "upsert", "path": path, "value": value}


@pytest.mark.parametrize(
    ("masks", "erased", "replaced"),
    [
        pytest.param([], (), (), id="nothing"),
        pytest.param(["/input/environment"], ("/input/environment",), (), id="a text erases"),
        pytest.param([{"op": "remove", "path": "/result/findings"}], ("/result/findings",), (), id="remove"),
        pytest.param(["/input"], ("/input",), (), id="the whole document"),
        pytest.param(["/input/a~1b/~0"], ("/input/a~1b/~0",), (), id="escaped"),
        pytest.param([_upsert("/input/environment/1/value")], (), ("/input/environment/1/value",), id="replaced"),
        pytest.param([_upsert("/input/environment/1")], (), ("/input/environment/1",), id="an element replaced"),
        pytest.param(["/input/none", _upsert("/input/environment/2/value")], (), (), id="what isn't there"),
        pytest.param([_upsert("/input/environment/-1/value"), "/result/decision/x"], (), (), id="no such place"),
    ],
)
def test_masks_are_applied_and_listed(masks: list[object], erased: tuple[str], replaced: tuple[str]) -> None:
    found = applied(_subject(), masks)
    assert (found.erased, found.masked, found.failure) == (erased, replaced, None)


def test_only_what_a_mask_names_is_changed() -> None:
    found = applied(_subject(), [_upsert("/input/environment/0/value"), "/result/findings"])
    assert found.input == SUBJECT["input"] | {"environment": [{"name": "A", "value": "*"}, {"name": "B", "value": "y"}]}
    assert found.result == {"decision": "deny"}


INVALID = [
    pytest.param(None, id="undefined"),
    pytest.param({"/input": True}, id="no list"),
    pytest.param([7], id="no pointer"),
    pytest.param(["input/environment"], id="no slash"),
    pytest.param(["/labels/app"], id="another part of the record"),
    pytest.param(["/"], id="empty"),
    pytest.param([{"op": "upsert", "path": "/input/environment"}], id="no value"),
    pytest.param([{"op": "hide", "path": "/input"}], id="unknown op"),
    pytest.param([{"op": ["upsert"], "path": "/input/environment", "value": 1}], id="a list of ops"),
    pytest.param([{"op": "remove"}], id="no path"),
    pytest.param(["/input/environment/0"], id="an element erased"),
    pytest.param([_upsert("/input")], id="the document replaced"),
    pytest.param([_upsert("/result")], id="the decision replaced"),
]


@pytest.mark.parametrize("masks", INVALID)
def test_a_mask_that_cant_be_applied_is_an_error(masks: object) -> None:
    with pytest.raises(MaskInvalid):
        applied(_subject(), masks)


@pytest.mark.parametrize("answer", [*INVALID, pytest.param(DecisionMissing("undefined"), id="no policy")])
def test_a_failing_policy_hides_document_and_findings(answer: object) -> None:
    found = masked(_subject(), Policy(answer))
    assert (found.input, found.result) == (None, {"decision": "deny", "findings": []})
    assert found.erased == ("/input", "/result/findings")
    assert isinstance(found.failure, PolicyError)


def test_without_a_document_the_policy_is_not_queried() -> None:
    assert masked({"input": None, "result": None}, Policy(DecisionMissing("asked"))) == Masked(None, None)


_MASK = st.one_of(
    st.text(),
    st.integers(),
    st.dictionaries(st.sampled_from(["op", "path", "value"]), st.one_of(st.text(), st.lists(st.text()))),
    st.none(),
)
_POINTER = st.lists(st.sampled_from(["input", "result", "environment", "0", "1", "value", "a~1b"]), max_size=5).map(
    lambda steps: "/" + "/".join(steps)
)


@given(masks=st.one_of(st.lists(_MASK), st.lists(_POINTER), st.lists(_POINTER.map(_upsert))))
def test_any_policy_result_is_applied_or_hides_everything(masks: list[object]) -> None:
    found = masked(_subject(), Policy(masks))
    assert found.failure is None or found.input is None
    # These must keep the types of the record's fields, or the record could not be written.
    assert all(part is None or isinstance(part, dict) for part in (found.input, found.result))


@pytest.mark.parametrize(("masks", "name"), [(None, "NoneType"), ({}, "dict"), ("/input", "str")])
def test_a_result_that_is_not_a_list_is_reported_by_its_type(masks: object, name: str) -> None:
    with pytest.raises(MaskInvalid) as caught:
        applied({"input": {}, "result": {}}, masks)
    assert caught.value.evidence == {"type": name}


@pytest.mark.parametrize(
    "mask", ["/input/environment/0", _upsert("/input")], ids=["an element erased", "the document replaced"]
)
def test_a_mask_that_cant_be_applied_is_reported_by_its_path(mask: Any) -> None:
    path = mask["path"] if isinstance(mask, dict) else mask
    with pytest.raises(MaskInvalid) as caught:
        applied(_subject(), [mask])
    assert caught.value.evidence == {"path": path}
