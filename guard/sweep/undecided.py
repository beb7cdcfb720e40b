"""Jobs that no sweep could decide on, and since when."""

from __future__ import annotations

from datetime import datetime, timedelta

from guard.record import Outcome, Record
from guard.store import Store
from guard.sweep.first_seen import FirstSeen

ITEM = "sweep#undecided"


class Undecided(FirstSeen):
    """Remembers the first of a job's consecutive failures; never raises."""

    def __init__(self, store: Store, after: timedelta) -> None:
        """A job is overdue if it has been undecided for the time `after`."""
        super().__init__(store, ITEM)
        self._after = after

    def update(self, record: Record, now: datetime) -> datetime | None:
        """Note whether the job was decided on; return since when it wasn't if it is overdue, else None.

        A decision based on incomplete data doesn't count, unless it is a denial.
        """
        arn = record.job_arn or ""
        if record.outcome is not Outcome.FAILED or record.decision == "deny":
            self.clear(arn)
            return None
        since = self.mark(arn, now)
        return since if now - since >= self._after else None
