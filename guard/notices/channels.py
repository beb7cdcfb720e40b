"""Where notices are given: tags on the job, an EventBridge event, an SNS message. Each is off unless the deployment wants it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from guard.aws.refusals import CALL_ERRORS, code, is_denied, is_temporary
from guard.errors import NoticeError
from guard.notices.message import subject, text
from guard.notices.notice import Notice

SOURCE = "sagemaker-guard"
DETAIL_TYPE = "SageMaker Guard Decision"
_TAG_LENGTH = 256


class Channel(Protocol):
    """One way to tell the owner."""

    name: str

    def give(self, notice: Notice) -> str | None:
        """Give the notice; return why it is refused for good, None if it was taken. Raises what another try may mend."""
        ...


@runtime_checkable
class ClosesFindings(Protocol):
    """A channel whose notices are about jobs that run."""

    def ended(self, job_arn: str, at: datetime | None) -> None:
        """Close what was told, or will be, of a job that ended then."""
        ...


class TagsChannel:
    """Writes the decision on the job itself, where the SageMaker console shows it."""

    name = "tags"

    def __init__(self, sagemaker: Any) -> None:
        self._sagemaker = sagemaker

    def give(self, notice: Notice) -> str | None:
        """Tag the job. Some kinds of jobs take no tags after their creation: that is a fact, not a failure.

        A right that the role lacks is a failure, for somebody to mend.
        """
        try:
            self._sagemaker.add_tags(ResourceArn=notice.job.arn, Tags=tags(notice))
        except CALL_ERRORS as exc:
            if is_temporary(exc) or is_denied(exc):
                raise
            return f"{code(exc)}: the job takes no tags"
        return None


class EventsChannel:
    """Puts the notice on an event bus, for whatever rules listen there."""

    name = "events"

    def __init__(self, events: Any, bus: str) -> None:
        self._events = events
        self._bus = bus

    def give(self, notice: Notice) -> str | None:
        """Put the event. Raises NoticeError when the bus didn't take it."""
        answer = self._events.put_events(
            Entries=[
                {
                    "Source": SOURCE,
                    "DetailType": DETAIL_TYPE,
                    "Detail": notice.model_dump_json(),
                    "Resources": [notice.job.arn],
                    "EventBusName": self._bus,
                }
            ]
        )
        if answer["FailedEntryCount"]:
            entry = answer["Entries"][0]
            raise NoticeError("the event bus didn't take the event", bus=self._bus, code=entry.get("ErrorCode"))
        return None


class TopicChannel:
    """Sends the message in words to an SNS topic; its attributes let a subscription choose."""

    name = "topic"

    def __init__(self, sns: Any, topic_arn: str) -> None:
        self._sns = sns
        self._topic = topic_arn

    def give(self, notice: Notice) -> str | None:
        """Publish the message."""
        attributes = {
            "mode": notice.mode,
            "outcome": notice.outcome,
            "job_kind": notice.job.kind,
            "account": notice.account,
        }
        typed = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
        self._sns.publish(TopicArn=self._topic, Subject=subject(notice), Message=text(notice), MessageAttributes=typed)
        return None


def tags(notice: Notice) -> list[dict[str, str]]:
    """Return the tags, with what SageMaker takes in a value."""
    decision = notice.decision or "undecided"
    first = notice.findings[0].message if notice.findings else notice.reason or ""
    values = {
        "guard:decision": decision if notice.mode == "enforce" else f"{decision} - audit only",
        "guard:rules": " ".join(notice.rules),
        "guard:reason": first,
        "guard:decision-id": notice.decision_id,
    }
    return [{"Key": key, "Value": _tag_value(value)} for key, value in values.items()]


def _tag_value(value: str) -> str:
    plain = " ".join(re.sub(r"[^\w\s.:/=+\-@]", " ", value).split())
    return plain if len(plain) <= _TAG_LENGTH else f"{plain[: _TAG_LENGTH - 3]}..."
