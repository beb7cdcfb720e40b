"""The environment runs out of disk, memory, threads, files or time, can't log, is frozen for long, or is killed."""

from __future__ import annotations

from tests.faults import front
from tests.faults.acts import (
    at,
    fill_tmp,
    freeze,
    fresh,
    kill_function,
    kill_opa,
    killed_by,
    lift_limits,
    limit,
    memory_in_use,
    no_environment,
    spoil,
    upon,
)
from tests.faults.aws_faults import DESCRIBE, STOP
from tests.faults.fault import Fault, World

MEGABYTE = 1024 * 1024

HOST: tuple[Fault, ...] = (
    Fault("disk", "/tmp full", (fill_tmp, kill_opa), attempts=1),
    Fault("disk", "/tmp full from the start", world=World(tmp="nr_inodes=1"), attempts=1),
    Fault("disk", "/tmp read-only", world=World(tmp="ro"), attempts=1),
    Fault(
        "disk", "no file can be opened, for one attempt", (at(1, limit("NOFILE", 0)), at(2, lift_limits)), attempts=2
    ),
    Fault(
        "disk",
        "no file can be opened and opa is dead, for one attempt",
        (at(1, kill_opa), at(1, limit("NOFILE", 0)), at(2, lift_limits)),
        attempts=2,
    ),
    Fault("disk", "log can't be written", world=World(log="/dev/full"), attempts=3),
    Fault("memory", "no thread can be started", (limit("NPROC", 0),), sandboxed=True),
    Fault(
        "memory",
        "no memory is left, for one attempt",
        (at(1, limit("AS", memory_in_use(MEGABYTE))), at(2, lift_limits)),
    ),
    Fault("memory", "killed while it describes the job", (killed_by(DESCRIBE),), attempts=2),
    Fault("memory", "killed between record and stop", (killed_by(STOP),), attempts=2),
    Fault("memory", "killed between record and stop, twice", (killed_by(STOP, 2),), attempts=3),
    Fault("memory", "killed while sagemaker stops the job", (upon(STOP, kill_function),), attempts=2),
    Fault("memory", "killed at each stop", (killed_by(STOP, 3),), end="letter", attempts=3, spares=False),
    Fault(
        "event",
        "cut off by the function's timeout",
        (spoil("*", front.slow(5), 2),),
        world=World(timeout=3),
        attempts=2,
        spares=False,
    ),
    Fault("event", "environment frozen for long", (fresh, freeze(5)), attempts=1, spares=False),
    Fault("event", "cold start", (no_environment,), attempts=1),
)
