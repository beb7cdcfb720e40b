"""Rules whose parameters leave nothing to find are reported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from guard.authoring.concern import Concern
from guard.authoring.pointless import pointless_rules
from guard.authoring.rules import Rule

PARAMETERS: dict[str, Any] = {"tags": {"type": "array"}, "strict": {"type": "boolean", "default": False}}
POINTLESS = ({"strict": False, "tags": []}, {"tags": ["*"]})
RULE = Rule("own", Path("own.rego"), 1, "", "", "low", "", (), PARAMETERS, pointless=POINTLESS)
END = "the rule, or this part of it, finds nothing; set what to find, or switch the rule off"
EMPTY, ALL = f"with strict: false and tags: [] {END}", f'with tags: ["*"] {END}'
WITHOUT = (
    "with strict: false and tags: [] the rule, or this part of it, finds nothing without an override; set what to find, "
    'or write level: "off" here and another level in the overrides'
)
FILLED = {"account": "1*", "tags": ["a"]}


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"level": "warn", "tags": []}, EMPTY),
        ({"level": "deny", "tags": [], "strict": False}, EMPTY),
        ({"level": "deny", "tags": ["*"], "strict": True}, ALL),
        ({"level": "deny", "tags": [], "strict": True}, None),
        ({"level": "deny", "tags": ["a"]}, None),
        ({"level": "off", "tags": []}, None),
        ({"level": "deny", "tags": [], "overrides": [FILLED]}, WITHOUT),
        ({"level": "off", "tags": [], "overrides": [FILLED | {"level": "deny"}]}, None),
        ({"level": "off", "tags": [], "overrides": [FILLED | {"level": "deny"}, {"level": "warn"}]}, None),
        ({"level": "deny", "tags": [], "overrides": [FILLED | {"level": "off"}]}, EMPTY),
        ({"level": "deny", "tags": [], "overrides": [{"account": "1*", "level": "warn"}]}, EMPTY),
        ({"level": "off", "tags": [], "overrides": [{"account": "1*", "level": "warn"}]}, EMPTY),
        ({"level": "off", "tags": ["a"], "overrides": [{"account": "1*", "level": "warn", "tags": []}]}, EMPTY),
        ({"level": "deny", "tags": ["a"], "overrides": [{"account": "1*", "tags": []}]}, None),
        ({"level": "deny", "tags": [], "overrides": 7}, EMPTY),
        ({"level": "deny", "tags": [], "overrides": [7]}, EMPTY),
        ({"tags": []}, None),
        (7, None),
    ],
    ids=str,
)
def test_a_rule_with_nothing_to_find_is_reported(section: Any, said: str | None) -> None:
    found = list(pointless_rules([RULE], {"rules": {"own": section}}))
    assert found == ([Concern(("rules", "own", "tags"), said, "warning")] if said else [])


@pytest.mark.parametrize("config", [{}, {"rules": 7}, {"rules": {}}], ids=str)
def test_malformed_values_are_skipped(config: dict[str, Any]) -> None:
    assert list(pointless_rules([RULE], config)) == []


GLOBS = {
    f"of_{name}": {"type": "array", "items": {"type": "string", "format": name}}
    for name in ("glob", "glob-of-accounts", "glob-of-regions", "glob-of-roles", "account-glob")
}


@pytest.mark.parametrize(
    ("name", "given", "pointless"),
    [
        ("of_glob-of-regions", ["us-*", "*"], True),
        ("of_glob-of-regions", ["**"], True),
        ("of_glob-of-regions", ["*-*"], True),
        ("of_glob-of-regions", ["us-*", "eu-*"], False),
        ("of_glob-of-roles", ["arn:*"], True),
        ("of_glob-of-roles", ["arn:aws:iam::{account}:role/*"], False),
        ("of_account-glob", ["?*"], True),
        ("of_glob-of-accounts", ["?*"], True),
        ("of_glob-of-accounts", ["{account}"], False),
        ("of_glob", ["a", "**"], True),
        ("of_glob", ["*-*"], False),
        ("of_glob", [], False),
        ("of_glob", "*", False),
    ],
)
def test_globs_that_match_everything_are_as_pointless_as_a_star(name: str, given: Any, pointless: bool) -> None:
    rule = replace(RULE, parameters=GLOBS, pointless=({name: ["*"]},))
    assert bool(list(pointless_rules([rule], {"rules": {"own": {"level": "warn", name: given}}}))) == pointless
