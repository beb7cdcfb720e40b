"""When a job was created that the guard could not describe while it judged it: a notice tells jobs of one name apart by that."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from guard.aws.collect import describe
from guard.document import Source
from guard.errors import GuardError
from guard.jobs import BY_KIND
from guard.notices.notice import Notice
from guard.refs import Home, job_from_arn
from guard.times import parse_time


def created_at(sagemaker: Any, notice: Notice) -> datetime | None:
    """Return when the notice's job was created; None while that can't be read, or if the job is gone; never raises GuardError."""
    home = Home(notice.account, notice.region, notice.partition)
    source = Source(type="check", id=notice.decision_id, time=notice.time)
    try:
        ref = job_from_arn(notice.job.arn, BY_KIND[notice.job.kind], home, source)
        created = parse_time(describe(sagemaker, ref).get("CreationTime"))
    except (GuardError, KeyError):
        return None
    # One that was created later only has the name of the notice's.
    return created if created is not None and created <= notice.time else None
