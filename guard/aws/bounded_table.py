"""The state table for whoever asks it often: a table that hangs takes half a minute, and not that of each call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from guard.aws.table import StateTable, Values
from guard.errors import StateError
from guard.times import utc_now

Result = TypeVar("Result")

LOST = timedelta(seconds=30)
REST = timedelta(minutes=5)


class BoundedTable:
    """Asks the table, until failed calls have taken `LOST` in all; then each call raises StateError at once, for `REST`."""

    def __init__(self, table: StateTable, clock: Callable[[], datetime] = utc_now) -> None:
        self._table = table
        self._clock = clock
        self._lost = timedelta(0)
        self._failed_at: datetime | None = None

    def read(self, item: str) -> Values:
        """As StateTable.read."""
        return self._asked(lambda: self._table.read(item))

    def write(self, item: str, values: Mapping[str, str | int], expires: datetime) -> None:
        """As StateTable.write."""
        self._asked(lambda: self._table.write(item, values, expires))

    def claim(self, item: str, owner: str, until: datetime, now: datetime) -> bool:
        """As StateTable.claim."""
        return self._asked(lambda: self._table.claim(item, owner, until, now))

    def release(self, item: str, owner: str) -> None:
        """As StateTable.release."""
        self._asked(lambda: self._table.release(item, owner))

    def add(
        self, item: str, amounts: Mapping[str, int], remove: Iterable[str] = (), expires: datetime | None = None
    ) -> Values:
        """As StateTable.add."""
        return self._asked(lambda: self._table.add(item, amounts, remove, expires))

    def _asked(self, call: Callable[[], Result]) -> Result:
        begun = self._clock()
        if self._failed_at is not None and begun - self._failed_at >= REST:
            self._lost = timedelta(0)
        if self._lost >= LOST:
            raise StateError(
                "the table of the guard's state is not asked for now: failed calls have taken too long",
                seconds=int(self._lost.total_seconds()),
            )
        try:
            return call()
        except StateError:
            self._failed_at = self._clock()
            self._lost += self._failed_at - begun
            raise
