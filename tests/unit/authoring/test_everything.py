"""Which scopes match every job."""

from __future__ import annotations

from typing import Any

import pytest

from guard.authoring.everything import is_for_every_job, matches_every_job
from guard.jobs import BY_KIND

DIGITS = [f"{digit}*" for digit in range(10)]


@pytest.mark.parametrize(
    ("fact", "patterns"),
    [
        ("account", "*"),
        ("account", "????????????"),
        ("account", DIGITS),
        ("account", [f"*{digit}" for digit in range(10)]),
        ("region", "*"),
        ("region", "*-*-?"),
        ("region", ["*-1", "*-2", "*-3", "*-4", "*-5", "*-6", "*-7"]),
        ("role_arn", "a*"),
        ("role_arn", "arn:a*"),
        ("role_arn", "ARN:AWS:*"),
        ("role_arn", "*:role/*"),
        ("role_arn", "arn:aws-cn:iam::*:role/?*"),
        ("role_arn", [f"arn:aws:iam::{digit}:role/*" for digit in DIGITS]),
        ("job_kind", "*"),
        ("job_kind", [*BY_KIND]),
        ("job_name", ["?*"]),
    ],
    ids=str,
)
def test_globs_that_match_every_example_match_every_job(fact: str, patterns: Any) -> None:
    assert matches_every_job(fact, patterns)


@pytest.mark.parametrize(
    ("fact", "patterns"),
    [
        ("account", DIGITS[1:]),
        ("account", DIGITS[:-1]),
        ("account", ["111122223333", "444455556666"]),
        *(("account", f"*{digit}*") for digit in range(10)),
        ("account", "*17*"),
        ("account", "?*1704*?"),
        ("account", ["*1704*", "*8031704529*"]),
        ("role_arn", "arn:aws:iam::*17*:role/*"),
        ("region", "eu-*"),
        ("region", "*-1"),
        ("region", "*-2"),
        ("region", "*-west-*"),
        ("region", ["us-*", "eu-*", "ap-*"]),
        ("role_arn", "arn:aws:iam::1*"),
        ("role_arn", "*role/*-*"),
        ("role_arn", "*:role/service-role/*"),
        ("role_arn", "*Admin*"),
        ("role_arn", "*:role/A*"),
        ("job_kind", [*BY_KIND][1:]),
        ("job_name", "*-*"),
        ("job_name", "??*"),
        ("job_name", "?"),
        ("role_arn", "*:role/??*"),
        ("role_arn", "*:role/?"),
        ("job_name", "churn-*"),
        ("image", "*"),
        ("account", 7),
        ("account", []),
    ],
    ids=str,
)
def test_globs_that_miss_an_example_do_not_match_every_job(fact: str, patterns: Any) -> None:
    assert not matches_every_job(fact, patterns)


@pytest.mark.parametrize(
    ("scope", "about", "everything"),
    [
        ({"account": "*", "level": "off"}, (), True),
        ({"account": "*", "region": "*-?"}, (), True),
        ({"account": "*", "region": "eu-*"}, (), False),
        ({"job_kind": ["training", "transform"]}, (), False),
        ({"job_kind": ["training", "transform"]}, ("training", "transform"), True),
        ({"job_kind": "training"}, ("training", "transform"), False),
        ({"account": "*", "role_arn": "*Churn*"}, (), False),
        ({"level": "off"}, (), False),
    ],
    ids=str,
)
def test_an_override_is_for_every_job_if_each_of_its_facts_is(scope: Any, about: Any, everything: bool) -> None:
    assert is_for_every_job(scope, about) == everything


@pytest.mark.parametrize(
    ("fact", "patterns", "everything"),
    [
        ("account", ["111122223333", "4*"], True),
        ("account", "111122223333", False),
        ("role_arn", ["arn:aws:iam::1*:role/*", "arn:aws:iam::444455556666:*"], True),
        ("role_arn", "arn:aws:iam::1*:role/*", False),
        ("region", "eu-*", False),
    ],
    ids=str,
)
def test_only_the_configured_accounts_count(fact: str, patterns: Any, everything: bool) -> None:
    assert matches_every_job(fact, patterns, (), ["111122223333", "444455556666"]) == everything
