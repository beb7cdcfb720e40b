"""Stops a denied job and classifies every possible result."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from botocore import xform_name

from guard.aws.collect import describe
from guard.aws.refusals import CALL_ERRORS, code, is_throttled, may_have_been_served
from guard.errors import CollectError, JobNotFound, StopError
from guard.extract.reading import text
from guard.record import Outcome
from guard.refs import JobRef

_IN_STATUS = re.compile(r"rejected because the [a-z ]+ job is in status (?P<status>[A-Za-z_]+)\.")


PATIENCE = (1.0, 2.0, 4.0)
"""Seconds to wait before each further attempt at a throttled stop, after botocore's own retries, which end within one second.

Without these, a job's owner could keep it running by flooding the account with calls.
"""


class SharedPatience:
    """The same pauses for many jobs, limited to a total number of seconds, so that a sweep doesn't exceed its time."""

    def __init__(self, pauses: Iterable[float], seconds: float) -> None:
        self._pauses = tuple(pauses)
        self._left = seconds

    def __iter__(self) -> Iterator[float]:
        """Yield the pauses of one job, as long as they fit in the remaining time."""
        for pause in self._pauses:
            if pause > self._left:
                return
            self._left -= pause
            yield pause


def stop(
    client: Any, ref: JobRef, patience: Iterable[float] = (), sleep: Callable[[float], object] = time.sleep
) -> Outcome:
    """Stop the job. Return STOPPED, or ALREADY_FINISHED or GONE if it had ended before the call.

    If SageMaker refuses, the job is described again to find out why, because no error is documented for a job that has ended
    (observed: `ValidationException: The request was rejected because the training job is in status Stopped.`). A job that is
    stopping after a call whose response was lost counts as stopped by the guard. Raises StopError if the job still runs, or if
    its state is unknown.
    """
    call = getattr(client, xform_name(ref.kind.stop_operation))
    pauses = iter(patience)
    while True:
        try:
            call(**ref.identifiers)
        except CALL_ERRORS as exc:
            pause = next(pauses, None) if is_throttled(exc) else None
            if pause is None:
                return _after_refusal(client, ref, exc)
            sleep(pause)
        else:
            return Outcome.STOPPED


def _after_refusal(client: Any, ref: JobRef, refusal: Exception) -> Outcome:
    try:
        status = text(describe(client, ref), ref.kind.status_field)
    except JobNotFound:
        return Outcome.GONE
    except CollectError as exc:
        status = _status_in(refusal)
        if status not in ref.kind.stopping | ref.kind.ended:
            raise StopError(
                "the job could not be stopped, and its state is unknown",
                job=ref.arn,
                refusal=str(refusal),
                describe=str(exc),
            ) from refusal
    if status in ref.kind.stopping | ref.kind.stopped and may_have_been_served(refusal):
        return Outcome.STOPPED
    if status in ref.kind.stopping | ref.kind.ended:
        return Outcome.ALREADY_FINISHED
    raise StopError(
        "the job could not be stopped and is still running", job=ref.arn, status=status, refusal=str(refusal)
    ) from refusal


def _status_in(refusal: Exception) -> str | None:
    """Return the job's status from the text of the refusal; used only if the job can't be described."""
    found = _IN_STATUS.search(str(refusal)) if code(refusal) == "ValidationException" else None
    return found["status"] if found else None
