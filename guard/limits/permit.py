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
    """The answer: `withheld_by` names what keeps the job from being stopped; `warnings` are what could not be found out.

    `give_back` takes back what was counted, for a job that wasn't stopped after all; `count` counts the stop of one that was to
    be withheld.
    """

    withheld_by: WithheldBy | None = None
    reason: str | None = None
    warnings: tuple[GuardError, ...] = ()
    give_back: Callable[[], None] = _nothing
    count: Callable[[], object] = _nothing

    def overruled(self, reason: str) -> Permit:
        """Return the permit of a job that is stopped all the same, and count that stop; never raises."""
        permit = replace(self, withheld_by=None, reason=reason)
        try:
            self.count()
        except Exception:
            # It is made all the same, and there is nothing to give back.
            return replace(permit, give_back=_nothing)
        return permit


class Limits(Protocol):
    """Asked between the record of a denial and the stop. What it can't find out, it permits."""

    def judged(self, job_arn: str) -> None:
        """Count a job that goes on by a decision, also by one that was made before and still holds."""
        ...

    def permit(self, record: Record) -> Permit:
        """Return whether the job of this record may be stopped, and count the stop."""
        ...


class NoLimits:
    """Every denied job may be stopped."""

    def judged(self, job_arn: str) -> None:
        """Count nothing."""

    def permit(self, record: Record) -> Permit:  # noqa: ARG002 - the protocol's
        """Permit it."""
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
        """Return what the switch says if it is off, or else what the breaker says, with the warnings of both."""
        switched = self.switch()
        if switched.withheld_by is not None:
            return switched
        permit = self.breaker.permit(record)
        return replace(permit, warnings=(*switched.warnings, *permit.warnings))
