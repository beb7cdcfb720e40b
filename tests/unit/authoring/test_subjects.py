"""Subjects of comparisons: the results of built-ins, and the parameters of a rule."""

from __future__ import annotations

from typing import Any

import pytest

from guard.authoring.subjects import subject_of

NAMES = {"input": ("input",), "parameters": ("data", "guard", "parameters")}
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
TYPES = ("array", "boolean", "null", "number", "object", "set", "string")


def _ref(*steps: str) -> dict[str, Any]:
    head, *rest = steps
    return {
        "type": "ref",
        "value": [{"type": "var", "value": head}, *({"type": "string", "value": one} for one in rest)],
    }


def _call(name: str, *operands: dict[str, Any]) -> dict[str, Any]:
    return {"type": "call", "value": [_ref(*name.split(".")), *operands]}


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("number", "abs ceil count div floor mul plus rem round sum to_number"),
        ("number", "time.parse_duration_ns time.parse_ns time.parse_rfc3339_ns units.parse units.parse_bytes"),
        ("string", "concat format_int replace sprintf substring trim trim_prefix trim_space trim_suffix"),
        ("string", "lower upper time.weekday type_name"),
    ],
)
def test_a_built_in_returns_one_type(kind: str, names: str) -> None:
    for name in names.split():
        found = subject_of(_call(name, _ref("x")), NAMES, {})
        assert found is not None, name
        assert found.types == {kind}, name


@pytest.mark.parametrize(("name", "words"), [("time.weekday", DAYS), ("type_name", TYPES)])
def test_some_built_ins_return_one_of_a_few_words(name: str, words: tuple[str, ...]) -> None:
    found = subject_of(_call(name, _ref("x")), NAMES, {})
    assert found is not None
    assert (found.name, found.words) == (f"{name}(...)", words)


def test_the_results_of_other_built_ins_are_unknown() -> None:
    assert subject_of(_call("json.unmarshal", _ref("x")), NAMES, {}) is None
    assert subject_of(_call("minus", _ref("x"), _ref("y")), NAMES, {}) is None


@pytest.mark.parametrize(
    ("schema", "types"),
    [
        ({"type": "integer"}, {"number"}),
        ({"type": ["string", "null"]}, {"string"}),
        ({"type": ["string", "array"]}, {"string", "array"}),
        ({"anyOf": [{"type": "null"}, {"type": "boolean"}]}, {"boolean"}),
    ],
    ids=["integer", "perhaps null", "two types", "one of two"],
)
def test_a_parameter_has_the_types_of_its_schema_except_null(schema: dict[str, Any], types: set[str]) -> None:
    found = subject_of(_ref("parameters", "of", "own", "limit"), NAMES, {"limit": schema})
    assert found is not None
    assert found.types == types


@pytest.mark.parametrize(
    "schema", [{}, {"type": "null"}, {"anyOf": [{"type": "string"}, {"format": "glob"}]}], ids=repr
)
def test_a_parameter_that_may_be_anything_is_not_judged(schema: dict[str, Any]) -> None:
    assert subject_of(_ref("parameters", "of", "own", "limit"), NAMES, {"limit": schema}) is None
