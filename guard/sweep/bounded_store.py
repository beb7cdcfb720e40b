"""Limits the time that a sweep loses to a hanging state table: to a few calls of 15 seconds, instead of one per job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from guard.errors import StateError
from guard.store import Store

Result = TypeVar("Result")

MAX_FAILED_TIME = timedelta(seconds=30)


class BoundedStore:
    """The store for one sweep: after failed calls of `MAX_FAILED_TIME` in total, each further call raises StateError immediately.

    The state only saves calls and measures how long something has lasted; without it, jobs are judged as if for the first time.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._failed_time = timedelta(0)

    def read(self, item: str) -> dict[str, str | int]:
        """As Store.read."""
        return self._call(lambda: self._store.read(item))

    def write(self, item: str, values: Mapping[str, str | int], expires: datetime) -> None:
        """As Store.write."""
        self._call(lambda: self._store.write(item, values, expires))

    def claim(self, item: str, owner: str, until: datetime, now: datetime) -> bool:
        """As Store.claim."""
        return self._call(lambda: self._store.claim(item, owner, until, now))

    def release(self, item: str, owner: str) -> None:
        """As Store.release."""
        self._call(lambda: self._store.release(item, owner))

    def _call(self, call: Callable[[], Result]) -> Result:
        if self._failed_time >= MAX_FAILED_TIME:
            raise StateError(
                "the state table isn't used any more in this sweep: failed calls have taken too long",
                seconds=int(self._failed_time.total_seconds()),
            )
        begun = self._clock()
        try:
            return call()
        except StateError:
            self._failed_time += self._clock() - begun
            raise
