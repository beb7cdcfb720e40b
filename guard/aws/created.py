"""Looks up the creation time of a notice's job, if the guard could not describe the job while judging it.

The creation time distinguishes jobs of the same name.
"""

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
    """Return when the notice's job was created; None if that can't be read or the job is gone; never raises GuardError."""
    home = Home(notice.account, notice.region, notice.partition)
    source = Source(type="check", id=notice.decision_id, time=notice.time)
    try:
        ref = job_from_arn(notice.job.arn, BY_KIND[notice.job.kind], home, source)
        created = parse_time(describe(sagemaker, ref).get("CreationTime"))
    except (GuardError, KeyError):
        return None
    # A job created after the notice is another job of the same name.
    return created if created is not None and created <= notice.time else None
