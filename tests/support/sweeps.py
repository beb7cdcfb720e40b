"""Sweeps for tests: a movable clock, and a sweep's report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from guard.sweep.run import Sweep
from tests.support.jobs import HOME

NOW = datetime(2026, 11, 23, 10, 1, tzinfo=UTC)
"""A minute after the events of tests.support.jobs."""
PLENTY = 900.0


@dataclass
class Clock:
    """A time that a test moves."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


def swept(sweep: Sweep, seconds: float = PLENTY) -> dict[str, Any]:
    """Run a sweep and return its report."""
    return sweep.run(HOME, lambda: seconds).summary()
