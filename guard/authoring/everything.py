"""Whether a scope leaves anything out: its globs are tried on examples, as a list of ten globs may be for every account."""

from __future__ import annotations

import fnmatch
import itertools
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any

from guard.aws.regions import known_partitions, known_regions
from guard.jobs import BY_KIND

# Every first digit with every last one; and as no digit is in all of those with one digit only, no glob with a digit matches all.
_ACCOUNTS = [
    *(f"{first}8031704529{last}" for first, last in itertools.product(range(10), repeat=2)),
    *(str(digit) * 12 for digit in range(10)),
]
# A short name and a long one, which have no character in common, and begin as hardly any does.
_NAMES = ["q", "Zephyr-2026-01-02"]


def leaves_none_out(fact: str, patterns: object, about: Collection[str] = (), accounts: Collection[str] = ()) -> bool:
    """Tell whether a fact's glob, or a list of them, matches every job, or every one of a rule's kinds and of these accounts.

    >>> leaves_none_out("account", ["0*", "1*"]), leaves_none_out("region", "*-*-?"), leaves_none_out("role_arn", "arn:a*")
    (False, True, True)
    """
    listed = [str(each) for each in (patterns if isinstance(patterns, list) else [patterns])]
    return any(
        all(_matches(fact, example, listed) for example in examples) for examples in _wholes(fact, about, accounts)
    )


def is_for_every_job(scope: Mapping[str, Any], about: Collection[str] = (), accounts: Collection[str] = ()) -> bool:
    """Tell whether no fact of an override leaves a job out."""
    facts = scope.keys() & {"account", "region", "role_arn", "job_kind"}
    return bool(facts) and all(leaves_none_out(fact, scope[fact], about, accounts) for fact in facts)


def _matches(fact: str, example: str, patterns: Iterable[str]) -> bool:
    # Roles compare without regard to case.
    even = str.lower if fact == "role_arn" else str
    return any(fnmatch.fnmatchcase(even(example), even(pattern)) for pattern in patterns)


def _wholes(fact: str, about: Collection[str], accounts: Collection[str]) -> list[list[str]]:
    """Return what is everything for somebody: examples, of which all must match."""
    return [[*(about or BY_KIND)]] if fact == "job_kind" else _examples(fact, tuple(accounts or _ACCOUNTS))


@cache
def _examples(fact: str, accounts: tuple[str, ...]) -> list[list[str]]:
    if fact == "role_arn":
        # A deployment is in one partition.
        return [_role_arns(partition, accounts) for partition in known_partitions()]
    examples = {"account": [*accounts], "job_name": _NAMES, "region": [*known_regions()]}.get(fact)
    return [examples] if examples else []


def _role_arns(partition: str, accounts: tuple[str, ...]) -> list[str]:
    return [f"arn:{partition}:iam::{account}:role/{name}" for account in accounts for name in _NAMES]
