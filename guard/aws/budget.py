"""A budget for API calls: the sweep's calls are spread over time, so that they never use up what the events' calls need."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any


class Budget:
    """A token bucket: `rate` calls a second, and up to `burst` of them at once after a pause."""

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
        """Return once a call may be made: at once, or when those who came before had theirs."""
        with self._lock:
            now = self._clock()
            self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._rate)
            self._filled = now
            # A debt is a place in the queue: whoever comes next waits longer.
            self._tokens -= 1
            wait = -self._tokens / self._rate
        if wait > 0:
            self._sleep(wait)


def spend(client: Any, budget: Budget) -> None:
    """Let each attempt at a call of this client, retries included, take from the budget; a call that stops a job is free."""

    def attempt(event_name: str, **_: object) -> None:
        if not event_name.rpartition(".")[2].startswith("Stop"):
            budget.take()

    # Before the request is signed: a signature is only valid for some minutes.
    client.meta.events.register_first(f"request-created.{client.meta.service_model.service_id.hyphenize()}", attempt)
