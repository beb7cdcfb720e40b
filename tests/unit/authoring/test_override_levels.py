"""Which overrides are told for the level that they give."""

from __future__ import annotations

from typing import Any

import pytest

from guard.authoring.concern import Concern
from guard.authoring.override_levels import lowered_levels

EVERY, SOME = {"account": "*"}, {"account": "111122223333"}
FOR_EVERY = (
    "lowers a to {} for every job, and exemption_policy.never lists the rule; remove the override, or take the rule off "
    "that list"
)
FOR_SOME = (
    "lowers a to {} for these jobs, though exemption_policy.never lists the rule; remove the override if they should not "
    "escape it"
)
OFF = 'switches the rule off for every job; write level: "off" in the section itself'


def _config(level: str, override: Any, never: Any) -> dict[str, Any]:
    policy = {} if never is None else {"exemption_policy": {"never": never}}
    return policy | {"rules": {"a": {"level": level, "overrides": [7, override]}}}


@pytest.mark.parametrize(
    ("level", "override", "never", "said"),
    [
        ("deny", EVERY | {"level": "off"}, ["b", "a"], (FOR_EVERY.format('"off"'), "error")),
        ("deny", EVERY | {"level": "warn"}, ["a"], (FOR_EVERY.format("warn"), "error")),
        ("warn", EVERY | {"level": "off"}, ["a"], (FOR_EVERY.format('"off"'), "error")),
        ("deny", SOME | {"level": "off"}, ["a"], (FOR_SOME.format('"off"'), "warning")),
        ("deny", SOME | {"level": "warn"}, ["a"], (FOR_SOME.format("warn"), "warning")),
        ("deny", EVERY | {"level": "off"}, ["b"], (OFF, "warning")),
        ("warn", EVERY | {"level": "off"}, None, (OFF, "warning")),
        ("warn", {"job_kind": ["training", "transform"], "level": "off"}, None, (OFF, "warning")),
        ("deny", EVERY | {"level": "warn"}, ["b"], None),
        ("deny", SOME | {"level": "off"}, ["b"], None),
        ("warn", SOME | {"level": "warn"}, ["a"], None),
        ("warn", EVERY | {"level": "deny"}, ["a"], None),
        ("off", SOME | {"level": "deny"}, ["a"], None),
        ("deny", EVERY | {"seconds": 7}, ["a"], None),
        ("deny", EVERY | {"level": "odd"}, ["a"], None),
        ("odd", EVERY | {"level": "off"}, ["a"], None),
        ("deny", {"level": "off"}, [], None),
        ("deny", SOME | {"level": "off"}, 7, None),
    ],
    ids=str,
)
def test_an_override_that_lowers_the_level_is_told(level: str, override: Any, never: Any, said: Any) -> None:
    found = list(lowered_levels(_config(level, override, never), {"a": ("training", "transform")}))
    assert found == ([Concern(("rules", "a", "overrides", 1, "level"), *said)] if said else [])


@pytest.mark.parametrize(
    "config", [{}, {"rules": 7}, {"rules": {"a": {"overrides": []}}, "exemption_policy": 7}], ids=str
)
def test_of_what_is_malformed_nothing_is_said(config: dict[str, Any]) -> None:
    assert list(lowered_levels(config, {})) == []
