"""Stopping a denied job, with every way that it can end named."""

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
"""Seconds to wait before each further attempt at a throttled stop, beside botocore's, which are over within one.

Whoever floods the account with calls would else keep a job running with them.
"""


class SharedPatience:
    """The same for many jobs, together so many seconds: a sweep must not be over its time for them."""

    def __init__(self, pauses: Iterable[float], seconds: float) -> None:
        self._pauses = tuple(pauses)
        self._left = seconds

    def __iter__(self) -> Iterator[float]:
        """Yield the pauses of one job, as far as there is time."""
        for pause in self._pauses:
            if pause > self._left:
                return
            self._left -= pause
            yield pause


def stop(
    client: Any, ref: JobRef, patience: Iterable[float] = (), sleep: Callable[[float], object] = time.sleep
) -> Outcome:
    """Stop the job: STOPPED, or ALREADY_FINISHED or GONE when it had ended before the call.

    What a refusal means is decided by describing the job again, because SageMaker documents no error for a job that has ended
    (seen: `ValidationException: The request was rejected because the training job is in status Stopped.`). A job that is
    stopping after a call whose answer was lost was stopped by the guard. Raises StopError when the job still runs, or when its
    state is unknown.
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
    """The job's status by the refusal itself; believed only while the job can't be described."""
    found = _IN_STATUS.search(str(refusal)) if code(refusal) == "ValidationException" else None
    return found["status"] if found else None
