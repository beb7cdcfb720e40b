"""Batch sizes of a sweep: as many jobs as there is time for, estimated from the slowest job of the previous batch."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime


class Batches:
    """Chooses the size of each batch when the batch begins.

    A batch is always judged completely. While OPA hangs, or the bucket for records doesn't respond, each job takes a large part
    of a minute, and a full batch would take more time than the sweep has left.
    """

    def __init__(self, most: int, left: Callable[[], float], clock: Callable[[], datetime]) -> None:
        """`left` returns the seconds that remain for jobs."""
        self._most = most
        self._left = left
        self._clock = clock
        self._size = self._taken = 0
        self._last = clock()
        self._slowest: float | None = None

    def begin(self) -> int:
        """Begin a batch and return its size; the first batch, and any after a batch without a record, is one job."""
        left = max(0.0, self._left())
        if self._slowest is None:
            self._size = 1
        elif self._slowest * self._most > left:
            self._size = max(1, int(left / self._slowest))
        else:
            self._size = self._most
        # A batch can end without a record, for example if its only job is a tuning job that was already judged with its child.
        # Such a batch doesn't show how long a job takes.
        self._taken, self._slowest = 0, None
        return self._size

    def took(self) -> bool:
        """Count a job of the batch; return whether it is the last one."""
        self._taken += 1
        self._last = self._clock()
        return self._taken == self._size

    def judged(self) -> None:
        """Measure the time that a record took, that of a job or of its tuning job."""
        now = self._clock()
        self._slowest = max(self._slowest or 0.0, (now - self._last).total_seconds())
        self._last = now
