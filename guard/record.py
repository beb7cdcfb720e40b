"""The record: what the guard saw, decided and did about one event and job; a value without effects."""

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
    decision was acted on; `rule_failures` are the rules that could not be evaluated when the whole decision failed.
    `withheld_by` is what kept a denied job from being stopped; `warnings` are what isn't raised: the limits that could not be
    read, in the first places, where a metric of the log looks for them, and then the rights that the guard lacks.
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
        """Whether the whole decision failed, so that the rules were evaluated one by one."""
        return bool(self.rule_failures) or any(isinstance(failure, PolicyError) for failure in self.failures)

    @property
    def decision(self) -> str | None:
        """The verdict; None when there is none, and when rules are missing from one that isn't a deny."""
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
        """Time from the job's creation to the end of the Stop call, if the guard stopped it and SageMaker says when it began."""
        created = self.document.job.created_at if self.document else None
        if self.outcome is not Outcome.STOPPED or created is None or self.finished_at is None:
            return None
        return (self.finished_at - created).total_seconds()

    @property
    def milliseconds(self) -> float:
        """Time from the start to the end, or so far."""
        latest = self.finished_at or self.decided_at or self.started_at
        return (latest - self.started_at).total_seconds() * 1000
