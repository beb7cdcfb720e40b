"""Dead letters: events that the guard could not handle, and notices that it could not deliver."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from guard.jobs import JOB_KINDS
from guard.notices.queue_messages import MARK
from guard.times import parse_time

_NAME_FIELDS = frozenset(kind.name_field for kind in JOB_KINDS)

Shape = Literal["failed invocation", "undelivered event", "notice", "unreadable"]


@dataclass(frozen=True)
class Letter:
    """One dead letter; `event` is the payload for invoking the function, None if the letter contains no event."""

    id: str
    receipt: str
    shape: Shape
    event: Mapping[str, Any] | None
    sent_at: datetime | None
    error: str

    @property
    def subject(self) -> str:
        """The event's type and job, or only its type if it names no job."""
        if self.event is None:
            return "-"
        if MARK in self.event:
            return f"{self.event[MARK]}: {_job_arn(self.event)}"
        detail = self.event.get("detail")
        detail = detail if isinstance(detail, Mapping) else {}
        request = detail.get("requestParameters")
        named = [*_names(detail), *_names(request if isinstance(request, Mapping) else {})]
        return f"{self.event.get('detail-type', '?')}: {named[0]}" if named else str(self.event.get("detail-type", "?"))


def read_letter(message: Mapping[str, Any]) -> Letter:
    """Return the letter of an SQS message.

    Lambda wraps the event of a failed invocation (`requestPayload`) and adds the error. EventBridge sends an undelivered event
    unchanged, with the reason in the message's attributes.
    """
    attributes = {
        name: str(value.get("StringValue", "")) for name, value in (message.get("MessageAttributes") or {}).items()
    }
    sent = parse_time((message.get("Attributes") or {}).get("SentTimestamp"))
    shape, event, error = _parse_body(str(message.get("Body", "")), attributes)
    return Letter(str(message["MessageId"]), str(message["ReceiptHandle"]), shape, event, sent, error)


def _parse_body(body: str, attributes: Mapping[str, str]) -> tuple[Shape, Mapping[str, Any] | None, str]:
    try:
        content = json.loads(body)
    except ValueError:
        content = None
    if not isinstance(content, Mapping):
        return "unreadable", None, "the body is not a JSON object"
    event = content.get("requestPayload")
    if isinstance(event, Mapping):
        return "failed invocation", event, _failure(content)
    names = ("ERROR_CODE", "ERROR_MESSAGE", "ErrorCode", "ErrorMessage")
    reason = ": ".join(attributes[name] for name in names if name in attributes)
    if MARK in content:
        return "notice", content, reason or "it was tried several times: the `notice` lines of the log have the errors"
    if "detail-type" in content:
        undelivered = "RULE_ARN" in attributes or "ErrorCode" not in attributes
        if attributes.get("TARGET_ARN", "").split(":")[2:3] == ["sqs"]:
            return "notice", _job_ended(content), reason or "unknown"
        return "undelivered event" if undelivered else "failed invocation", content, reason or "unknown"
    return "unreadable", None, "the body doesn't contain an event"


def _job_ended(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the queue message that the template's rule would have made from the event; the queue could not be reached."""
    resources = event.get("resources")
    job_arn = resources[0] if isinstance(resources, list) and resources else None
    return {MARK: "job-ended", "job_arn": job_arn, "time": event.get("time")}


def _failure(content: Mapping[str, Any]) -> str:
    context, response = content.get("requestContext"), content.get("responsePayload")
    if isinstance(response, Mapping) and response.get("errorType"):
        return f"{response['errorType']}: {response.get('errorMessage', '')}"
    return str(context.get("condition", "unknown")) if isinstance(context, Mapping) else "unknown"


def _job_arn(message: Mapping[str, Any]) -> str:
    """Return the ARN of the job in a message of the guard's own queue: a notice, or the end of a job."""
    notice = message.get("notice")
    job = notice.get("job") if isinstance(notice, Mapping) else None
    return str(job.get("arn", "?") if isinstance(job, Mapping) else message.get("job_arn", "?"))


def _names(node: Mapping[str, Any]) -> list[str]:
    """Return the job names among the fields, in the API's or CloudTrail's spelling."""
    return [
        str(value)
        for key, value in node.items()
        if isinstance(value, str) and key[:1].upper() + key[1:] in _NAME_FIELDS
    ]
