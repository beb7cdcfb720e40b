"""Stopping a denied job, with every way that it can end named."""

from __future__ import annotations

from typing import Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from guard.aws.collect import describe
from guard.errors import CollectError, JobNotFound, StopError
from guard.record import Outcome
from guard.refs import JobRef


def stop(client: Any, ref: JobRef) -> Outcome:
    """Stop the job: STOPPED, or ALREADY_FINISHED or GONE when it had ended before the call.

    Whether a refusal means "it has ended" is decided by describing the job again, because SageMaker documents no error for
    that case (seen: `ValidationException: The request was rejected because the training job is in status Stopped.`).
    Raises StopError when the job still runs, or when its state can't be told.
    """
    call = getattr(client, xform_name(ref.kind.stop_operation))
    try:
        call(**{ref.kind.name_field: ref.name})
    except (ClientError, BotoCoreError) as exc:
        return _after_refusal(client, ref, exc)
    return Outcome.STOPPED


def _after_refusal(client: Any, ref: JobRef, refusal: ClientError | BotoCoreError) -> Outcome:
    try:
        status = describe(client, ref).get(ref.kind.status_field)
    except JobNotFound:
        return Outcome.GONE
    except CollectError as exc:
        raise StopError(
            "the job could not be stopped, and its state is unknown",
            job=ref.arn,
            refusal=str(refusal),
            describe=str(exc),
        ) from refusal
    if status in ref.kind.stopping | ref.kind.ended:
        return Outcome.ALREADY_FINISHED
    raise StopError(
        "the job could not be stopped and is still running", job=ref.arn, status=status, refusal=str(refusal)
    ) from refusal
