"""Which jobs have ended, were stopped or told of, and when: so a notice knows whether its job runs, and whether it runs again."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256

from guard.errors import StateError
from guard.record import Outcome
from guard.store import Store
from guard.times import parse_time

# A dead letter can be sent again for two weeks, and comes from a queue that keeps a message for four days.
_REMEMBERED = timedelta(days=30)
_TOLD_REMEMBERED = timedelta(days=400)
# What is being stopped looks for a while as if it ran, so that another event about it has it stopped again: that is one stop.
_ONE_STOP = timedelta(minutes=10)
_STOPS = frozenset({Outcome.STOPPED, Outcome.STOP_FAILED})


class Ends:
    """Remembers ends in the guard's state for 30 days."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def remember(self, job_arn: str, at: datetime) -> None:
        """Remember that the job ended. Raises StateError."""
        self._store.write(_item(job_arn), {"at": at.isoformat()}, at + _REMEMBERED)

    def has_ended_since(self, job_arn: str, time: datetime) -> bool:
        """Whether the job ended then or later; one that ended before, as a schedule, was started again.

        While the state can't be read, no job has ended: its notice must come.
        """
        try:
            at = parse_time(self._store.read(_item(job_arn)).get("at"))
        except StateError:
            return False
        return at is not None and at >= time


class NotifiedJobs:
    """Remembers which jobs were told of, for 400 days: a labeling job takes weeks, and of most jobs there is nothing to close."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def remember(self, job_arn: str, at: datetime) -> bool:
        """Remember that the job is told of, and return whether it was before. Raises StateError."""
        item = _item(job_arn, "told")
        earlier = bool(self._store.read(item))
        self._store.write(item, {"at": at.isoformat()}, at + _TOLD_REMEMBERED)
        return earlier

    def may_contain(self, job_arn: str) -> bool:
        """Whether the job was told of; it may have been while the state can't be read."""
        try:
            return bool(self._store.read(_item(job_arn, "told")))
        except StateError:
            return True


class Runs:
    """Tells the runs of a job apart that is started again after it ended: by its end, or by when the guard stopped it.

    Ends are remembered for Security Hub only, and SageMaker's event of one can be missed.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def note(self, job_arn: str, at: datetime, outcome: str) -> datetime | None:
        """Note what became of the run that was judged then; return when the run before it was over, None where there is none.

        Its stop is remembered, also one that failed and is tried again: whoever finds it stopped later is at the same run. While
        the state can't be read, each look is at a run of its own: rather a notice too many than none.
        """
        item = _item(job_arn, "stopped")
        try:
            known = self._store.read(item)
            ended = parse_time(self._store.read(_item(job_arn)).get("at"))
        except StateError:
            return at
        last, earlier = parse_time(known.get("at")), parse_time(known.get("before"))
        if outcome == Outcome.ALREADY_FINISHED:
            return earlier
        over = [time for time in (ended, last and last + _ONE_STOP) if time is not None and time < at]
        before = max((*over, *([earlier] if earlier else [])), default=None)
        if outcome in _STOPS and (last is None or before != earlier):
            told = {"before": before.isoformat()} if before else {}
            with suppress(StateError):
                self._store.write(item, {"at": at.isoformat(), **told}, at + _REMEMBERED)
        return before


def _item(job_arn: str, what: str = "ended") -> str:
    # A digest: jobs that are allowed end, too, and who they are is nobody's business.
    return f"{what}#{sha256(job_arn.encode()).hexdigest()}"
