"""Events that are malformed, huge, hostile, late, repeated, or from another account, region or service."""

from __future__ import annotations

from tests.faults.acts import again, becomes, change, change_detail, instead, older, refuse
from tests.faults.aws_faults import DESCRIBE
from tests.faults.fault import Fault
from tests.faults.front import ALWAYS

_LETTER = {"end": "letter", "attempts": 3}
_DEEP: list[object] = []
for _ in range(900):
    _DEEP = [_DEEP]

EVENT: tuple[Fault, ...] = (
    Fault("event", "null", (instead(None),), **_LETTER),
    Fault("event", "a list", (instead([1, 2]),), **_LETTER),
    Fault("event", "a text", (instead("event"),), **_LETTER),
    Fault("event", "an empty object", (instead({}),), **_LETTER),
    Fault("event", "no detail", (change(detail=None),), **_LETTER),
    Fault("event", "detail a list", (change(detail=[]),), **_LETTER),
    Fault("event", "no time", (change(time=None),), **_LETTER),
    Fault("event", "no id", (change(id=None),), **_LETTER),
    Fault("event", "of another account", (change(account="999999999999"),), **_LETTER),
    Fault("event", "of another region", (change(region="us-east-1"),), **_LETTER),
    Fault("event", "of another service", (change(source="aws.ec2"),), end="untouched", attempts=1, outcome="ignored"),
    Fault(
        "event",
        "of an ended job",
        (change_detail(TrainingJobStatus="Completed"),),
        end="untouched",
        attempts=1,
        outcome="ignored",
    ),
    Fault("event", "with an unknown status", (change_detail(TrainingJobStatus="Hibernating"),), attempts=1),
    Fault(
        "event",
        "with another image than the job's",
        (change_detail(AlgorithmSpecification={"TrainingImage": "x/y:1"}),),
        attempts=1,
    ),
    Fault("event", "twice", (again(2),), attempts=2, outcome="already_finished"),
    Fault("event", "five times", (again(5),), attempts=5, outcome="already_finished"),
    Fault("event", "an hour late", (older(minutes=60),), attempts=1),
    Fault(
        "event",
        "late, of a job that has ended",
        (older(minutes=60), becomes("Completed")),
        end="untouched",
        attempts=1,
        outcome="already_finished",
    ),
    Fault("event", "hostile texts", job="hostile", attempts=1),
    Fault(
        "event", "hostile texts, describe denied", (refuse(DESCRIBE, "AccessDeniedException", ALWAYS),), job="hostile"
    ),
    # A job with more settings than a document can hold is denied.
    Fault("event", "a megabyte", job="large", attempts=1, spares=False),
    Fault("event", "900 levels deep", (change_detail(Extra=_DEEP),), attempts=1),
)
