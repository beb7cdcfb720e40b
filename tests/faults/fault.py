"""A fault as data: its acts, its world, and how a denied job must end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from tests.support.jobs import ACCOUNT, REGION

if TYPE_CHECKING:
    from tests.faults.scene import Scene

Act = Callable[["Scene"], None]
Area = Literal[
    "engine", "policy", "aws", "disk", "memory", "event", "sweep", "notice", "record", "redrive", "remote opa"
]
End = Literal["stopped", "letter", "untouched"]
"""The end of a denied job: it is stopped; it can't be stopped and its event is a dead letter; there is nothing to stop."""
SWEEP = "SweepFunction"
BUCKET, TOPIC = "records", f"arn:aws:sns:{REGION}:{ACCOUNT}:denied"


@dataclass(frozen=True)
class World:
    """The function's surroundings, as far as they differ from the template's.

    `function` is the logical id in the template, and `parameters` are the stack's. The environment of a `lasting` world is used
    again for the next fault in this world. `opa` is a shell script that replaces OPA's binary, whose path is in $OPA; `policies`
    names changed policies that replace the bundle; `log` is the file for the function's output.
    """

    variables: tuple[tuple[str, str], ...] = ()
    opa: str = ""
    policies: str = ""
    tmp: str = "rw"
    timeout: float | None = None
    log: str = ""
    function: str = "Function"
    parameters: tuple[tuple[str, str], ...] = ()
    lasting: bool = False

    @property
    def notices(self) -> bool:
        """Whether notices are sent."""
        return any(name == "NoticeTags" for name, _ in self.parameters)

    @property
    def records(self) -> bool:
        """Whether records are stored in a bucket."""
        return any(name == "RecordBucket" for name, _ in self.parameters)


DEFAULT = World(lasting=True)
_SINKS = (
    ("RecordBucket", BUCKET),
    ("NoticeTags", "enabled"),
    ("NoticeTopicArn", TOPIC),
    ("NoticeBus", "default"),
    ("SecurityHub", "enabled"),
)
SINKS = World(parameters=_SINKS, lasting=True)
"""A stack that stores records in a bucket and sends notices on every channel."""
SWEEPS = World(function=SWEEP, parameters=(*_SINKS, ("SweepCallsPerSecond", "999")), lasting=True)
"""The sweep of that stack."""
REMOTE = World(variables=(("GUARD_OPA_URL", "{opa}"),), lasting=True)
"""A stack with a remote OPA."""


@dataclass(frozen=True)
class Fault:
    """One row of the campaign; `acts` arrange it just before the event arrives.

    `attempts`, `outcome` and `failures` (types of errors in the records) are compared if they are given. `spares` is whether the
    fault is also played with a job that the policies allow, which must keep running. `notified` is whether each notice about a
    denied job is delivered, if there are notices; otherwise it is a dead letter. With `redriven`, the dead letters are sent
    through the function again. A `sandboxed` fault needs a sandbox, where the function's user isn't root: limits of processes
    don't apply to root.
    """

    area: Area
    id: str
    acts: tuple[Act, ...] = ()
    world: World = DEFAULT
    job: str = "training"
    end: End = "stopped"
    attempts: int | None = None
    outcome: str | None = None
    failures: frozenset[str] = field(default_factory=frozenset)
    spares: bool = True
    notified: bool = True
    redriven: bool = False
    sandboxed: bool = False
