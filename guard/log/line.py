"""The decision log's line: selected fields of a record, at most 64 KB whatever the job's owner wrote.

Environment values and hyperparameters hold secrets and data: they are never logged.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from guard.decision import Finding
from guard.document import Document
from guard.images import redacted
from guard.log.plain import cut, failure, plain
from guard.record import Record

LIMIT_BYTES = 64 * 1024
"""Maximum length of a line, as JSON with all non-ASCII characters escaped. CloudWatch Logs accepts 1 MB per event; Lambda's
buffer and most readers accept much less."""

# Fields that the logger adds: level, time, location, service, function and request.
_LOGGERS_OWN_BYTES = 4 * 1024
# Tried in this order until the line fits: characters of a text, entries of a list.
_BOUNDS = ((2000, 100), (1000, 50), (400, 30), (200, 20), (100, 10), (40, 3))


class LineHandler(logging.StreamHandler[TextIO]):
    """Writes log lines, and raises an error if that fails: the handlers of `logging` print the error and continue."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - logging's names
        """Raise the error that `emit` is handling."""
        raise


class LineSink:
    """Writes each record as one line of a structured logger (Powertools' Logger, or one with its `info`)."""

    name = "line"

    def __init__(self, logger: Any) -> None:
        self._logger = logger

    def write(self, record: Record) -> None:
        """Log the record."""
        self._logger.info("decision" if record.evaluation else "no decision", extra=line(record))


def line(record: Record) -> dict[str, Any]:
    """Return the fields of the record's log line, with verdict, outcome, counts and images before fields that may be long."""
    fields: dict[str, Any] = {}
    for texts, entries in _BOUNDS:
        fields = _fields(record, texts, entries)
        if len(json.dumps(fields)) <= LIMIT_BYTES - _LOGGERS_OWN_BYTES:
            break
    return fields


def _fields(record: Record, texts: int, entries: int) -> dict[str, Any]:
    findings, images = record.findings, _images(record.document)
    evaluation, source = record.evaluation, record.ref.source if record.ref else None
    fields: dict[str, Any] = {
        "decision_id": record.decision_id,
        "event_id": cut(record.event_id, texts),
        "source": source.type if source else None,
        "mode": record.mode,
        "account": record.home.account,
        "region": record.home.region,
        "job_arn": cut(record.job_arn, texts),
        "job_kind": record.job_kind,
        "decision": record.decision,
        "outcome": record.outcome.value if record.outcome else None,
        "reason": cut(record.reason, texts),
        "withheld_by": record.withheld_by,
        "warnings": [failure(warning, texts, entries) for warning in record.warnings[:entries]] or None,
        "counts": _counts(record, images),
        "rule_ids": list(record.rule_ids[:entries]),
        "images": [cut(redacted(image), texts) for image in images[:entries]],
        "actor": _actor(record.document, texts),
        "bundle_revision": evaluation.revision if evaluation else None,
        "opa_version": evaluation.opa_version if evaluation else None,
        "event_time": source.time.isoformat() if source else None,
        "started_at": record.started_at.isoformat(),
        "decided_at": record.decided_at.isoformat() if record.decided_at else None,
        "finished_at": record.finished_at.isoformat() if record.finished_at else None,
        "milliseconds": round(record.milliseconds, 1),
        "degraded": record.degraded or None,
        "failed_rules": [
            {"rule_id": failed.rule_id, **failure(failed.error, texts, entries)}
            for failed in record.rule_failures[:entries]
        ]
        or None,
        "failures": [failure(error, texts, entries) for error in record.failures[:entries]] or None,
        "findings": [_brief(finding, texts) for finding in _counting_first(findings)[:entries]],
    }
    return {name: value for name, value in fields.items() if value is not None}


def _counts(record: Record, images: Sequence[str]) -> dict[str, Any]:
    """Return the exact counts, including what the line leaves out."""
    counting = [finding for finding in record.findings if finding.exempted_by is None]
    return {
        "images": len(images),
        "findings": dict(sorted(Counter(finding.level for finding in counting).items())),
        "exempted": len(record.findings) - len(counting),
        "failures": len(record.failures),
    }


def _images(document: Document | None) -> list[str]:
    """Return the image references, each once; for an unknown image, the reason."""
    if document is None:
        return []
    shown = (image.raw if image.raw is not None else f"<{_why(image)}>" for image in document.images)
    return list(dict.fromkeys(shown))


def _why(image: Any) -> str:
    return image.error.code if image.error else "unknown"


def _counting_first(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: (finding.exempted_by is not None, finding.level != "deny"))


def _brief(finding: Finding, texts: int) -> dict[str, Any]:
    return {
        "rule_id": finding.rule_id,
        "level": finding.level,
        "level_source": finding.level_source,
        "message": cut(finding.message, texts),
        "remediation": cut(finding.remediation, texts),
        "config": plain(finding.details.get("config"), texts),
        "exempted_by": cut(finding.exempted_by, texts),
    }


def _actor(document: Document | None, texts: int) -> str | None:
    return cut(document.actor.arn, texts) if document and document.actor else None
