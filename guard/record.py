"""The decision log: one structured line per job looked at, made of chosen fields.

Environment values and hyperparameters hold secrets and data: they are never logged.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from guard.decision import Evaluation, Finding
from guard.document import Document
from guard.errors import StopError


class Outcome(StrEnum):
    """What the guard did about a job."""

    STOPPED = "stopped"
    ALREADY_FINISHED = "already_finished"
    GONE = "gone"
    NOT_DENIED = "not_denied"
    AUDITED = "audited"
    IGNORED = "ignored"
    STOP_FAILED = "stop_failed"


@dataclass(frozen=True)
class Record:
    """What the guard saw, decided and did about one event and job."""

    event_id: str
    outcome: Outcome
    reason: str | None = None
    job_arn: str | None = None
    job_kind: str | None = None
    document: Document | None = None
    evaluation: Evaluation | None = None
    milliseconds: float = 0.0
    failure: StopError | None = None

    @property
    def decision(self) -> str | None:
        """The verdict; None when there was nothing to decide."""
        return self.evaluation.decision.decision if self.evaluation else None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of the decision."""
        return self.evaluation.decision.findings if self.evaluation else ()


class Journal(Protocol):
    """Where records go."""

    def write(self, record: Record) -> None:
        """Keep the record."""
        ...


def line(record: Record) -> dict[str, Any]:
    """Return the fields of the record's log line."""
    fields: dict[str, Any] = {
        "event_id": record.event_id,
        "job_arn": record.job_arn,
        "job_kind": record.job_kind,
        "outcome": record.outcome.value,
        "reason": record.reason,
        "decision": record.decision,
        "rule_ids": list(record.evaluation.decision.rule_ids) if record.evaluation else [],
        "findings": [_brief(finding) for finding in record.findings],
        "images": [image.raw for image in record.document.images] if record.document else [],
        "actor": record.document.actor.arn if record.document and record.document.actor else None,
        "bundle_revision": record.evaluation.revision if record.evaluation else None,
        "opa_version": record.evaluation.opa_version if record.evaluation else None,
        "milliseconds": round(record.milliseconds, 1),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _brief(finding: Finding) -> dict[str, Any]:
    return {
        "rule_id": finding.rule_id,
        "level": finding.level,
        "level_source": finding.level_source,
        "message": finding.message,
        "remediation": finding.remediation,
        "config": finding.details.get("config"),
        "exempted_by": finding.exempted_by,
    }


class LogJournal:
    """Writes each record as one line of a structured logger (Powertools' Logger, or one with its `info`)."""

    def __init__(self, logger: Any) -> None:
        self._logger = logger

    def write(self, record: Record) -> None:
        """Log the record."""
        self._logger.info("decision" if record.evaluation else "no decision", extra=line(record))
