"""Denied jobs that the breaker lets go on, and since when: it delays a stop, and can't keep a job from it for ever."""

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
    """The limits of a sweep: other limits, which may withhold a job for so long at most; never raises by itself.

    Whoever has a hundred cheap jobs denied in each window would else have bought all the time of the one that matters. What the
    switch withholds stays withheld: that is a person's word.
    """

    def __init__(self, limits: Limits, store: Store, longest: timedelta, clock: Callable[[], datetime]) -> None:
        super().__init__(store, ITEM)
        self._limits = limits
        self._longest = longest
        self._clock = clock

    def judged(self, job_arn: str) -> None:
        """Count the job that goes on."""
        self._limits.judged(job_arn)

    def update(self, record: Record) -> None:
        """Note what became of a job: one that is over, or not denied any more, begins anew, and no other."""
        if record.outcome in _OVER:
            self.clear(record.job_arn or "")

    def permit(self, record: Record) -> Permit:
        """Return the other limits' answer, or the permit of a job that they have withheld for too long."""
        permit = self._limits.permit(record)
        if permit.withheld_by in {None, "switch"}:
            return permit
        now = self._clock()
        since = self.mark(record.job_arn or "", now)
        if now - since < self._longest:
            return permit
        minutes = int((now - since).total_seconds() // 60)
        return permit.overruled(f"the breaker has withheld the stop for {minutes} minutes already")
