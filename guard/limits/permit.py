"""Whether a denied job may be stopped now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from guard.errors import GuardError
from guard.record import Record, WithheldBy


def _nothing() -> None:
    """Nothing was counted."""


@dataclass(frozen=True)
class Permit:
    """Whether a job may be stopped: `withheld_by` names what prevents the stop; `warnings` are limits that could not be read.

    `give_back` undoes the counting for a job that wasn't stopped after all; `count` counts the stop of a job that was to be
    withheld but is stopped.
    """

    withheld_by: WithheldBy | None = None
    reason: str | None = None
    warnings: tuple[GuardError, ...] = ()
    give_back: Callable[[], None] = _nothing
    count: Callable[[], object] = _nothing

    def overruled(self, reason: str) -> Permit:
        """Return a permit to stop the withheld job for this reason, and count the stop; never raises."""
        permit = replace(self, withheld_by=None, reason=reason)
        try:
            self.count()
        except Exception:
            # The job is stopped even if its stop wasn't counted; then there is no counting to undo.
            return replace(permit, give_back=_nothing)
        return permit


class Limits(Protocol):
    """Consulted after a denial was recorded and before the job is stopped. If a limit can't be read, the stop is permitted."""

    def judged(self, job_arn: str) -> None:
        """Count a job that isn't denied, by a new decision or by an earlier one that still holds."""
        ...

    def permit(self, record: Record) -> Permit:
        """Return whether the job of this record may be stopped, and count the stop."""
        ...


class NoLimits:
    """Permits every stop."""

    def judged(self, job_arn: str) -> None:
        """Do nothing."""

    def permit(self, record: Record) -> Permit:  # noqa: ARG002 - the protocol's
        """Return a permit."""
        return Permit()


NO_LIMITS = NoLimits()


@dataclass(frozen=True)
class SwitchedLimits:
    """The switch first, then the breaker."""

    switch: Callable[[], Permit]
    breaker: Limits

    def judged(self, job_arn: str) -> None:
        """Count the job for the breaker."""
        self.breaker.judged(job_arn)

    def permit(self, record: Record) -> Permit:
        """Return the switch's answer if it is off, else the breaker's answer with the warnings of both."""
        switched = self.switch()
        if switched.withheld_by is not None:
            return switched
        permit = self.breaker.permit(record)
        return replace(permit, warnings=(*switched.warnings, *permit.warnings))
