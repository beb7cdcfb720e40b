"""The state that a sweep stores for the next one, saved while it runs, so that a killed sweep doesn't lose all its work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from guard.errors import StateError
from guard.limits.permit import Limits
from guard.sources.sweep import Listed
from guard.store import KEPT, Store
from guard.sweep.memory import Memory
from guard.sweep.position import Position, Walk
from guard.sweep.undecided import Undecided
from guard.sweep.unreported import Unreported
from guard.sweep.withheld import Withheld

POSITION = "sweep#position"
SAVE_AFTER = timedelta(minutes=1)


class SweepState:
    """Judged, undecided, withheld and unreported jobs, and the sweep's position; never raises.

    After a failure, nothing more is written until the sweep's end, because a hanging table would delay the remaining jobs.
    """

    def __init__(
        self,
        store: Store,
        limits: Limits,
        clock: Callable[[], datetime],
        *,
        undecided_after: timedelta,
        withheld_longest: timedelta,
    ) -> None:
        self.memory = Memory(store)
        self.undecided = Undecided(store, undecided_after)
        self.withheld = Withheld(limits, store, withheld_longest, clock)
        self.unreported = Unreported(self.withheld, store, clock)
        self._store = store
        self._clock = clock
        self._saved = clock()
        self._failures: list[StateError] = []

    @property
    def failures(self) -> list[StateError]:
        """The failed reads and writes."""
        parts = (self.memory, self.undecided, self.withheld, self.unreported)
        return [*self._failures, *(failure for part in parts for failure in part.failures)]

    def saw(self, job: Listed) -> None:
        """Note that the job still runs."""
        self.memory.saw(job)
        self.withheld.saw(job.arn)

    def known(self, job: Listed) -> None:
        """Note that an earlier decision still holds by which the job may run; a later state under other policies is cleared."""
        self.undecided.clear(job.arn)
        self.withheld.clear(job.arn)

    def position(self) -> Position:
        """Return where this sweep begins."""
        try:
            return Position.read(self._store.read(POSITION))
        except StateError as exc:
            self._failures.append(exc)
            return Position()

    def end_at(self, walk: Walk) -> None:
        """Write where the next sweep begins."""
        self._write_position(walk, killed=False)

    def begin_batch(self, walk: Walk) -> None:
        """Write where the next sweep begins if this one is killed while it judges the batch."""
        if not self.failures:
            self._write_position(walk, killed=True)

    def save_now_and_then(self) -> None:
        """Write everything except the position, if the last write was a minute ago or longer."""
        if not self.failures and self._clock() - self._saved >= SAVE_AFTER:
            self.save(complete=False)

    def save(self, *, complete: bool) -> None:
        """Write everything except the position; after a complete sweep, drop the jobs that it didn't list."""
        self._saved = self._clock()
        for part in (self.memory, self.undecided, self.withheld):
            part.save(self._saved, complete=complete)
        self.unreported.save()

    def _write_position(self, walk: Walk, *, killed: bool) -> None:
        try:
            self._store.write(POSITION, walk.next_position(killed=killed).values(), self._clock() + KEPT)
        except StateError as exc:
            self._failures.append(exc)
