"""Since when something has been so of a job, from one sweep to the next."""

from __future__ import annotations

import json
from datetime import datetime

from guard.errors import StateError
from guard.store import KEPT, Store, mapping
from guard.times import parse_time

# Some 150 bytes each in an item of 400 KB.
_MOST = 2000


class Since:
    """Remembers the first time in a row; never raises. What can't be read began now."""

    def __init__(self, store: Store, item: str) -> None:
        self._store = store
        self._item = item
        self._met: set[str] = set()
        self.failures: list[StateError] = []
        self._unread = False
        try:
            self._since: dict[str, str] = mapping(store.read(item).get("jobs"))
        except StateError as exc:
            self._since, self._unread = {}, True
            self.failures.append(exc)
        self._before = dict(self._since)

    def saw(self, arn: str) -> None:
        """Note that the job still runs: what is remembered of it stays."""
        self._met.add(arn)

    def mark(self, arn: str, now: datetime) -> datetime:
        """Note that it is so of this job, and return since when it has been."""
        self.saw(arn)
        return parse_time(self._since.setdefault(arn, now.isoformat())) or now

    def clear(self, arn: str) -> None:
        """Note that it isn't so."""
        self._since.pop(arn, None)

    def save(self, now: datetime, *, complete: bool) -> None:
        """Write what is to be kept; after a complete sweep, without the jobs that it did not meet any more."""
        if complete:
            self._since = {arn: since for arn, since in self._since.items() if arn in self._met}
        if self._unread or not (self._since or self._before):
            return
        # Of too many, those that no sweep has met any more go first, as jobs that ended where no sweep comes to its end.
        oldest = sorted(self._since.items(), key=lambda item: (item[0] not in self._met, item[1]))[:_MOST]
        try:
            self._store.write(self._item, {"jobs": json.dumps(dict(oldest))}, now + KEPT)
        except StateError as exc:
            self.failures.append(exc)
        else:
            self._before = dict(self._since)
