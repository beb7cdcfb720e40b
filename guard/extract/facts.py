"""The facts that an extractor returns about a job, and how the facts of several definitions are merged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from itertools import chain
from typing import Any

from guard.document import (
    Command,
    CompilationTarget,
    Deployment,
    Experiment,
    FoundationModel,
    Image,
    Instance,
    Labeling,
    Mlflow,
    ModelResource,
    Part,
    Setting,
    StorageInput,
    StorageOutput,
    Volume,
    Vpc,
)
from guard.resources import Resource

NO_OVERRIDE = Command(entrypoint=None, arguments=None)


@dataclass(frozen=True)
class Merge:
    """How the values of one field are merged: `join` for the parts of a job, `weakest` for its definitions."""

    join: Callable[[Sequence[Any]], Any]
    weakest: Callable[[Sequence[Any]], Any]


def _concatenated(values: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
    return tuple(chain.from_iterable(values))


def _first(values: Sequence[Any]) -> Any:
    return values[0]


def _longest(values: Sequence[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return max(known) if len(known) == len(values) else None


def _most(values: Sequence[int | None]) -> int | None:
    return max((value for value in values if value is not None), default=None)


def _first_known(values: Sequence[Any]) -> Any:
    return next((value for value in values if value is not None), None)


def _all(values: Sequence[bool | None]) -> bool | None:
    return False if False in values else None if None in values else True


def _any(values: Sequence[bool | None]) -> bool | None:
    return True if True in values else None if None in values else False


def _common(values: Sequence[frozenset[Any]]) -> frozenset[Any]:
    return frozenset.intersection(*values)


def common_vpc(vpcs: Sequence[Vpc | None]) -> Vpc | None:
    """Return one VPC with the subnets and security groups of all; None if any of them is None."""
    known = [vpc for vpc in vpcs if vpc is not None]
    if len(known) < len(vpcs):
        return None
    if all(vpc == known[0] for vpc in known):
        return known[0]
    return Vpc(
        subnets=tuple(dict.fromkeys(chain.from_iterable(vpc.subnets for vpc in known))),
        security_groups=tuple(dict.fromkeys(chain.from_iterable(vpc.security_groups for vpc in known))),
    )


def _first_override(commands: Sequence[Command]) -> Command:
    return next((command for command in commands if command != NO_OVERRIDE), NO_OVERRIDE)


# How a field merges, as its metadata: the values of all parts and definitions together, or a single value, which is that of the
# first part, or the least restrictive of several definitions.
_LISTED = {"merge": Merge(_concatenated, _concatenated)}
_TOTAL = {"merge": Merge(sum, sum)}
_LONGEST = {"merge": Merge(_first, _longest)}
_MOST = {"merge": Merge(_first, _most)}
_KNOWN = {"merge": Merge(_first, _first_known)}
_ALL = {"merge": Merge(_first, _all)}
_ANY = {"merge": Merge(_first, _any)}
_COMMON = {"merge": Merge(_first, _common)}
_COMMON_VPC = {"merge": Merge(_first, common_vpc)}
_OVERRIDE = {"merge": Merge(_first, _first_override)}


@dataclass(frozen=True)
class Facts:
    """The facts of a job or of one of its definitions; None means "unknown" or "no such setting", as in the document.

    guard.normalize copies the fields that the document, or its compute, network or storage, has under the same name.
    `unresolved` are the resources that the job names and that haven't been described yet. `lacks` are parts that other jobs of
    the kind can have, but this variant can't. `unshown_settings` and `unshown_entries` count the settings and list entries that
    an extractor left out.
    """

    images: tuple[Image, ...] = field(default=(), metadata=_LISTED)
    instances: tuple[Instance, ...] = field(default=(), metadata=_LISTED)
    inputs: tuple[StorageInput, ...] = field(default=(), metadata=_LISTED)
    outputs: tuple[StorageOutput, ...] = field(default=(), metadata=_LISTED)
    volumes: tuple[Volume, ...] = field(default=(), metadata=_LISTED)
    hyperparameters: tuple[Setting, ...] = field(default=(), metadata=_LISTED)
    environment: tuple[Setting, ...] = field(default=(), metadata=_LISTED)
    unshown_settings: int = field(default=0, metadata=_TOTAL)
    unshown_entries: int = field(default=0, metadata=_TOTAL)
    roles: tuple[str, ...] = field(default=(), metadata=_LISTED)
    unresolved: tuple[Resource, ...] = field(default=(), metadata=_LISTED)
    max_runtime_seconds: int | None = field(default=None, metadata=_LONGEST)
    spot: bool | None = field(default=None, metadata=_ALL)
    keep_alive_seconds: int | None = field(default=None, metadata=_LONGEST)
    max_retries: int | None = field(default=None, metadata=_MOST)
    max_wait_seconds: int | None = field(default=None, metadata=_LONGEST)
    max_pending_seconds: int | None = field(default=None, metadata=_LONGEST)
    max_jobs: int | None = field(default=None, metadata=_LONGEST)
    max_parallel_jobs: int | None = field(default=None, metadata=_LONGEST)
    max_job_runtime_seconds: int | None = field(default=None, metadata=_LONGEST)
    max_total_runtime_seconds: int | None = field(default=None, metadata=_LONGEST)
    training_plans: tuple[str, ...] = field(default=(), metadata=_LISTED)
    isolated: bool | None = field(default=None, metadata=_ALL)
    vpc: Vpc | None = field(default=None, metadata=_COMMON_VPC)
    encrypted_traffic: bool | None = field(default=None, metadata=_ALL)
    remote_debug: bool | None = field(default=None, metadata=_ANY)
    command: Command = field(default=NO_OVERRIDE, metadata=_OVERRIDE)
    base_model: FoundationModel | None = field(default=None, metadata=_KNOWN)
    models: tuple[ModelResource, ...] = field(default=(), metadata=_LISTED)
    labeling: Labeling | None = field(default=None, metadata=_KNOWN)
    deployment: Deployment | None = field(default=None, metadata=_KNOWN)
    endpoints: tuple[str, ...] = field(default=(), metadata=_LISTED)
    package_group: str | None = field(default=None, metadata=_KNOWN)
    warm_start_jobs: tuple[str, ...] = field(default=(), metadata=_LISTED)
    compilation: CompilationTarget | None = field(default=None, metadata=_KNOWN)
    experiment: Experiment | None = field(default=None, metadata=_KNOWN)
    mlflow: Mlflow | None = field(default=None, metadata=_KNOWN)
    lacks: frozenset[Part] = field(default=frozenset(), metadata=_COMMON)


def merges(facts: type) -> dict[str, Merge]:
    """Return how each field of a facts class merges. Raises TypeError for a field that doesn't declare it."""
    undeclared = [one.name for one in fields(facts) if not isinstance(one.metadata.get("merge"), Merge)]
    if undeclared:
        raise TypeError(f"{facts.__name__}: declare how {', '.join(undeclared)} merges in its field's metadata")
    return {one.name: one.metadata["merge"] for one in fields(facts)}


_MERGES = merges(Facts)


def join(first: Facts, *others: Facts) -> Facts:
    """Return the first with the lists of the others appended to its own; the others add to a job, but don't define it."""
    parts = (first, *others)
    return Facts(**{name: merge.join([getattr(part, name) for part in parts]) for name, merge in _MERGES.items()})


def merge_weakest(definitions: Sequence[Facts]) -> Facts:
    """Return one view of definitions that run independently: all their lists, and the least restrictive value of each setting."""
    if not definitions:
        return Facts()
    values = {name: [getattr(facts, name) for facts in definitions] for name in _MERGES}
    return Facts(**{name: merge.weakest(values[name]) for name, merge in _MERGES.items()})
