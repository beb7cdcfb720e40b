"""Explanations of schema violations, for each keyword of the configuration's schema, with path and remedy."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from guard.authoring.explain import explain, hint
from guard.authoring.format_checks import FormatProblem

SECONDS = {"description": " The longest runtime. ", "type": "integer", "minimum": 1, "maximum": 60}


def _said(schema: dict[str, Any], value: Any) -> list[tuple[tuple[Any, ...], str]]:
    checker = FormatChecker(formats=())

    @checker.checks("odd", raises=FormatProblem)
    def _(text: object) -> bool:
        if text == "even":
            raise FormatProblem("is even; write an odd one")
        return True

    found = Draft202012Validator(schema, format_checker=checker).iter_errors(value)
    return sorted({(tuple(path), text) for error in found for path, text in explain(error)}, key=str)


def _at(*path: Any, **schema: Any) -> dict[str, Any]:
    """Return a schema with these keywords for the value at a path."""
    for part in reversed(path):
        schema = {"items": schema} if isinstance(part, int) else {"properties": {part: schema}}
    return schema


def _in(*path: Any, value: Any) -> Any:
    for part in reversed(path):
        value = [{}] * part + [value] if isinstance(part, int) else {part: value}
    return value


@pytest.mark.parametrize(
    ("schema", "value", "text"),
    [
        (SECONDS, "60", 'must be a whole number, not "60"; The longest runtime.'),
        ({"type": "integer"}, None, "must be a whole number, not null; see docs/rules.md"),
        (
            {"type": ["string", "array"]},
            7,
            "must be text or a list, not 7 (without quotes YAML reads a number; write it in quotes); see docs/rules.md",
        ),
        (
            {"type": "array"},
            "-a -b",
            'must be a list, not "-a -b" (without a space after each `-` YAML reads one text; write `- `); see docs/rules.md',
        ),
        ({"type": "array"}, "a", 'must be a list, not "a"; see docs/rules.md'),
        ({"type": "boolean"}, "nö", 'must be true or false, not "nö"; see docs/rules.md'),
        ({"type": "object"}, [], "must be a mapping, not []; see docs/rules.md"),
        ({"type": ["number", "null"]}, "x", 'must be a number or null, not "x"; see docs/rules.md'),
        (SECONDS, 0, "is 0, must be at least 1; The longest runtime."),
        (SECONDS, 61, "is 61, must be at most 60; The longest runtime."),
        ({"enum": ["off", 7]}, "on", 'must be one of off, 7, not "on"'),
        ({"const": True, "description": "Whose."}, False, "must be true or left out, not false; Whose."),
        ({"pattern": "\\S", "description": "Who."}, " ", "is empty; Who."),
        ({"pattern": "^a", "description": "Who."}, "b", '"b" doesn\'t have the form ^a; Who.'),
        ({"format": "odd"}, "even", '"even" is even; write an odd one'),
        ({"minItems": 1}, [], "is incomplete; add an entry"),
        ({"minItems": 1, "properties": {"a": {}}}, [], "is incomplete; add an entry"),
        ({"type": "array", "description": "What\n it is.\n"}, 7, "must be a list, not 7; What it is."),
        (
            {"minProperties": 1, "properties": {"b": {}, "a": {}, "c": {}}, "required": ["c"]},
            {},
            "is incomplete; select jobs with at least one of a, b",
        ),
        (
            {"anyOf": [{"required": ["a", "b"]}, {"required": ["c"]}, {"type": "integer"}]},
            {},
            "is incomplete; it needs a and b or c",
        ),
        ({"anyOf": [{"type": "integer"}]}, "x", "'x' is not valid under any of the given schemas"),
        ({"multipleOf": 2}, 3, "3 is not a multiple of 2"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_violation_is_explained_with_a_remedy(schema: dict[str, Any], value: Any, text: str) -> None:
    path = ("rules", "max_runtime", 1, "x")
    given = _in(*path, value=value)
    told = [each for each in _said(_at(*path, **schema), given) if "missing" not in each[1]]
    assert told == [(path, text)]


@pytest.mark.parametrize(
    ("value", "shown"),
    [("x" * 58, f'"{"x" * 58}"'), ("x" * 59, f'"{"x" * 56}...')],
    ids=["sixty characters", "one more"],
)
def test_of_a_long_value_the_beginning_is_shown(value: str, shown: str) -> None:
    assert _said({"type": "integer"}, value) == [((), f"must be a whole number, not {shown}; see docs/rules.md")]


def test_each_unknown_key_is_reported_with_the_nearest_or_all_known_keys() -> None:
    schema = {"properties": {"level": {}, "seconds": {}}, "additionalProperties": False}
    assert _said(_at("a", **schema), {"a": {"secnds": 1, "x": 1, "level": 1}}) == [
        (("a", "secnds"), "unknown key; did you mean seconds?"),
        (("a", "x"), "unknown key; known are level, seconds"),
    ]
    assert _said({"additionalProperties": False}, {"x": 1}) == [(("x",), "unknown key; known are none")]


def test_an_unknown_rule_is_reported_with_the_command_that_creates_it() -> None:
    schema = _at("rules", properties={"max_runtime": {}}, additionalProperties=False)
    assert _said(schema, {"rules": {"max_runtimes": 1, "x": 1}}) == [
        (
            ("rules", "max_runtimes"),
            "there is no rule folder policies/guard/rules/max_runtimes; did you mean max_runtime?",
        ),
        (
            ("rules", "x"),
            "there is no rule folder policies/guard/rules/x; make the rule with `make new-rule NAME=x`, or remove this",
        ),
    ]


def test_each_missing_key_is_reported_with_its_purpose() -> None:
    schema = {"required": ["a", "b", "c"], "properties": {"a": {"description": " What it is. "}, "b": {}}}
    assert _said(schema, {"c": 1}) == [
        ((), "a is missing; add it: What it is."),
        ((), "b is missing; add it: see docs/rules.md"),
    ]


@pytest.mark.parametrize("schema", [{"required": ["a"]}, {"required": ["a"], "properties": {"a": True}}])
def test_a_missing_key_without_a_schema_is_reported(schema: dict[str, Any]) -> None:
    assert _said(schema, {}) == [((), "a is missing; add it: see docs/rules.md")]


def test_a_rule_without_a_section_is_reported() -> None:
    text = "the rule b has no entry; add one with its level and parameters: see docs/rules.md"
    assert _said(_at("rules", required=["a", "b"]), {"rules": {"a": 1}}) == [(("rules",), text)]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("max_runtimes", 'there is no rule "max_runtimes"; did you mean max_runtime?'),
        ("x", 'there is no rule "x"; write a rule id, or "*" for all'),
        (7, 'there is no rule 7; write a rule id, or "*" for all'),
    ],
    ids=str,
)
def test_an_exemption_from_an_unknown_rule_is_reported(value: Any, text: str) -> None:
    path = ("exemptions", 0, "rules", 0)
    assert _said(_at(*path, enum=["max_runtime", "*"]), _in(*path, value=value)) == [(path, text)]


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (("seconds", "level"), "change something for these jobs with at least one of level, seconds"),
        (("region", "account"), "select jobs with at least one of account, region"),
    ],
    ids=["what", "for which"],
)
def test_an_incomplete_override_is_reported_with_the_missing_keys(names: tuple[str, ...], text: str) -> None:
    path = ("rules", "max_runtime", "overrides", 0)
    schema = _at(*path, anyOf=[{"required": [name]} for name in names])
    assert _said(schema, _in(*path, value={})) == [(path, f"is incomplete; {text}")]


def test_an_invalid_key_is_reported_at_the_key() -> None:
    schema = _at("images", propertyNames={"format": "odd"})
    assert _said(schema, {"images": {"even": 1}}) == [(("images", "even"), '"even" is even; write an odd one')]


def test_a_hint_has_the_nearest_name_or_a_remedy() -> None:
    assert hint("no", "secnds", ["level", "seconds"], "look") == "no; did you mean seconds?"
    assert hint("no", "x", ["level", "seconds"], "look") == "no; look"
