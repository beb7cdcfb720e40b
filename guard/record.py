"""The record: what the guard saw, decided and did about one event and job; an immutable value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from guard.decision import Evaluation, Finding, RuleFailure
from guard.document import Document
from guard.errors import GuardError, PolicyError
from guard.refs import Home, JobRef

Mode = Literal["enforce", "audit"]
WithheldBy = Literal["switch", "breaker", "rule"]


class Outcome(StrEnum):
    """What the guard did about a job."""

    STOPPED = "stopped"
    ALREADY_FINISHED = "already_finished"
    GONE = "gone"
    NOT_DENIED = "not_denied"
    AUDITED = "audited"
    WITHHELD = "withheld"
    IGNORED = "ignored"
    STOP_FAILED = "stop_failed"
    FAILED = "failed"


@dataclass(frozen=True)
class Record:
    """What the guard saw, decided and did about one event and job.

    `outcome` is None while the guard acts on a decision that is already in the decision log. `failures` are raised after the
    guard has acted on the decision; `rule_failures` are the rules that could not be evaluated after the whole decision failed.
    `withheld_by` is what kept a denied job from being stopped. `warnings` are errors that aren't raised: first the limits that
    could not be read, because a metric filter of the log expects them there, then the permissions that the guard lacks.
    """

    decision_id: str
    event_id: str
    home: Home
    mode: Mode
    started_at: datetime
    ref: JobRef | None = None
    outcome: Outcome | None = None
    reason: str | None = None
    document: Document | None = None
    evaluation: Evaluation | None = None
    rule_failures: tuple[RuleFailure, ...] = ()
    failures: tuple[GuardError, ...] = ()
    withheld_by: WithheldBy | None = None
    warnings: tuple[GuardError, ...] = ()
    decided_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def degraded(self) -> bool:
        """Whether the decision failed as a whole, so that the rules were evaluated one by one."""
        return bool(self.rule_failures) or any(isinstance(failure, PolicyError) for failure in self.failures)

    @property
    def decision(self) -> str | None:
        """The verdict; None without one, and None if some rules failed and the others don't deny the job."""
        if self.evaluation is None:
            return None
        verdict = self.evaluation.decision.decision
        return None if self.rule_failures and verdict != "deny" else verdict

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of the decision."""
        return self.evaluation.decision.findings if self.evaluation else ()

    @property
    def rule_ids(self) -> tuple[str, ...]:
        """Ids of the rules whose findings count for the verdict."""
        return self.evaluation.decision.rule_ids if self.evaluation else ()

    @property
    def job_arn(self) -> str | None:
        """ARN of the job."""
        return self.ref.arn if self.ref else None

    @property
    def job_kind(self) -> str | None:
        """Id of the job's kind."""
        return self.ref.kind.id if self.ref else None

    @property
    def seconds_to_stop(self) -> float | None:
        """Time from the job's creation to the end of the Stop call; None without a stop by the guard or a creation time."""
        created = self.document.job.created_at if self.document else None
        if self.outcome is not Outcome.STOPPED or created is None or self.finished_at is None:
            return None
        return (self.finished_at - created).total_seconds()

    @property
    def milliseconds(self) -> float:
        """Time from the start to the end, or to the latest time that the record has."""
        latest = self.finished_at or self.decided_at or self.started_at
        return (latest - self.started_at).total_seconds() * 1000
