"""Sinks of decisions fail: the notices' channels and queue, and the bucket of records; and dead letters are redriven."""

from __future__ import annotations

from tests.faults import front
from tests.faults.acts import again, killed_by, refuse, spoil
from tests.faults.aws_faults import STOP
from tests.faults.fault import SINKS, Act, Fault
from tests.faults.front import ALWAYS, Spoil
from tests.faults.verdict import CHANNELS

# The number of calls in one attempt.
CALLS = 2
_DENIED = front.fail(403, "AccessDenied")
_THROTTLED = front.fail(400, "ProvisionedThroughputExceededException")
BUSY = front.fail(500, "InternalFailure")


def _notice(name: str, *acts: Act, **expected: object) -> Fault:
    # There are no notices about an allowed job.
    return Fault("notice", name, acts, world=SINKS, **{"spares": False, **expected})  # type: ignore[arg-type]


def _record(name: str, how: Spoil | None = None, times: int = 1, **expected: object) -> Fault:
    acts = (spoil("PutObject", how, times),) if how else ()
    return Fault("record", name, acts, world=SINKS, **{"spares": False, **expected})  # type: ignore[arg-type]


def _redriven(name: str, *acts: Act, **expected: object) -> Fault:
    return Fault("redrive", name, acts, world=SINKS, redriven=True, **{"spares": False, **expected})  # type: ignore[arg-type]


_LETTER = {"notified": False, "attempts": 1}

NOTICES: tuple[Fault, ...] = (
    _notice("all is well", attempts=1, spares=True),
    _notice("event twice", again(2), attempts=2),
    _notice("topic down once", spoil("Publish", BUSY), attempts=1),
    _notice("topic down for one message", spoil("Publish", BUSY, CALLS), attempts=1),
    _notice("topic hangs for one message", spoil("Publish", front.hang(4), CALLS), attempts=1),
    _notice("topic gone", spoil("Publish", front.fail(404, "NotFound"), ALWAYS), **_LETTER),
    _notice("topic denied always", spoil("Publish", _DENIED, ALWAYS), **_LETTER),
    _notice("tags throttled for one message", refuse("AddTags", "ThrottlingException", CALLS), attempts=1),
    _notice("tags denied for one message", refuse("AddTags", "AccessDeniedException"), attempts=1),
    _notice("tags denied always", refuse("AddTags", "AccessDeniedException", ALWAYS), **_LETTER),
    _notice("bus down for one message", spoil("PutEvents", BUSY, CALLS), attempts=1),
    _notice("bus denied always", spoil("PutEvents", front.fail(400, "AccessDeniedException"), ALWAYS), **_LETTER),
    _notice("security hub down for one message", spoil("import", BUSY, CALLS), attempts=1),
    _notice("security hub off", spoil("import", front.fail(401, "InvalidAccessException"), ALWAYS), **_LETTER),
    _notice("security hub denied always", spoil("import", _DENIED, ALWAYS), **_LETTER),
    _notice(
        "every other channel hangs for one message",
        *(spoil(name, front.hang(4), CALLS) for name in CHANNELS if name != "Publish"),
        attempts=1,
    ),
    _notice(
        "every channel reset for one message",
        *(spoil(name, front.reset, CALLS) for name in CHANNELS),
        attempts=1,
    ),
    _notice("queue down always", spoil("SendMessage", BUSY, ALWAYS), attempts=1),
    _notice("queue denied always", spoil("SendMessage", _DENIED, ALWAYS), attempts=1),
    _notice("queue hangs for one attempt", spoil("SendMessage", front.hang(4), CALLS), attempts=1),
    _notice(
        "queue and topic down for one attempt",
        spoil("SendMessage", BUSY, CALLS),
        spoil("Publish", BUSY, CALLS),
        attempts=2,
    ),
    _notice(
        "table throttled always",
        spoil("PutItem", _THROTTLED, ALWAYS),
        attempts=1,
    ),
    _notice(
        "table gone",
        *(spoil(call, front.fail(400, "ResourceNotFoundException"), ALWAYS) for call in ("PutItem", "UpdateItem")),
        attempts=1,
    ),
    _notice("table throttled once the notice is given", spoil("UpdateItem", _THROTTLED, ALWAYS), attempts=1),
    _notice("queue's answer not SQS's", spoil("SendMessage", front.not_json, ALWAYS), attempts=1),
    _notice(
        "every channel's answer not its own for one message",
        *(spoil(name, front.not_json) for name in CHANNELS),
        attempts=1,
    ),
    _notice("table's answer not DynamoDB's", spoil("PutItem", front.not_json, ALWAYS), attempts=1),
    _notice("killed between stop and notice", killed_by("SendMessage"), attempts=2),
    _notice("killed while it gives a notice", killed_by("Publish"), attempts=1),
)

RECORDS: tuple[Fault, ...] = (
    _record("bucket busy once", front.fail(503, "SlowDown"), attempts=1),
    _record("bucket busy for one attempt", front.fail(503, "SlowDown"), 2 * CALLS, attempts=2),
    _record("bucket slow for one record", front.slow(4), CALLS, attempts=2),
    _record("bucket gone", front.fail(404, "NoSuchBucket"), ALWAYS, attempts=3),
    _record("bucket denied always", _DENIED, ALWAYS, attempts=3, spares=True),
    _record("bucket's answer not S3's, for one attempt", front.not_json, 2, attempts=2),
    _record("bucket's answer lost", front.lose_answer, attempts=1),
    _record("bucket out of reach for one attempt", front.reset, 2 * CALLS, attempts=2),
)

REDRIVE: tuple[Fault, ...] = (
    _redriven("stop denied for all attempts, then not", refuse(STOP, "AccessDeniedException", 3), outcome="stopped"),
    _redriven("stop denied always", refuse(STOP, "AccessDeniedException", ALWAYS), end="letter", outcome="stop_failed"),
    _redriven("killed at each attempt, and once more", killed_by(STOP, 4), end="letter"),
    _redriven("dead notice, topic back", spoil("Publish", _DENIED, 6), attempts=1),
    _redriven("dead notice, topic still denied", spoil("Publish", _DENIED, ALWAYS), **_LETTER),
)
