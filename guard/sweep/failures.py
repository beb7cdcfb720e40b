"""The failures of a sweep, in constant memory."""

from __future__ import annotations

from collections import Counter

from guard.errors import GuardError


class Failures:
    """Counts errors by type, and keeps the first one.

    An error references the frames that it was raised through, and with them the job's document and its serialized record. The
    errors of thousands of jobs, for example while a bucket refuses every record, would exceed the function's memory.
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
        """Return the number of errors by name of the type."""
        return dict(sorted(self._counts.items()))
