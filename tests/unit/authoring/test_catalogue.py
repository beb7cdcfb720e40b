"""The catalogue of rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from guard.authoring.catalogue import catalogue, type_of
from guard.authoring.rules import Rule


def _rule(**changes: Any) -> Rule:
    fields: dict[str, Any] = {
        "rule_id": "max_runtime",
        "file": Path("max_runtime.rego"),
        "row": 1,
        "title": "Runtime limit",
        "description": "A job must limit its runtime.",
        "severity": "medium",
        "remediation": "Set a limit.",
        "resources": ("https://docs.example/runtime",),
        "parameters": {"seconds": {"description": "The longest | runtime.", "type": "integer"}},
    }
    return Rule(**(fields | changes))


def _lines(rule: Rule, config: dict[str, Any]) -> list[str]:
    return catalogue([rule], {"rules": {rule.rule_id: config}}).splitlines()


def test_the_table_links_to_the_section_and_shows_severity_and_level() -> None:
    lines = _lines(_rule(), {"level": "off", "seconds": 60})
    assert "| [max_runtime](#max_runtime) | Runtime limit | medium | `off` |" in lines
    assert "## max_runtime" in lines


def test_the_section_says_which_jobs_the_rule_is_about() -> None:
    about = "It is about jobs that can have: `vpc`, `image`."
    assert about in _lines(_rule(needs=("vpc", "image")), {"level": "off", "seconds": 60})
    about = "It is about jobs of these kinds: `labeling`, `transform`."
    assert about in _lines(_rule(kinds=("labeling", "transform")), {"level": "off", "seconds": 60})
    assert not any("about jobs" in line for line in _lines(_rule(), {"level": "off", "seconds": 60}))


def test_the_table_shows_other_levels_that_overrides_give() -> None:
    overrides = [{"region": "eu-*", "level": "deny"}, {"region": "us-*", "level": "off"}]
    lines = _lines(_rule(), {"level": "off", "seconds": 60, "overrides": overrides})
    assert "| [max_runtime](#max_runtime) | Runtime limit | medium | `off`, `deny` for some jobs |" in lines
    assert '- `deny` for region `"eu-*"`' in lines


def test_a_parameter_has_type_value_and_meaning_on_one_row() -> None:
    assert "| `seconds` | whole number | `60` | The longest \\| runtime. |" in _lines(
        _rule(), {"level": "off", "seconds": 60}
    )


def test_a_parameter_that_is_not_given_shows_its_default() -> None:
    rule = _rule(parameters={"strict": {"description": "How strict.", "type": "boolean", "default": False}})
    assert "| `strict` | true or false | `false` (by default) | How strict. |" in _lines(rule, {"level": "off"})


@pytest.mark.parametrize("kind", ["array", "object", ["string", "array"]], ids=str)
@pytest.mark.parametrize("default", [{}, {"default": []}], ids=["required", "with a default"])
def test_what_grows_looks_the_same_with_one_more_entry(kind: Any, default: dict[str, Any]) -> None:
    rule = _rule(parameters={"names": {"description": "Names.", "type": kind, "items": {"type": "string"}} | default})
    configurations = [{}, {"names": []}, {"names": ["a"]}, {"names": {"a": {}, "b": {}}}, {"names": "a"}]
    assert (
        len({catalogue([rule], {"rules": {"max_runtime": {"level": "off"} | given}}) for given in configurations}) == 1
    )


def test_the_section_tells_what_to_do_and_where_to_read_more() -> None:
    lines = _lines(_rule(), {"level": "off", "seconds": 60})
    assert "What to do about a finding: Set a limit." in lines
    assert "Read more: <https://docs.example/runtime>" in lines


def test_a_rule_without_parameters_and_resources_has_neither_table_nor_links() -> None:
    text = "\n".join(_lines(_rule(parameters={}, resources=()), {"level": "warn"}))
    assert "| parameter" not in text
    assert "Read more" not in text


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string"}, "text"),
        ({"type": "number"}, "number"),
        ({"type": "string", "format": "regex"}, "regular expression"),
        ({"type": "array"}, "list"),
        ({"type": "array", "items": {"type": "array", "items": {"type": "string"}}}, "list of list of text"),
        ({"type": "object"}, "mapping"),
        ({"type": "object", "additionalProperties": {"type": "boolean"}}, "mapping to true or false"),
        ({"type": "object", "additionalProperties": False}, "mapping"),
        (
            {"type": ["string", "array"], "format": "glob", "items": {"type": "string", "format": "glob"}},
            "glob or list of glob",
        ),
    ],
)
def test_type_of_is_a_type_in_words(schema: dict[str, Any], words: str) -> None:
    assert type_of(schema) == words
