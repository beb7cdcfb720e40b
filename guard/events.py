"""EventBridge envelopes to job references, or an explicit reason why an event is not the guard's business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from guard.document import Actor, Source
from guard.jobs import JobKind


@dataclass(frozen=True)
class Scope:
    """The account, region and partition that the guard itself runs in; it acts on no other."""

    account: str
    region: str
    partition: str


@dataclass(frozen=True)
class JobRef:
    """One job to look at, and why."""

    kind: JobKind
    name: str
    arn: str
    source: Source
    actor: Actor | None
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class Ignored:
    """An event that asks for nothing."""

    reason: str
