"""Overrides that lower a rule's level or silence it are reported where that is suspicious."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from guard.authoring import override_levels
from guard.authoring.concern import Concern
from guard.authoring.everything import is_for_every_job
from guard.authoring.override_levels import lowered_levels
from guard.authoring.rules import Rule

PARAMETERS: dict[str, Any] = {"tags": {"type": "array"}, "strict": {"type": "boolean", "default": False}}
RULE = Rule(
    "a",
    Path("a.rego"),
    1,
    "",
    "",
    "low",
    "",
    (),
    PARAMETERS,
    kinds=("training", "transform"),
    pointless=({"tags": []},),
)
EVERY, SOME = {"account": "*"}, {"account": "111122223333"}
FOR_EVERY = (
    "lowers a to {} for every job, and exemption_policy.never lists the rule; remove the override, or take the rule off "
    "that list"
)
FOR_SOME = (
    "lowers a to {} for these jobs, although exemption_policy.never lists the rule; remove the override unless this is "
    "intended"
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
def test_an_override_that_lowers_the_level_is_reported(level: str, override: Any, never: Any, said: Any) -> None:
    found = list(lowered_levels(_config(level, override, never), [RULE]))
    assert found == ([Concern(("rules", "a", "overrides", 1, "level"), *said)] if said else [])


@pytest.mark.parametrize(
    "config", [{}, {"rules": 7}, {"rules": {"a": {"overrides": []}}, "exemption_policy": 7}], ids=str
)
def test_malformed_values_are_skipped(config: dict[str, Any]) -> None:
    assert list(lowered_levels(config, [RULE])) == []


EMPTY = "leaves a nothing to find with tags: []"
EMPTY_FOR_EVERY, EMPTY_FOR_SOME = (text.replace("lowers a to {}", EMPTY) for text in (FOR_EVERY, FOR_SOME))
NOTHING = f'{EMPTY} for every job; write level: "off" in the section itself'


@pytest.mark.parametrize(
    ("section", "override", "never", "said"),
    [
        ({"level": "deny", "tags": ["x"]}, EVERY | {"tags": []}, ["a"], (EMPTY_FOR_EVERY, "error")),
        ({"level": "off", "tags": ["x"]}, EVERY | {"level": "deny", "tags": []}, ["a"], (EMPTY_FOR_EVERY, "error")),
        ({"level": "deny", "tags": ["x"]}, SOME | {"tags": []}, ["a"], (EMPTY_FOR_SOME, "warning")),
        ({"level": "deny", "tags": ["x"]}, EVERY | {"tags": []}, [], (NOTHING, "warning")),
        ({"level": "deny", "tags": ["x"]}, SOME | {"tags": []}, [], None),
        ({"level": "deny", "tags": ["x"]}, EVERY | {"tags": ["y"]}, ["a"], None),
        ({"level": "deny", "tags": ["x"]}, EVERY | {"strict": True}, ["a"], None),
        ({"level": "deny", "tags": []}, EVERY | {"strict": True}, ["a"], None),
        ({"level": "off", "tags": ["x"]}, EVERY | {"tags": []}, ["a"], None),
    ],
    ids=str,
)
def test_an_override_that_empties_a_rule_counts_as_one_that_is_off(
    section: Any, override: Any, never: Any, said: Any
) -> None:
    config = {"rules": {"a": {**section, "overrides": [override]}}, "exemption_policy": {"never": never}}
    expected = [Concern(("rules", "a", "overrides", 0, "tags"), *said)] if said else []
    assert list(lowered_levels(config, [RULE])) == expected


A, B = "111122223333", "444455556666"
TOGETHER, FOR_ALL = (
    text.replace("for every job", "together with other overrides for every job") for text in (OFF, FOR_EVERY)
)
LOW, HIGH = [f"{digit}*" for digit in range(5)], [f"{digit}*" for digit in range(5, 10)]


@pytest.mark.parametrize(
    ("accounts", "scopes", "told"),
    [
        ([A, B], [{"account": [A, B]}], [0]),
        ([A, B], [{"account": A}, {"account": B}], [0, 1]),
        ([A, B], [{"account": A}], []),
        ([A, B], [{"account": A}, {"account": B, "region": "eu-*"}], []),
        ([A, B], [{"account": A}, {"account": B, "region": "*"}], [0, 1]),
        ([A], [{"role_arn": f"arn:aws:iam::{A}:role/*"}], [0]),
        ([A], [{"role_arn": f"arn:aws:iam::{A}:role/Churn"}], []),
        (None, [{"account": LOW}, {"account": HIGH}], [0, 1]),
        (None, [{"account": LOW}, {"account": HIGH[1:]}], []),
        (None, [{"job_kind": "training"}, {"job_kind": "transform"}, {"account": A}], [0, 1]),
        ([], [{"account": [A, B]}], []),
        (7, [{"account": [A, B]}], []),
    ],
    ids=str,
)
def test_overrides_for_every_job_of_the_configured_accounts_are_reported(
    accounts: Any, scopes: list[Any], told: list[int]
) -> None:
    overrides = [scope | {"level": "off"} for scope in scopes]
    config = {"rules": {"a": {"level": "deny", "overrides": overrides}}} | (
        {"accounts": accounts} if accounts is not None else {}
    )
    text = OFF if len(told) == 1 else TOGETHER
    expected = [Concern(("rules", "a", "overrides", index, "level"), text, "warning") for index in told]
    assert list(lowered_levels(config, [RULE])) == expected


@pytest.mark.parametrize(
    ("never", "overrides", "told"),
    [
        ([], [{"account": A, "level": "warn"}, {"account": B, "level": "off"}], {}),
        ([], [{"account": A, "level": "warn"}, {"account": [A, B], "level": "off"}], {1: (OFF, "warning")}),
        ([], [EVERY | {"level": "warn"}, {"account": B, "level": "off"}], {}),
        ([], [EVERY | {"level": "off"}, {"account": B, "level": "off"}], {0: (OFF, "warning")}),
        (
            ["a"],
            [{"account": A, "level": "warn"}, {"account": B, "level": "off"}],
            {0: (FOR_ALL.format("warn"), "error"), 1: (FOR_ALL.format('"off"'), "error")},
        ),
        (
            ["a"],
            [EVERY | {"level": "warn"}, {"account": B, "level": "off"}],
            {0: (FOR_EVERY.format("warn"), "error"), 1: (FOR_SOME.format('"off"'), "warning")},
        ),
    ],
    ids=str,
)
def test_only_overrides_with_the_same_effect_are_added_up(
    never: list[str], overrides: list[Any], told: dict[int, tuple[str, str]]
) -> None:
    """With one override to warn and one that is off, some jobs still have findings, unlike with a section that is off."""
    config = {
        "accounts": [A, B],
        "rules": {"a": {"level": "deny", "overrides": overrides}},
        "exemption_policy": {"never": never},
    }
    expected = [Concern(("rules", "a", "overrides", index, "level"), *said) for index, said in told.items()]
    assert list(lowered_levels(config, [RULE])) == expected


def test_the_work_is_in_proportion_to_the_overrides(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deployments of large companies have thousands of overrides."""
    looks = 0

    def counted(*given: Any) -> bool:
        nonlocal looks
        looks += 1
        return is_for_every_job(*given)

    monkeypatch.setattr(override_levels, "is_for_every_job", counted)
    roles = [{"role_arn": f"arn:aws:iam::111122223333:role/{number}", "level": "off"} for number in range(200)]
    config = {"rules": {"a": {"level": "deny", "overrides": roles}}, "exemption_policy": {"never": ["a"]}}
    assert len(list(lowered_levels(config, [RULE]))) == 200
    assert looks == 200
