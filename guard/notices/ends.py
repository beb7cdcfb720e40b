"""Remembers which jobs have ended, were stopped or have a notice, and when: whether a notice's job still runs, or runs again."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256

from guard.errors import StateError
from guard.record import Outcome
from guard.store import Store
from guard.times import parse_time

# A dead letter can be redriven for two weeks, and comes from a queue that keeps messages for four days.
_REMEMBERED = timedelta(days=30)
_TOLD_REMEMBERED = timedelta(days=400)
# A job that is being stopped is described as running for a while, and another event may stop it again: both are one stop.
_ONE_STOP = timedelta(minutes=10)
_STOPS = frozenset({Outcome.STOPPED, Outcome.STOP_FAILED})


class Ends:
    """Remembers in the guard's state, for 30 days, when jobs ended."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def remember(self, job_arn: str, at: datetime) -> None:
        """Remember that the job ended. Raises StateError."""
        self._store.write(_item(job_arn), {"at": at.isoformat()}, at + _REMEMBERED)

    def has_ended_since(self, job_arn: str, time: datetime) -> bool:
        """Return whether the job ended at that time or later; a job that ended earlier, such as a schedule, was started again.

        False while the state can't be read, so that the notice is delivered.
        """
        try:
            at = parse_time(self._store.read(_item(job_arn)).get("at"))
        except StateError:
            return False
        return at is not None and at >= time


class NotifiedJobs:
    """Remembers for 400 days which jobs have findings: labeling jobs take weeks, and most jobs that end have nothing to close."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def remember(self, job_arn: str, at: datetime) -> bool:
        """Remember that the job has a finding, and return whether it had one before. Raises StateError."""
        item = _item(job_arn, "told")
        earlier = bool(self._store.read(item))
        self._store.write(item, {"at": at.isoformat()}, at + _TOLD_REMEMBERED)
        return earlier

    def may_contain(self, job_arn: str) -> bool:
        """Return whether the job may have a finding: it is remembered, or the state can't be read."""
        try:
            return bool(self._store.read(_item(job_arn, "told")))
        except StateError:
            return True


class Runs:
    """Distinguishes the runs of a job that can be started again, by when a run ended or when the guard stopped it.

    Both are needed: ends are remembered for Security Hub only, and SageMaker's event about an end can get lost.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def note(self, job_arn: str, at: datetime, outcome: str) -> datetime | None:
        """Remember the outcome of the run that was judged at that time; return when the previous run was over, None without one.

        Stops are remembered, including failed ones that are retried: an event that later finds the job stopped belongs to the
        same run. While the state can't be read, each call counts as another run: a repeated notice is better than a missing one.
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
            previous = {"before": before.isoformat()} if before else {}
            with suppress(StateError):
                self._store.write(item, {"at": at.isoformat(), **previous}, at + _REMEMBERED)
        return before


def _item(job_arn: str, what: str = "ended") -> str:
    # A digest, because the ends of allowed jobs are stored too, and readers of the table don't need their names.
    return f"{what}#{sha256(job_arn.encode()).hexdigest()}"
