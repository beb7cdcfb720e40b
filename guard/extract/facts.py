"""What an extractor says about a job, and how the facts of several definitions become one view."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from guard.document import Command, Image, Instance, Setting, StorageInput, StorageOutput, Volume, Vpc
from guard.resources import Resource

IMAGES_OWN = Command(entrypoint=None, arguments=None)
_LISTS = (
    "images",
    "instances",
    "inputs",
    "outputs",
    "volumes",
    "hyperparameters",
    "environment",
    "roles",
    "unresolved",
)


@dataclass(frozen=True)
class Facts:
    """The facts of a job or of one of its definitions; null is "unknown" or "no such setting", as in the document.

    `unresolved` are the resources that were asked for and not among the known ones.
    """

    images: tuple[Image, ...] = ()
    instances: tuple[Instance, ...] = ()
    inputs: tuple[StorageInput, ...] = ()
    outputs: tuple[StorageOutput, ...] = ()
    volumes: tuple[Volume, ...] = ()
    hyperparameters: tuple[Setting, ...] = ()
    environment: tuple[Setting, ...] = ()
    roles: tuple[str, ...] = ()
    unresolved: tuple[Resource, ...] = ()
    max_runtime_seconds: int | None = None
    spot: bool | None = None
    keep_alive_seconds: int | None = None
    isolated: bool | None = None
    vpc: Vpc | None = None
    encrypted_traffic: bool | None = None
    remote_debug: bool | None = None
    command: Command = IMAGES_OWN


def join(first: Facts, *others: Facts) -> Facts:
    """Return the first with the lists of the others behind its own: parts that add to a job but don't define it."""
    return replace(first, **_lists((first, *others)))


def merge_weakest(definitions: Sequence[Facts]) -> Facts:
    """Return one view of definitions that each run on their own: all that any of them does, as lax as the laxest."""
    if not definitions:
        return Facts()
    runtimes = [facts.max_runtime_seconds for facts in definitions]
    keep_alive = [facts.keep_alive_seconds for facts in definitions]
    return Facts(
        **_lists(definitions),
        max_runtime_seconds=_longest(runtimes),
        spot=_all(facts.spot for facts in definitions),
        keep_alive_seconds=_longest(keep_alive),
        isolated=_all(facts.isolated for facts in definitions),
        vpc=_common_vpc([facts.vpc for facts in definitions]),
        encrypted_traffic=_all(facts.encrypted_traffic for facts in definitions),
        remote_debug=_any(facts.remote_debug for facts in definitions),
        command=next((facts.command for facts in definitions if facts.command != IMAGES_OWN), IMAGES_OWN),
    )


def _lists(parts: Iterable[Facts]) -> dict[str, Any]:
    every = tuple(parts)
    return {name: tuple(chain.from_iterable(getattr(facts, name) for facts in every)) for name in _LISTS}


def _longest(values: Sequence[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return max(known) if len(known) == len(values) else None


def _all(values: Iterable[bool | None]) -> bool | None:
    seen = set(values)
    return False if False in seen else None if None in seen else True


def _any(values: Iterable[bool | None]) -> bool | None:
    seen = set(values)
    return True if True in seen else None if None in seen else False


def _common_vpc(vpcs: Sequence[Vpc | None]) -> Vpc | None:
    known = [vpc for vpc in vpcs if vpc is not None]
    if len(known) < len(vpcs):
        return None
    return Vpc(
        subnets=tuple(dict.fromkeys(chain.from_iterable(vpc.subnets for vpc in known))),
        security_groups=tuple(dict.fromkeys(chain.from_iterable(vpc.security_groups for vpc in known))),
    )
