"""Lambda's asynchronous invocation: up to three attempts per event, each possibly in a new environment, then a dead letter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.support.lambda_runtime import Environment, LambdaFailed

ATTEMPTS = 3


@dataclass(frozen=True)
class Delivery:
    """The delivery of one event: the error type of each attempt, None for a success."""

    errors: tuple[str | None, ...]

    @property
    def is_letter(self) -> bool:
        """Whether the event ended in the dead-letter queue."""
        return self.errors[-1] is not None


class Function:
    """A function with one environment at a time, which is started when an event needs it."""

    def __init__(self, start: Callable[[], Environment]) -> None:
        self._start = start
        self.environment: Environment | None = None

    def deliver(self, event: object, before: Callable[[int], None]) -> Delivery:
        """Invoke the function as Lambda does with an event; `before` is called with the number of each attempt."""
        errors: list[str | None] = []
        while len(errors) < ATTEMPTS:
            before(len(errors) + 1)
            errors.append(self.attempt(event))
            if errors[-1] is None:
                break
        return Delivery(tuple(errors))

    def warm(self) -> Environment:
        """Return the environment; start a new one if there is none or it has ended. Raises LambdaFailed."""
        if self.environment is None or self.environment.ended:
            self.close()
            self.environment = self._start()
        return self.environment

    def close(self) -> None:
        """End the environment."""
        if self.environment is not None:
            self.environment.close()
            self.environment = None

    def attempt(self, event: object) -> str | None:
        """Invoke the function once; return the type of its error, None for a success."""
        return self.answer(event)[0]

    def answer(self, event: object) -> tuple[str | None, Any]:
        """Invoke the function once; return the type of its error, None for a success, and its result."""
        try:
            return None, self.warm().invoke(event)
        except LambdaFailed as exc:
            return str(exc.body.get("errorType")), None
