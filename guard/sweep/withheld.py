"""Denied jobs whose stop the breaker withholds, and since when, so that it delays a stop but can't prevent it forever."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from guard.limits.permit import Limits, Permit
from guard.record import Outcome, Record
from guard.store import Store
from guard.sweep.first_seen import FirstSeen

ITEM = "sweep#withheld"
_OVER = frozenset({Outcome.STOPPED, Outcome.ALREADY_FINISHED, Outcome.GONE, Outcome.NOT_DENIED, Outcome.AUDITED})


class Withheld(FirstSeen):
    """Wraps the limits of a sweep, which may withhold a job for at most `longest`; never raises by itself.

    Otherwise an owner could keep a valuable job running by having a hundred cheap jobs denied in each window. What the switch
    withholds stays withheld, because a person decided it.
    """

    def __init__(self, limits: Limits, store: Store, longest: timedelta, clock: Callable[[], datetime]) -> None:
        super().__init__(store, ITEM)
        self._limits = limits
        self._longest = longest
        self._clock = clock

    def judged(self, job_arn: str) -> None:
        """Count a job that isn't denied."""
        self._limits.judged(job_arn)

    def update(self, record: Record) -> None:
        """Note the result of a job: the time is reset for a job that has ended or isn't denied any more, and for no other."""
        if record.outcome in _OVER:
            self.clear(record.job_arn or "")

    def permit(self, record: Record) -> Permit:
        """Return the wrapped limits' permit, or one to stop the job if they have withheld it for too long."""
        permit = self._limits.permit(record)
        if permit.withheld_by in {None, "switch"}:
            return permit
        now = self._clock()
        since = self.mark(record.job_arn or "", now)
        if now - since < self._longest:
            return permit
        minutes = int((now - since).total_seconds() // 60)
        return permit.overruled(f"the breaker has withheld the stop for {minutes} minutes already")
