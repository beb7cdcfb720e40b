"""Turns SageMaker's lists of running jobs into job references."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guard.document import Source
from guard.extract.reading import text
from guard.jobs import JobKind
from guard.refs import Home, JobRef, job_arn, parse_job_arn
from guard.times import parse_time


@dataclass(frozen=True)
class Listed:
    """A job in a response of a List operation."""

    kind: JobKind
    name: str
    arn: str
    status: str
    created: datetime | None
    modified: datetime | None


def listed(kind: JobKind, summary: Mapping[str, Any], home: Home) -> Listed | None:
    """Return the job of a summary; None without a name or ARN, since such a job can't be described."""
    arn = text(summary, kind.arn_field)
    parsed = parse_job_arn(arn)
    # Some summaries have the ARN only.
    name = text(summary, kind.name_field) or (parsed.name if parsed else None)
    if not name:
        return None
    return Listed(
        kind=kind,
        name=name,
        arn=arn or job_arn(name, kind, home),
        status=text(summary, kind.status_field) or "",
        created=parse_time(summary.get("CreationTime")),
        modified=parse_time(summary.get("LastModifiedTime")),
    )


def job_ref(job: Listed, home: Home, source: Source) -> JobRef:
    """Return the reference of a listed job, without any data to judge: the list has none."""
    return JobRef(kind=job.kind, name=job.name, arn=job.arn, home=home, source=source, actor=None, reported={})
