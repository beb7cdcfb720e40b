"""The problems of exemptions beyond their form, found with the same library that rejects exemptions in decisions."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from guard.authoring.exemption_check import exemption_concerns
from guard.authoring.opa import Opa
from guard.authoring.rules import Rule
from tests.support.policies import POLICIES, SHIPPED

TODAY = date(2026, 11, 23)
RULES = [
    Rule(name, POLICIES / "guard/rules" / name / f"{name}.rego", 1, "", "", "low", "", (), {})
    for name in ("denied_image", "max_runtime", "unapproved_registry")
]
ROLE = "arn:aws:iam::111122223333:role/Churn"
EXEMPTION = {
    "id": "EX-1",
    "owner": "churn-team",
    "reason": "until the model is retired",
    "rules": ["max_runtime"],
    "scope": {"role_arn": ROLE},
    "expires": "2027-01-31",
}


@pytest.fixture
def said(opa: Path) -> Any:
    """Return the problems of an exemption: the path below it, severity and text."""

    def concerns(policy: dict[str, Any] | None = None, **changes: Any) -> list[tuple[Any, str, str]]:
        config: dict[str, Any] = {"exemptions": [EXEMPTION | changes]}
        config |= {} if policy is None else {"exemption_policy": policy}
        found = exemption_concerns(Opa(opa, SHIPPED), POLICIES, config, RULES, TODAY)
        return [(each.path[2:], each.severity, each.text) for each in found]

    return concerns


def test_a_valid_exemption_has_no_problem(said: Any) -> None:
    assert said() == []


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (15, None),
        (14, "EX-1 ends in 14 days, on 2026-12-07; tell its owner churn-team, and renew or remove it"),
        (1, "EX-1 ends tomorrow, on 2026-11-24; tell its owner churn-team, and renew or remove it"),
        (0, "EX-1 ends today, on 2026-11-23; tell its owner churn-team, and renew or remove it"),
        (-1, "EX-1 expired on 2026-11-22 and exempts nothing; remove it, or let its owner renew it"),
    ],
    ids=["fifteen", "fourteen", "one", "none", "over"],
)
def test_a_warning_begins_fourteen_days_before_the_end(said: Any, days: int, text: str | None) -> None:
    expected = [(("expires",), "warning", text)] if text else []
    assert said(expires=str(TODAY + timedelta(days=days))) == expected


@pytest.mark.parametrize(
    ("scope", "rules", "severity"),
    [
        ({"job_name": "churn-*"}, ["max_runtime"], "warning"),
        ({"job_name": "churn-*", "job_kind": "training"}, ["max_runtime"], "warning"),
        ({"job_name": "churn-*", "account": "*"}, ["max_runtime"], "warning"),
        ({"job_name": "churn-*", "image": "quay.io/churn:1"}, ["*"], "warning"),
        ({"image": "quay.io/churn:1"}, ["denied_image"], None),
        ({"image": "quay.io/churn:1"}, ["denied_image", "unapproved_registry"], None),
        ({"image": "quay.io/churn:1"}, ["denied_image", "max_runtime"], "warning"),
        ({"job_name": "churn-*", "account": "111122223333"}, ["max_runtime"], None),
        ({"job_name": "churn-*", "role_arn": ROLE}, ["*"], None),
        ({"account": "*"}, ["max_runtime"], "warning"),
        ({"role_arn": "arn:aws:iam::*:role/*", "region": ["eu-west-1", "*"]}, ["max_runtime"], "warning"),
    ],
    ids=str,
)
def test_a_scope_that_limits_nobody_is_reported(said: Any, scope: Any, rules: list[str], severity: str | None) -> None:
    found = said(scope=scope, rules=rules)
    assert [(path, how) for path, how, _ in found] == ([(("scope",), severity)] if severity else [])


@pytest.mark.parametrize(
    ("days", "scope", "expected"),
    [
        (366, {"role_arn": ROLE}, []),
        (367, {"role_arn": ROLE}, [(("expires",), "warning")]),
        (366, {"account": "*"}, [(("scope",), "warning")]),
        (367, {"account": "*"}, [(("scope",), "error")]),
    ],
    ids=str,
)
def test_a_long_exemption_is_a_warning_and_a_long_one_for_every_job_an_error(
    said: Any, days: int, scope: Any, expected: Any
) -> None:
    found = said(expires=str(TODAY + timedelta(days=days)), scope=scope)
    assert [(path, severity) for path, severity, _ in found] == expected


def test_each_violation_of_the_exemption_policy_is_an_error(said: Any) -> None:
    policy = {"longest_days": 30, "ticket_required": True, "never": ["max_runtime"], "wildcards": "none"}
    start = "EX-1 breaks the exemption policy: "
    assert said(policy, starts="2026-11-01", scope={"account": "1111*"}) == [
        ((), "error", f"{start}it has no ticket, which exemption_policy requires"),
        ((), "error", f"{start}it lasts 92 days, from 2026-11-01 to 2027-01-31; at most 30 are allowed"),
        ((), "error", f"{start}max_runtime can't be exempted"),
        ((), "error", f"{start}scope.account has a wildcard: 1111*"),
    ]


@pytest.mark.parametrize(
    ("first", "wildcards", "errors"),
    [
        pytest.param("0123456789", "part", 1, id="each first digit"),
        pytest.param("012345678", "part", 0, id="all but one"),
        pytest.param("0123456789", "any", 0, id="without a limit"),
    ],
)
def test_a_list_that_matches_everything_is_an_error_if_the_policy_forbids_it(
    said: Any, first: str, wildcards: str, errors: int
) -> None:
    found = said({"wildcards": wildcards}, scope={"account": [f"{digit}*" for digit in first]})
    assert [text.partition(": ")[0] for _, severity, text in found if severity == "error"] == [
        "EX-1 breaks the exemption policy"
    ] * errors


def test_an_expired_exemption_that_violates_the_policy_is_only_a_warning(said: Any) -> None:
    found = said({"ticket_required": True}, expires="2026-01-31")
    assert [severity for _, severity, _ in found] == ["warning"]


def test_a_first_day_after_the_last_is_an_error(said: Any) -> None:
    found = said(starts="2027-02-01")
    assert found == [(("starts",), "error", "EX-1 starts after its last day, 2027-01-31; correct one of them")]


@pytest.mark.parametrize("exemptions", [None, 7, [], [7, None], [{"scope": "*"}], [{"scope": {"account": 7}}]], ids=str)
def test_malformed_exemptions_are_skipped(opa: Path, exemptions: Any) -> None:
    assert list(exemption_concerns(Opa(opa, SHIPPED), POLICIES, {"exemptions": exemptions}, RULES, TODAY)) == []
