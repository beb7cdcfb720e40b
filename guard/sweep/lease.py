"""The lease: allows one sweep at a time, and expires soon after a sweep was killed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from guard.errors import StateError
from guard.store import Store

ITEM = "sweep#lease"
HELD = timedelta(minutes=2)
"""How long a killed sweep blocks the next one: less than the shortest interval of the schedule."""
_RENEWED_AFTER = timedelta(seconds=30)


class Lease:
    """Held by one sweep, which renews it while it runs; never raises.

    If the table fails, every sweep holds the lease: two sweeps at once only cost calls, but no sweep would leave denied jobs
    running. For the same reason, a sweep that could not renew the lease in time continues.
    """

    def __init__(self, store: Store, owner: str, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._owner = owner
        self._clock = clock
        self._renewed_at: datetime | None = None
        self.failures: list[StateError] = []

    def claim(self) -> bool:
        """Take the lease; return whether no other sweep holds it."""
        now = self._clock()
        self._renewed_at = now
        try:
            return self._store.claim(ITEM, self._owner, now + HELD, now)
        except StateError as exc:
            self.failures.append(exc)
            return True

    def renew(self) -> None:
        """Extend the lease if it is due for renewal."""
        if self._renewed_at is not None and self._clock() - self._renewed_at >= _RENEWED_AFTER:
            self.claim()

    def release(self) -> None:
        """Release the lease for the next sweep."""
        try:
            self._store.release(ITEM, self._owner)
        except StateError as exc:
            self.failures.append(exc)
