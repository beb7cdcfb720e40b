"""How many jobs a sweep judges together: no more than there is time for, by the slowest of the last ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime


class Batches:
    """The sizes of batches, each chosen when the batch begins.

    A batch is judged to its end. While OPA hangs, or the bucket of the records doesn't answer, each of its jobs takes a good part
    of a minute, and all of them more than a sweep has left.
    """

    def __init__(self, most: int, left: Callable[[], float], clock: Callable[[], datetime]) -> None:
        """`left` is how many seconds the jobs may take in all."""
        self._most = most
        self._left = left
        self._clock = clock
        self._size = self._taken = 0
        self._last = clock()
        self._slowest: float | None = None

    def begin(self) -> int:
        """Begin a batch, and return of how many jobs; the first is of one, and so is one behind a batch without a record."""
        left = max(0.0, self._left())
        if self._slowest is None:
            self._size = 1
        elif self._slowest * self._most > left:
            self._size = max(1, int(left / self._slowest))
        else:
            self._size = self._most
        # Of a batch without a record, as of a tuning job that its child's record has brought, nobody knows how long jobs take.
        self._taken, self._slowest = 0, None
        return self._size

    def took(self) -> bool:
        """Note that a job was taken; return whether it is the last of its batch."""
        self._taken += 1
        self._last = self._clock()
        return self._taken == self._size

    def judged(self) -> None:
        """Note that there is a record: of a job, or of the tuning job of one."""
        now = self._clock()
        self._slowest = max(self._slowest or 0.0, (now - self._last).total_seconds())
        self._last = now
