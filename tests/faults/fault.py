"""A fault as data: what goes wrong, in which world, and how it must end for a denied job."""

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
"""Of a denied job: it is stopped; nothing could stop it, and its event is a dead letter; there was nothing to stop."""
SWEEP = "SweepFunction"
BUCKET, TOPIC = "records", f"arn:aws:sns:{REGION}:{ACCOUNT}:denied"


@dataclass(frozen=True)
class World:
    """Where the function runs: what Lambda and the deployment give to it, in place of what the template says.

    `function` is the template's name of it, and `parameters` are the stack's. The environment of a `lasting` world serves the
    next fault in it, too. `opa` is a shell script in place of OPA's binary, with that at $OPA; `policies` names changed policies
    in place of the bundle;
    `log` is the file that takes what the function prints.
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
        """Whether notices are given."""
        return any(name == "NoticeTags" for name, _ in self.parameters)

    @property
    def records(self) -> bool:
        """Whether records are kept in a bucket."""
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
"""A stack that keeps records in a bucket and gives notices on every channel."""
SWEEPS = World(function=SWEEP, parameters=(*_SINKS, ("SweepCallsPerSecond", "999")), lasting=True)
"""The sweep of that stack."""
REMOTE = World(variables=(("GUARD_OPA_URL", "{opa}"),), lasting=True)
"""A stack whose OPA is elsewhere."""


@dataclass(frozen=True)
class Fault:
    """One row of the campaign; `acts` arrange it just before the event arrives.

    `attempts`, `outcome` and `failures` (types of errors in the records) are expected where they are given. `spares` is whether
    a job that the policies allow is judged with the same fault, and goes on. `told` is whether each notice about a denied job is
    given, where there are any; else it is a dead letter. With `redriven`, the dead letters are sent through the function again.
    A fault that is `sandboxed` takes a sandbox, where the function's user isn't root: no limit of processes counts for that.
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
    told: bool = True
    redriven: bool = False
    sandboxed: bool = False
