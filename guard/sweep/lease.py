"""The lease: one sweep at a time, and none kept waiting for long by one that was killed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from guard.errors import StateError
from guard.store import Store

ITEM = "sweep#lease"
HELD = timedelta(minutes=2)
"""How long a killed sweep keeps the next one away: less than the shortest interval of the schedule."""
_RENEWED_AFTER = timedelta(seconds=30)


class Lease:
    """Held by one sweep, which renews it while it works; never raises.

    Without the table every sweep has it: two at once cost calls, none at all would cost what a sweep is for. So does a sweep that
    could not renew it in time: it goes on.
    """

    def __init__(self, store: Store, owner: str, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._owner = owner
        self._clock = clock
        self._renewed_at: datetime | None = None
        self.failures: list[StateError] = []

    def claim(self) -> bool:
        """Return whether no other sweep has it."""
        now = self._clock()
        self._renewed_at = now
        try:
            return self._store.claim(ITEM, self._owner, now + HELD, now)
        except StateError as exc:
            self.failures.append(exc)
            return True

    def renew(self) -> None:
        """Hold it longer, when it is time for that."""
        if self._renewed_at is not None and self._clock() - self._renewed_at >= _RENEWED_AFTER:
            self.claim()

    def release(self) -> None:
        """Give it to the next sweep."""
        try:
            self._store.release(ITEM, self._owner)
        except StateError as exc:
            self.failures.append(exc)
