"""What failed in a sweep, in as little memory for many jobs as for one."""

from __future__ import annotations

from collections import Counter

from guard.errors import GuardError


class Failures:
    """Counts errors by type, and keeps the first of them.

    An error holds the frames that it was raised through, and with them the job's document and the record as it was being
    written. Those of thousands of jobs, as while a bucket refuses every record, would take more memory than the function has.
    """

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self.first: GuardError | None = None

    def add(self, *errors: GuardError) -> None:
        """Count the errors."""
        for error in errors:
            self._counts[type(error).__name__] += 1
            self.first = self.first or error

    def by_type(self) -> dict[str, int]:
        """Return how many there were of each type, by its name."""
        return dict(sorted(self._counts.items()))
