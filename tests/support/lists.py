"""Fake List operations of SageMaker: slow, failing, or with many pages."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from botocore import xform_name
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from guard.jobs import JOB_KINDS, JobKind
from guard.jobs import TRAINING as TRAINING_JOBS
from guard.refs import job_arn
from guard.sweep.position import Position, Walk
from guard.sweep.run import MARGIN_SECONDS
from tests.support.jobs import HOME
from tests.support.sweeps import PLENTY, Clock

STREAMS = sum(len(kind.listing.statuses) * len(kind.listing.each) for kind in JOB_KINDS)
TRAINING = "training/InProgress"
RUNNING = "training-session/Running"
OPERATIONS = {xform_name(kind.listing.operation): kind.listing.operation for kind in JOB_KINDS}
BEGUN = datetime(2026, 11, 1, tzinfo=UTC)
PAGE = 100
# Three attempts of five seconds with the pauses between them.
HANGS = timedelta(seconds=16)
NO_CONNECTION = (EndpointConnectionError(endpoint_url="sagemaker"), ReadTimeoutError(endpoint_url="sagemaker"))

Fault = Callable[[int], Exception | None]


class Lists:
    """SageMaker's List operations, each of which takes `seconds`. There are only training jobs, one created per second.

    `jobs` of them are running; `ended` jobs were created before those.
    """

    def __init__(
        self, clock: Clock, seconds: float = 0, jobs: int = 0, fault: Fault = lambda _: None, ended: int = 0
    ) -> None:
        self.clock = clock
        self.seconds = seconds
        self.jobs = jobs
        self.fault = fault
        self.ended = ended
        self.calls = 0

    def __getattr__(self, method: str) -> Callable[..., Mapping[str, Any]]:
        def call(**parameters: Any) -> Mapping[str, Any]:
            self.calls += 1
            self.clock.now += timedelta(seconds=self.seconds)
            if fault := self.fault(self.calls):
                raise fault
            return self._asked(OPERATIONS[method], parameters)

        return call

    def _asked(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        if operation != "ListTrainingJobs":
            return {}
        listed = page(TRAINING_JOBS, seconds(self.ended + self.jobs), parameters, BEGUN + timedelta(seconds=self.ended))
        # As documented for this operation: a page of jobs in any status is selected first, and then filtered.
        asked = parameters.get("StatusEquals")
        field, status = TRAINING_JOBS.listing.field, TRAINING_JOBS.status_field
        return {**listed, field: [one for one in listed[field] if asked in {None, one[status]}]}


@cache
def seconds(number: int, begun: datetime = BEGUN) -> tuple[datetime, ...]:
    """Return this number of times, one per second."""
    return tuple(begun + timedelta(seconds=number) for number in range(number))


def page(
    kind: JobKind, created: Sequence[datetime], parameters: Mapping[str, Any], running: datetime = BEGUN
) -> Mapping[str, Any]:
    """Return the requested page of jobs with these creation times, in this order; jobs created since `running` are running.

    If the request filters by time, `created` must be ascending: it is searched by bisection, since there are up to 50,000 jobs.
    """
    after, before = (parameters.get(f"CreationTime{side}") for side in ("After", "Before"))
    begin, end = bisect_left(created, after) if after else 0, bisect_right(created, before) if before else None
    listed = created[begin:end]
    first = int(parameters.get("NextToken", 0))
    keys = tuple(parameters[key] for key in kind.key_fields)
    names = {f"job-{time:%d-%H-%M-%S}": time for time in listed[first : first + PAGE]}
    summaries = [
        {
            kind.name_field: name,
            kind.arn_field: job_arn(name, kind, HOME, keys),
            kind.status_field: parameters.get("StatusEquals", "InProgress") if time >= running else "Completed",
            "CreationTime": time,
        }
        for name, time in names.items()
    ]
    more = {"NextToken": str(first + PAGE)} if first + PAGE < len(listed) else {}
    return {kind.listing.field: summaries, **more}


def at(*calls: int, fault: Exception = NO_CONNECTION[0]) -> Fault:
    """Return a fault of these calls, counted from one."""
    return lambda call: fault if call in calls else None


def always(fault: Exception) -> Fault:
    return lambda _: fault


def walk(lists: Lists, position: Position | None = None, seconds: float = PLENTY) -> Walk:
    end = lists.clock.now + timedelta(seconds=seconds - MARGIN_SECONDS)
    return Walk(lists, HOME, position or Position(), lambda: lists.clock.now < end, lists.clock)
