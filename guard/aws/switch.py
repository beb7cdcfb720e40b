"""The switch: an SSM parameter whose value `off` keeps every job from being stopped, without a deployment."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from guard.aws.refusals import CALL_ERRORS, code
from guard.errors import StateError
from guard.limits.permit import Permit

ON, OFF = "on", "off"
_ERRORS: tuple[type[Exception], ...] = (*CALL_ERRORS, KeyError)
SECONDS = 20.0
"""A value is cached this long: including the time of a call, a change takes effect well within a minute."""


class Switch:
    """Reads the parameter when a job is to be stopped; any value except `off` counts as on, and so does an unreadable one.

    A value that is neither `on` nor `off` adds a warning: its author may believe that jobs aren't stopped any more.
    """

    def __init__(self, client_of: Callable[[], Any], name: str, clock: Callable[[], float] = time.time) -> None:
        """The clock is the wall clock: a monotonic clock stands still while Lambda freezes the environment."""
        self._client_of = client_of
        self._name = name
        self._clock = clock
        self._read_at: float | None = None
        self._permit = Permit()

    def __call__(self) -> Permit:
        """Return whether jobs may be stopped."""
        now = self._clock()
        if self._read_at is None or not 0 <= now - self._read_at < SECONDS:
            self._permit, self._read_at = self._read(), now
        return self._permit

    def _read(self) -> Permit:
        try:
            value = str(self._client_of().get_parameter(Name=self._name)["Parameter"]["Value"])
        except _ERRORS as exc:
            error = StateError(
                "the switch could not be read: jobs are stopped", parameter=self._name, code=code(exc), error=str(exc)
            )
            error.__cause__ = exc
            return Permit(warnings=(error,))
        word = value.strip().lower()
        if word == ON:
            return Permit()
        if word != OFF:
            message = f"the switch is neither `{ON}` nor `{OFF}`: jobs are stopped"
            return Permit(warnings=(StateError(message, parameter=self._name),))
        return Permit("switch", f"enforcement is switched off: the parameter {self._name} is `{OFF}`")
