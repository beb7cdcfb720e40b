"""The sweep, which finds a job whose event never arrived, runs beside another sweep, is killed, or its table or lists fail.

Its attempts are sweeps, ten minutes apart.
"""

from __future__ import annotations

from dataclasses import replace

from tests.faults import front
from tests.faults.acts import (
    again,
    at,
    beside,
    hang_opa,
    kill_opa,
    killed_by,
    refuse,
    reopen,
    spoil,
    upon,
)
from tests.faults.aws_faults import DESCRIBE, STOP
from tests.faults.fault import SWEEPS, Act, Fault
from tests.faults.front import ALWAYS
from tests.faults.sink_faults import BUSY, CALLS

_LIST = "ListTrainingJobs"
_THROTTLED = front.fail(400, "ProvisionedThroughputExceededException")
_GONE = front.fail(400, "ResourceNotFoundException")
# The operations for the items of the sweep, the breaker and the notices.
_TABLE = ("GetItem", "PutItem", "UpdateItem", "DeleteItem")


def _table(how: front.Spoil, times: int = ALWAYS) -> tuple[Act, ...]:
    return tuple(spoil(operation, how, times) for operation in _TABLE)


def _sweep(name: str, *acts: Act, **expected: object) -> Fault:
    return Fault("sweep", name, acts, world=SWEEPS, **{"spares": False, **expected})  # type: ignore[arg-type]


SWEEP: tuple[Fault, ...] = (
    _sweep("no event came", attempts=1, outcome="stopped", spares=True),
    _sweep("another sweep begins meanwhile", beside(DESCRIBE), attempts=2),
    _sweep("two sweeps at once, table gone", *_table(_GONE), beside(DESCRIBE)),
    # A killed sweep blocks the next one for at most two minutes.
    _sweep("killed while it lists", killed_by(_LIST), attempts=2),
    _sweep("killed while it describes the job", killed_by(DESCRIBE), attempts=2),
    _sweep("killed between record and stop", killed_by(STOP), attempts=2),
    # The job isn't listed any more: the next sweep knows it by what this one kept before the stop.
    _sweep("killed between stop and notice", killed_by("SendMessage"), attempts=2),
    _sweep(
        "queue and topic down for one sweep",
        spoil("SendMessage", BUSY, CALLS),
        spoil("Publish", BUSY, CALLS),
        attempts=2,
    ),
    _sweep("list throttled once", refuse(_LIST, "ThrottlingException"), attempts=1),
    _sweep("list busy for one sweep", refuse(_LIST, "ThrottlingException", 3), attempts=2, spares=True),
    _sweep(
        "list of another kind denied always", refuse("ListLabelingJobs", "AccessDeniedException", ALWAYS), attempts=3
    ),
    _sweep("list slow once", spoil(_LIST, front.slow(6)), attempts=1),
    _sweep("list's answer not JSON, for one sweep", spoil(_LIST, front.not_json), attempts=2),
    _sweep("list's answer a list, for one sweep", spoil(_LIST, front.respond(b'["blocked"]')), attempts=2),
    # If this lasts, the sweep reports the job by name; here the next sweep evaluates it.
    _sweep("describe busy for one sweep", refuse(DESCRIBE, "ThrottlingException", 3), again(2), attempts=2),
    _sweep("describe denied for one sweep", refuse(DESCRIBE, "AccessDeniedException"), again(2), attempts=2),
    _sweep("tags busy always", refuse("ListTags", "ThrottlingException", ALWAYS), attempts=2, spares=True),
    _sweep("stop denied for one sweep", refuse(STOP, "AccessDeniedException"), attempts=2),
    _sweep("stop denied always", refuse(STOP, "AccessDeniedException", ALWAYS), attempts=3, end="letter"),
    _sweep("table throttled for one sweep", *_table(_THROTTLED), at(2, reopen), attempts=2, spares=True),
    _sweep("table gone", *_table(_GONE), attempts=3),
    _sweep("table can't be written, for one sweep", spoil("PutItem", _THROTTLED, ALWAYS), at(2, reopen), attempts=2),
    _sweep("table slow once", spoil("GetItem", front.slow(6)), attempts=1),
    _sweep("opa killed before it", kill_opa, attempts=1),
    _sweep("opa hangs while it describes", upon(DESCRIBE, hang_opa), attempts=1),
    replace(
        _sweep("opa never ready", attempts=3, end="letter"),
        world=replace(
            SWEEPS, lasting=False, opa="exec sleep 1000", variables=(("GUARD_OPA_START_TIMEOUT_SECONDS", "1"),)
        ),
    ),
    _sweep("bucket of records denied always", spoil("PutObject", front.fail(403, "AccessDenied"), ALWAYS), attempts=3),
)
