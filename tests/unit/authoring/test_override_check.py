"""Overrides that an earlier one shadows."""

from __future__ import annotations

import fnmatch
import itertools
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.authoring.glob_covers import Candidates, listed
from guard.authoring.override_check import shadowed_overrides, unrelated_overrides

ROLE = "arn:aws:iam::111122223333:role/Churn"


def _shadowed(*overrides: Any) -> list[int]:
    found = shadowed_overrides({"rules": {"max_runtime": {"level": "warn", "overrides": list(overrides)}}})
    return [int(str(path[3])) for path, _ in found]


@pytest.mark.parametrize(
    ("earlier", "later", "shadowed"),
    [
        ({"account": "*"}, {"account": "111122223333"}, True),
        ({"account": "*"}, {"region": "eu-west-1"}, True),
        ({"account": "1*"}, {"account": ["111122223333", "122223333444"]}, True),
        ({"account": "1*"}, {"account": ["111122223333", "222233334444"]}, False),
        ({"account": ["1*", "2*"]}, {"account": ["111122223333", "222233334444"]}, True),
        ({"account": "111122223333"}, {"account": "*"}, False),
        ({"account": "*", "region": "eu-*"}, {"account": "111122223333"}, False),
        ({"account": "*", "region": "eu-*"}, {"account": "111122223333", "region": "eu-west-1"}, True),
        ({"region": "eu-*"}, {"region": "us-*"}, False),
        ({"job_kind": ["training", "t*"]}, {"job_kind": "transform"}, True),
        ({"job_kind": "*"}, {"account": "*"}, True),
        ({"job_kind": "training"}, {"job_kind": "t*"}, False),
        ({"role_arn": "*"}, {"role_arn": ROLE}, True),
        ({"role_arn": "*", "level": "off"}, {"role_arn": ROLE, "level": "deny"}, False),
        ({"role_arn": "*", "level": "deny"}, {"role_arn": ROLE, "level": "off"}, True),
        ({"role_arn": "*", "level": "deny"}, {"role_arn": ROLE, "level": "deny"}, True),
        ({"role_arn": ROLE}, {"account": "*"}, False),
        ({"region": "?*"}, {"account": "*"}, False),
        ({"job_kind": ["training", "training-session", "transform"]}, {"job_kind": "tr*"}, True),
        ({"account": "*", "level": "off"}, {"role_arn": ROLE, "level": "deny"}, True),
        ({"account": "111122223333", "level": "off"}, {"role_arn": ROLE, "level": "deny"}, True),
        ({"account": "1111*"}, {"role_arn": ["arn:aws:iam::11112222*:role/A*", ROLE]}, True),
        ({"account": "111122223333"}, {"role_arn": ["arn:aws:iam::444455556666:role/A*", ROLE]}, False),
        ({"account": "111122223333"}, {"role_arn": "*:role/Admin"}, False),
        ({"account": "111122223333"}, {"role_arn": "arn:aws:iam::*:role/Admin"}, False),
        ({"account": "111122223333"}, {"role_arn": ["*:role/Admin", ROLE]}, False),
        ({"account": "111122223333"}, {"role_arn": []}, False),
    ],
    ids=str,
)  # fmt: skip
def test_a_later_override_for_jobs_of_an_earlier_one_never_applies(earlier: Any, later: Any, shadowed: bool) -> None:
    assert _shadowed({"level": "off"} | earlier, {"level": "warn"} | later) == ([1] if shadowed else [])


def test_each_shadowed_override_names_the_first_that_shadows_it() -> None:
    overrides = [
        {"region": "eu-*", "level": "off"},
        {"account": "*", "level": "off"},
        {"region": "eu-1", "level": "deny"},
    ]
    found = list(shadowed_overrides({"rules": {"region": {"level": "warn", "overrides": overrides}}}))
    text = "never applies: overrides[0] matches each of its jobs first; move it before that, or remove it"
    assert found == [(("rules", "region", "overrides", 2), text)]


REGIONS = {"region": ["eu-west-1", "us-east-1"]}
OTHER = "arn:aws:iam::111122223333:role/Other"
FOREIGN = "arn:aws:iam::444455556666:role/Churn"
SEVERAL = {
    "a region each": ([{"region": "eu-*"}, {"region": "us-*"}], REGIONS, True),
    "in the other order": ([{"region": "us-*"}, {"region": "eu-*"}], REGIONS, True),
    "with another between": ([{"region": "eu-*"}, {"region": "ap-*"}, {"region": "us-*"}], REGIONS, True),
    "one of three": ([{"region": "eu-*"}, {"region": "us-*"}], {"region": ["eu-1", "us-1", "ap-1"]}, False),
    "one of them alone": ([{"region": "eu-*"}], REGIONS, False),
    "a glob wider than both": ([{"region": "eu-*"}, {"region": "us-*"}], {"region": ["eu-1", "*"]}, False),
    "wider in another fact": ([{"region": "eu-*"}, {"region": "us-*"}], REGIONS | {"account": "1*"}, True),
    "the same in another fact": (
        [{"region": "eu-*", "account": "1*"}, {"region": "us-*", "account": "1*"}], REGIONS | {"account": "11"}, True,
    ),
    "narrower in another fact": ([{"region": "eu-*", "account": "11"}, {"region": "us-*"}], REGIONS, False),
    "each of another fact": ([{"region": "eu-*"}, {"account": "1*"}], REGIONS | {"account": ["1", "2"]}, False),
    "an account each": ([{"account": "1*"}, {"account": "4*"}], {"account": ["11", "44"]}, True),
    "a kind each": ([{"job_kind": "training"}, {"job_kind": "processing"}], {"job_kind": ["training", "processing"]}, True),
    "kinds of a glob": (
        [{"job_kind": ["training", "training-session"]}, {"job_kind": "transform"}], {"job_kind": "tr*"}, True,
    ),
    "not all kinds of a glob": ([{"job_kind": "training"}, {"job_kind": "transform"}], {"job_kind": "tr*"}, False),
    # A job with both roles is matched by neither.
    "a role each": ([{"role_arn": ROLE}, {"role_arn": OTHER}], {"role_arn": [ROLE, OTHER]}, False),
    "a role each, to deny": (
        [{"role_arn": ROLE, "level": "deny"}, {"role_arn": OTHER, "level": "deny"}], {"role_arn": [ROLE, OTHER]}, True,
    ),
    "a role each, one to deny": (
        [{"role_arn": ROLE, "level": "deny"}, {"role_arn": OTHER}], {"role_arn": [ROLE, OTHER]}, False,
    ),
    "a role each, the later to deny": (
        [{"role_arn": ROLE}, {"role_arn": OTHER}], {"role_arn": [ROLE, OTHER], "level": "deny"}, False,
    ),
    # A job's roles are of its own account.
    "the account of each role": (
        [{"account": "1111*"}, {"account": "4444*"}], {"role_arn": [ROLE, FOREIGN]}, True,
    ),
    "the account of one role": ([{"account": "1111*"}, {"account": "5555*"}], {"role_arn": [ROLE, FOREIGN]}, False),
}  # fmt: skip


@pytest.mark.parametrize(("earlier", "later", "shadowed"), SEVERAL.values(), ids=SEVERAL)
def test_earlier_overrides_shadow_a_later_one_together(earlier: list[Any], later: Any, shadowed: bool) -> None:
    overrides = [*({"level": "off"} | each for each in earlier), {"level": "warn"} | later]
    assert _shadowed(*overrides)[-1:] == ([len(earlier)] if shadowed else [])


@pytest.mark.parametrize(
    ("regions", "names"),
    [
        (2, "overrides[1] and overrides[2]"),
        (3, "overrides[1], overrides[2] and overrides[3]"),
        (4, "overrides[1], overrides[2], overrides[3] and overrides[4]"),
        (6, "overrides[1], overrides[2], overrides[3] and 3 more"),
    ],
)
def test_overrides_that_shadow_together_are_named(regions: int, names: str) -> None:
    earlier = [{"region": f"r{number}-*", "level": "off"} for number in range(regions)]
    later = {"region": [f"r{number}-1" for number in range(regions)], "level": "deny"}
    overrides = [{"account": "9", "level": "off"}, *earlier, later]
    ((_, text),) = shadowed_overrides({"rules": {"region": {"level": "warn", "overrides": overrides}}})
    assert text == f"never applies: {names} match each of its jobs first; move it before those, or remove it"


@pytest.mark.parametrize(
    "config", [{}, {"rules": 7}, {"rules": {"region": 7}}, {"rules": {"region": {"overrides": 7}}}], ids=str
)
def test_malformed_values_are_skipped(config: dict[str, Any]) -> None:
    assert list(shadowed_overrides(config)) == []


@pytest.mark.parametrize(
    ("override", "unrelated"),
    [
        ({"job_kind": "training"}, True),
        ({"job_kind": ["training", "trans*"], "account": "*"}, True),
        ({"job_kind": ["training", "label*"]}, False),
        ({"job_kind": "*"}, False),
        ({"account": "*"}, False),
        ({"job_kind": "labelling"}, False),
        ({"job_kind": ["labelling", "training"]}, True),
        (7, False),
    ],
    ids=str,
)
def test_an_override_for_kinds_that_the_rule_is_not_about_never_applies(override: Any, unrelated: bool) -> None:
    """An override for an unknown kind isn't reported here, but as an error of its format."""
    config = {"rules": {"labeling_workforce": {"level": "warn", "overrides": [override]}}}
    text = "never applies: the rule is about jobs of these kinds only: automl, labeling; remove it"
    expected = [(("rules", "labeling_workforce", "overrides", 0), text)] if unrelated else []
    assert list(unrelated_overrides(config, {"labeling_workforce": ("labeling", "automl")})) == expected
    assert list(unrelated_overrides(config, {"labeling_workforce": ()})) == []


def test_an_override_that_is_not_a_mapping_shadows_nothing() -> None:
    assert _shadowed(7, {"account": "*", "level": "off"}, "x", {"account": "1*", "level": "off"}) == [3]


@pytest.mark.parametrize(
    "role",
    ["arn:aws:iam::*:role/Team{}-*", "arn:aws:iam::111122223333:role/Team{}", "*Team{}", "*-{}-*Team*"],
)
def test_thousands_of_overrides_take_seconds(role: str) -> None:
    overrides = [{"role_arn": role.format(n), "level": "off"} for n in range(5000)]
    started = time.monotonic()
    assert _shadowed(*overrides, {"role_arn": role.format(4999) + "x", "level": "off", "account": "1*"}) == (
        [5000] if role.endswith("*") else []
    )
    assert time.monotonic() - started < 20


def test_thousands_of_overrides_of_one_role_take_seconds() -> None:
    overrides = [{"role_arn": ROLE, "account": f"{n:012}", "level": "off"} for n in range(5000)]
    started = time.monotonic()
    assert _shadowed(*overrides, overrides[7]) == [5000]
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("together", [True, False], ids=["together", "but for one"])
def test_thousands_of_overrides_that_shadow_one_another_together_take_seconds(together: bool) -> None:
    overrides: list[dict[str, Any]] = [{"region": "eu-*", "account": f"{n:012}", "level": "off"} for n in range(2000)]
    overrides += [{"region": "us-*", "account": f"{n:012}", "level": "off"} for n in range(2000)]
    last = "us-1" if together else "ap-1"
    overrides += [{"region": ["eu-1", "eu-2", last], "account": f"{n:012}", "level": "off"} for n in range(2000)]
    started = time.monotonic()
    assert len(_shadowed(*overrides)) == (2000 if together else 0)
    assert time.monotonic() - started < 20


def test_an_override_of_many_accounts_behind_one_of_each_takes_no_time() -> None:
    accounts = [f"{n:012}" for n in range(2000)]
    started = time.monotonic()
    assert _shadowed(*({"account": each, "level": "off"} for each in accounts), {"account": accounts}) == [2000]
    assert time.monotonic() - started < 5


def test_an_override_of_many_roles_behind_one_of_their_accounts_takes_no_time() -> None:
    accounts = [f"{n:012}" for n in range(1000)]
    roles = [f"arn:aws:iam::{account}:role/x" for account in accounts]
    started = time.monotonic()
    assert _shadowed({"account": accounts, "level": "off"}, {"role_arn": roles, "level": "off"}) == [1]
    assert time.monotonic() - started < 2


SCOPES = st.fixed_dictionaries(
    {},
    optional={
        fact: st.one_of(st.text("ab*?", max_size=4), st.lists(st.text("ab*?", max_size=4), max_size=3))
        for fact in ("account", "region", "role_arn")
    },
)


@given(st.lists(SCOPES, max_size=5), SCOPES)
def test_candidates_include_every_override_that_shadows(earlier: list[Any], later: Any) -> None:
    alone = [number for number, override in enumerate(earlier) if _shadowed(override, later) == [1]]
    assert {*alone} <= {*Candidates(earlier).of(later)}
    assert not alone or _shadowed(*earlier, later)[-1:] == [len(earlier)]


_FACTS = ("account", "region")
_WORDS = [a + b + c for a in ("", "a", "b") for b in ("", "a", "b") for c in ("", "a", "b")]


@given(st.lists(SCOPES, max_size=4), SCOPES)
def test_earlier_overrides_match_every_job_of_a_shadowed_one(earlier: list[Any], later: Any) -> None:
    scopes = [{fact: scope[fact] for fact in _FACTS if fact in scope} for scope in (*earlier, later)]
    if _shadowed(*scopes)[-1:] != [len(earlier)]:
        return
    jobs = [dict(zip(_FACTS, words, strict=True)) for words in itertools.product(_WORDS, repeat=len(_FACTS))]
    assert not [job for job in jobs if _matches(scopes[-1], job) and not any(_matches(one, job) for one in scopes[:-1])]


def _matches(scope: Any, job: dict[str, str]) -> bool:
    return all(any(fnmatch.fnmatchcase(job[fact], each) for each in listed(scope[fact])) for fact in scope)
