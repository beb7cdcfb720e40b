"""Scopes for accounts that are not among the configured ones."""

from __future__ import annotations

from typing import Any

import pytest

from guard.authoring.account_check import contradicting_accounts, unknown_accounts

MINE = ["111122223333", "444455556666"]


def _config(scope: dict[str, Any], accounts: Any = MINE) -> dict[str, Any]:
    exemptions, overrides = [{"scope": scope}], [{"level": "off"} | scope]
    return {"accounts": accounts, "exemptions": exemptions, "rules": {"region": {"overrides": overrides}}}


@pytest.mark.parametrize(
    ("scope", "unknown"),
    [
        ({"account": "111122223333"}, []),
        ({"account": "1111*"}, []),
        ({"account": "*"}, []),
        ({"account": ["444455556666", "111122223334"]}, [("account", 1)]),
        ({"account": "9*"}, [("account",)]),
        ({"role_arn": "arn:aws:iam::111122223333:role/x"}, []),
        ({"role_arn": ["arn:aws:iam::999922223333:role/x"]}, [("role_arn", 0)]),
        ({"role_arn": ["ARN:AWS:IAM::999922223333:ROLE/X"]}, [("role_arn", 0)]),
        ({"role_arn": "*:999922223333:role/x"}, [("role_arn",)]),
        ({"role_arn": "*999922223333:role/x"}, [("role_arn",)]),
        ({"role_arn": "*:111122223333:role/x"}, []),
        ({"role_arn": "*:999922223333*"}, []),
        ({"role_arn": "*2223333:role/x"}, []),
        ({"role_arn": "*Churn*"}, []),
        ({"region": "eu-*"}, []),
        ({"account": 7}, []),
    ],
    ids=str,
)
def test_a_scope_for_none_of_the_accounts_is_found(scope: dict[str, Any], unknown: list[Any]) -> None:
    expected = [
        (*start, *end) for start in (("rules", "region", "overrides", 0), ("exemptions", 0, "scope")) for end in unknown
    ]
    assert [path for path, _ in unknown_accounts(_config(scope))] == expected


def test_the_nearest_account_is_proposed() -> None:
    texts = [text for _, text in unknown_accounts(_config({"account": "111122223334"}))]
    assert texts == ["111122223334 matches none of your accounts; did you mean 111122223333?"] * 2


def test_without_a_near_account_the_remedies_are_reported() -> None:
    texts = {text for _, text in unknown_accounts(_config({"account": "9*"}))}
    assert texts == {"9* matches none of your accounts; correct it, or add it to accounts"}


def test_accounts_that_are_written_as_numbers_count() -> None:
    assert list(unknown_accounts(_config({"account": "111122223333"}, [111122223333]))) == []


@pytest.mark.parametrize("accounts", [None, [], 7], ids=str)
def test_without_a_list_no_account_is_reported(accounts: Any) -> None:
    assert list(unknown_accounts(_config({"account": "999999999999"}, accounts))) == []


@pytest.mark.parametrize(
    "config",
    [
        {"rules": 7, "exemptions": 7},
        {"rules": {"a": 7}, "exemptions": [7, {"scope": 7}]},
        {"rules": {"a": {"overrides": 7}, "b": {"overrides": [7]}}},
        {"rules": {"a": {"overrides": [{"role_arn": 7}, {"role_arn": "Churn"}]}}},
    ],
    ids=str,
)
def test_malformed_values_are_skipped(config: dict[str, Any]) -> None:
    assert list(unknown_accounts({"accounts": MINE} | config)) == []


ROLE, OTHER = "arn:aws:iam::111122223333:role/x", "arn:aws:iam::444455556666:role/x"


@pytest.mark.parametrize(
    ("scope", "contradicting"),
    [
        ({"account": "111122223333", "role_arn": ROLE}, []),
        ({"account": "111122223333", "role_arn": OTHER}, [("role_arn",)]),
        ({"account": ["111122223333"], "role_arn": [ROLE, OTHER]}, [("role_arn", 1)]),
        ({"account": ["111122223333", "444455556666"], "role_arn": OTHER}, []),
        ({"account": "1111*", "role_arn": OTHER}, [("role_arn",)]),
        ({"account": "4444*", "role_arn": OTHER}, []),
        ({"account": "111122223333", "role_arn": "arn:aws:iam::*:role/x"}, []),
        ({"account": "111122223333", "role_arn": "arn:aws:iam::44445555????:role/x"}, []),
        ({"account": "111122223333", "role_arn": "*:444455556666:role/x"}, [("role_arn",)]),
        ({"account": "111122223333", "role_arn": "*:111122223333:role/x"}, []),
        ({"account": "111122223333", "role_arn": "*Churn*"}, []),
        ({"role_arn": OTHER}, []),
        ({"account": 7, "role_arn": OTHER}, []),
        ({"account": "111122223333", "role_arn": 7}, []),
    ],
    ids=str,
)
def test_a_role_of_another_account_than_the_scopes_is_found(scope: dict[str, Any], contradicting: list[Any]) -> None:
    text = "444455556666 is not the scope's account, so no job matches both; correct one of them"
    starts = (("rules", "region", "overrides", 0), ("exemptions", 0, "scope"))
    expected = [((*start, *end), text) for start in starts for end in contradicting]
    assert list(contradicting_accounts(_config(scope))) == expected
