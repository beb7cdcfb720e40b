"""Explain violations of the configuration's schema: what is wrong, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from jsonschema import ValidationError

from guard.authoring.wording import hint, shown
from guard.authoring.yaml_positions import KeyPath

Explanation = tuple[KeyPath, str]

TYPE_NAMES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "a mapping",
    "string": "text",
}


@dataclass(frozen=True)
class _Violation:
    """A value at a path that breaks one keyword of its schema."""

    path: KeyPath
    value: Any
    keyword: str
    wanted: Any
    schema: Mapping[str, Any]
    error: ValidationError

    @property
    def purpose(self) -> str:
        return _purpose(self.schema)


def _purpose(schema: Mapping[str, Any]) -> str:
    """Return the description of a schema on one line."""
    return " ".join(str(schema.get("description", "see docs/rules.md")).split())


def _property(schema: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return the schema of a key; empty if the key is only required, or if its schema is no mapping."""
    found = schema.get("properties", {}).get(key)
    return found if isinstance(found, dict) else {}


def explain(error: ValidationError) -> Iterable[Explanation]:
    """Return the explanations of a violation, each with its path."""
    path: KeyPath = tuple(error.absolute_path)
    if "propertyNames" in error.absolute_schema_path and isinstance(error.instance, str):
        path = (*path, error.instance)
    violation = _Violation(
        path=path,
        value=error.instance,
        keyword=str(error.validator),
        wanted=error.validator_value,
        schema=cast("Mapping[str, Any]", error.schema),
        error=error,
    )
    return _EXPLAIN.get(violation.keyword, _unchanged)(violation)


def _unchanged(violation: _Violation) -> Iterable[Explanation]:
    yield violation.path, violation.error.message


def _unknown_key(violation: _Violation) -> Iterable[Explanation]:
    known = list(violation.schema.get("properties", {}))
    for key in violation.value.keys() - set(known):
        text, otherwise = "unknown key", f"known are {', '.join(known) or 'none'}"
        if violation.path == ("rules",):
            text = f"there is no rule folder policies/guard/rules/{key}"
            otherwise = f"make the rule with `make new-rule NAME={key}`, or remove this"
        yield (*violation.path, key), hint(text, key, known, otherwise)


def _missing_key(violation: _Violation) -> Iterable[Explanation]:
    for key in violation.wanted:
        if key in violation.value:
            continue
        if violation.path == ("rules",):
            yield (
                violation.path,
                f"the rule {key} has no entry; add one with its level and parameters: see docs/rules.md",
            )
        else:
            yield violation.path, f"{key} is missing; add it: {_purpose(_property(violation.schema, key))}"


def _unknown_value(violation: _Violation) -> Iterable[Explanation]:
    choices = [str(choice) for choice in violation.wanted]
    if violation.path[:1] == ("exemptions",):
        text = f"there is no rule {shown(violation.value)}"
        yield violation.path, hint(text, str(violation.value), choices, 'write a rule id, or "*" for all')
    else:
        yield violation.path, f"must be one of {', '.join(choices)}, not {shown(violation.value)}"


def _other_type(violation: _Violation) -> Iterable[Explanation]:
    wanted = violation.wanted if isinstance(violation.wanted, list) else [violation.wanted]
    names = " or ".join(TYPE_NAMES[name] for name in wanted)
    number = isinstance(violation.value, int | float) and not isinstance(violation.value, bool)
    reading = ""
    if number and "string" in wanted:
        reading = " (without quotes YAML reads a number; write it in quotes)"
    elif str(violation.value).startswith("-") and "array" in wanted:
        reading = " (without a space after each `-` YAML reads one text; write `- `)"
    yield violation.path, f"must be {names}, not {shown(violation.value)}{reading}; {violation.purpose}"


def _rejected_by_format(violation: _Violation) -> Iterable[Explanation]:
    yield violation.path, f"{shown(violation.value)} {violation.error.cause}"


def _too_few(violation: _Violation) -> Iterable[Explanation]:
    # A schema may allow both a list and a mapping.
    keys = violation.schema.get("properties", {}).keys() if isinstance(violation.value, dict) else set()
    optional = keys - set(violation.schema.get("required", []))
    what = f"select jobs with at least one of {', '.join(sorted(optional))}" if optional else "add an entry"
    yield violation.path, f"is incomplete; {what}"


def _no_alternative(violation: _Violation) -> Iterable[Explanation]:
    needed = [" and ".join(each["required"]) for each in violation.wanted if "required" in each]
    if not needed:
        return _unchanged(violation)
    if violation.path[2:3] == ("overrides",):
        what = "change something for these jobs" if "level" in needed else "select jobs"
        return [(violation.path, f"is incomplete; {what} with at least one of {', '.join(sorted(needed))}")]
    return [(violation.path, f"is incomplete; it needs {' or '.join(needed)}")]


def _other_form(violation: _Violation) -> Iterable[Explanation]:
    empty = violation.wanted == "\\S"
    text = "is empty" if empty else f"{shown(violation.value)} doesn't have the form {violation.wanted}"
    yield violation.path, f"{text}; {violation.purpose}"


def _out_of_bounds(violation: _Violation) -> Iterable[Explanation]:
    side = "at least" if violation.keyword == "minimum" else "at most"
    yield violation.path, f"is {shown(violation.value)}, must be {side} {violation.wanted}; {violation.purpose}"


def _other_value(violation: _Violation) -> Iterable[Explanation]:
    text = f"must be {shown(violation.wanted)} or left out, not {shown(violation.value)}"
    yield violation.path, f"{text}; {violation.purpose}"


_EXPLAIN: dict[str, Callable[[_Violation], Iterable[Explanation]]] = {
    "additionalProperties": _unknown_key,
    "anyOf": _no_alternative,
    "const": _other_value,
    "enum": _unknown_value,
    "format": _rejected_by_format,
    "maximum": _out_of_bounds,
    "minItems": _too_few,
    "minProperties": _too_few,
    "minimum": _out_of_bounds,
    "pattern": _other_form,
    "required": _missing_key,
    "type": _other_type,
}
