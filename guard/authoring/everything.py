"""Whether a scope matches every job, tried on examples: even a list of ten globs may match every account."""

from __future__ import annotations

import fnmatch
import itertools
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any

from guard.aws.regions import known_partitions, known_regions
from guard.jobs import BY_KIND

# Every pair of first and last digit, and each digit repeated: so no glob with a digit in it matches all examples.
_ACCOUNTS = [
    *(f"{first}8031704529{last}" for first, last in itertools.product(range(10), repeat=2)),
    *(str(digit) * 12 for digit in range(10)),
]
# A short and a long name, with unusual beginnings and without a common character.
_NAMES = ["q", "Zephyr-2026-01-02"]


def matches_every_job(fact: str, patterns: object, about: Collection[str] = (), accounts: Collection[str] = ()) -> bool:
    """Return whether a fact's globs match every job; `about` limits it to some job kinds, `accounts` to some accounts.

    >>> matches_every_job("account", ["0*", "1*"]), matches_every_job("region", "*-*-?"), matches_every_job("role_arn", "arn:a*")
    (False, True, True)
    """
    listed = [str(each) for each in (patterns if isinstance(patterns, list) else [patterns])]
    return any(
        all(_matches(fact, example, listed) for example in examples) for examples in _wholes(fact, about, accounts)
    )


def is_for_every_job(scope: Mapping[str, Any], about: Collection[str] = (), accounts: Collection[str] = ()) -> bool:
    """Return whether an override's scope matches every job."""
    facts = scope.keys() & {"account", "region", "role_arn", "job_kind"}
    return bool(facts) and all(matches_every_job(fact, scope[fact], about, accounts) for fact in facts)


def _matches(fact: str, example: str, patterns: Iterable[str]) -> bool:
    # Roles are compared case-insensitively.
    even = str.lower if fact == "role_arn" else str
    return any(fnmatch.fnmatchcase(even(example), even(pattern)) for pattern in patterns)


def _wholes(fact: str, about: Collection[str], accounts: Collection[str]) -> list[list[str]]:
    """Return alternative sets of examples: globs that match all examples of one set match every job of a deployment."""
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
