"""Which jobs have ended, and when: a notice that is given after its job's end is about nothing that runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol

from guard.errors import StateError
from guard.times import parse_time

# A dead letter can be sent again for two weeks, and comes from a queue that keeps a message for four days.
_REMEMBERED = timedelta(days=30)


class Store(Protocol):
    """Keeps items of texts and whole numbers by id; raises StateError when it can't."""

    def read(self, item: str) -> Mapping[str, str | int]:
        """Return the item's values, or none."""
        ...

    def write(self, item: str, values: Mapping[str, str | int], expires: datetime) -> None:
        """Put the values in the place of the item's."""
        ...


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


def _item(job_arn: str) -> str:
    # A digest: jobs that are allowed end, too, and who they are is nobody's business.
    return f"ended#{sha256(job_arn.encode()).hexdigest()}"
