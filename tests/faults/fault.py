"""A fault as data: what goes wrong, in which world, and how it must end for a denied job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tests.faults.scene import Scene

Act = Callable[["Scene"], None]
Area = Literal["engine", "policy", "aws", "disk", "memory", "event"]
End = Literal["stopped", "letter", "untouched"]
"""Of a denied job: it is stopped; nothing could stop it, and its event is a dead letter; there was nothing to stop."""


@dataclass(frozen=True)
class World:
    """Where the function runs: what Lambda and the deployment give to it, in place of what the template says.

    `opa` is a shell script in place of OPA's binary, with that at $OPA; `policies` names changed policies in place of the bundle;
    `log` is the file that takes what the function prints.
    """

    variables: tuple[tuple[str, str], ...] = ()
    opa: str = ""
    policies: str = ""
    tmp: str = "rw"
    timeout: float | None = None
    log: str = ""


DEFAULT = World()


@dataclass(frozen=True)
class Fault:
    """One row of the campaign; `acts` arrange it just before the event arrives.

    `attempts`, `outcome` and `failures` (types of errors in the records) are expected where they are given. `spares` is whether
    a job that the policies allow is judged with the same fault, and goes on.
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
