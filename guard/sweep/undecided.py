"""Jobs that no sweep could judge, and since when."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from guard.errors import StateError
from guard.record import Outcome, Record
from guard.sweep.memory import KEPT, Store, mapping
from guard.times import parse_time

ITEM = "sweep#undecided"
# Some 150 bytes each in an item of 400 KB.
_MOST = 2000


class Undecided:
    """Remembers the first of a job's failures in a row; never raises."""

    def __init__(self, store: Store, after: timedelta) -> None:
        """A job is overdue `after` this time."""
        self._store = store
        self._after = after
        self._met: set[str] = set()
        self.failures: list[StateError] = []
        self._unread = False
        try:
            self._since: dict[str, str] = mapping(store.read(ITEM).get("jobs"))
        except StateError as exc:
            self._since, self._unread = {}, True
            self.failures.append(exc)
        self._before = dict(self._since)

    def note(self, record: Record, now: datetime) -> datetime | None:
        """Note whether the job was judged; return since when it wasn't, for a job that is overdue.

        A decision on less than the whole job is none, unless it is a denial.
        """
        arn = record.job_arn or ""
        if record.outcome is not Outcome.FAILED or record.decision == "deny":
            self._since.pop(arn, None)
            return None
        self._met.add(arn)
        since = parse_time(self._since.setdefault(arn, now.isoformat())) or now
        return since if now - since >= self._after else None

    def save(self, now: datetime, *, complete: bool) -> None:
        """Write what changed; after a complete sweep, without the jobs that it did not meet any more."""
        if complete:
            self._since = {arn: since for arn, since in self._since.items() if arn in self._met}
        if self._since == self._before or self._unread:
            return
        oldest = sorted(self._since.items(), key=lambda item: item[1])[:_MOST]
        try:
            self._store.write(ITEM, {"jobs": json.dumps(dict(oldest))}, now + KEPT)
        except StateError as exc:
            self.failures.append(exc)
