"""A budget for API calls: spreads the sweep's calls over time, so that they don't exhaust the quota that event handling needs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any


class Budget:
    """A token bucket: `rate` calls per second, and up to `burst` calls at once after a pause."""

    def __init__(
        self,
        rate: float,
        burst: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._sleep = sleep
        self._tokens = burst
        self._filled = clock()
        self._lock = threading.Lock()

    def take(self) -> None:
        """Return once a call may be made: immediately, or after those that have been waiting longer."""
        with self._lock:
            now = self._clock()
            self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._rate)
            self._filled = now
            # A negative balance is a place in the queue: the next caller waits longer.
            self._tokens -= 1
            wait = -self._tokens / self._rate
        if wait > 0:
            self._sleep(wait)


def spend(client: Any, budget: Budget) -> None:
    """Charge each attempt at a call of this client, retries included, to the budget; calls that stop a job are free."""

    def attempt(event_name: str, **_: object) -> None:
        if not event_name.rpartition(".")[2].startswith("Stop"):
            budget.take()

    # Waits before the request is signed, since a signature is valid for a few minutes only.
    client.meta.events.register_first(f"request-created.{client.meta.service_model.service_id.hyphenize()}", attempt)
