"""The channels for notices: tags on the job, an EventBridge event, an SNS message. Each is off unless a setting enables it."""

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
    """One way to notify the owner."""

    name: str

    def give(self, notice: Notice) -> str | None:
        """Deliver the notice. Return None, or why it was refused permanently; raise an error if a retry may succeed."""
        ...


@runtime_checkable
class ClosesFindings(Protocol):
    """A channel whose findings are closed when the job has ended."""

    def ended(self, job_arn: str, at: datetime | None) -> None:
        """Close the findings about a job that ended at that time, including those that arrive later."""
        ...


class TagsChannel:
    """Writes the decision on the job itself, where the SageMaker console shows it."""

    name = "tags"

    def __init__(self, sagemaker: Any) -> None:
        self._sagemaker = sagemaker

    def give(self, notice: Notice) -> str | None:
        """Tag the job. Some job kinds accept no tags after creation, which is returned as a refusal, not raised as an error.

        A missing permission is raised, since an operator can fix it.
        """
        try:
            self._sagemaker.add_tags(ResourceArn=notice.job.arn, Tags=tags(notice))
        except CALL_ERRORS as exc:
            if is_temporary(exc) or is_denied(exc):
                raise
            return f"{code(exc)}: the job takes no tags"
        return None


class EventsChannel:
    """Puts the notice on an event bus, where EventBridge rules can match it."""

    name = "events"

    def __init__(self, events: Any, bus: str) -> None:
        self._events = events
        self._bus = bus

    def give(self, notice: Notice) -> str | None:
        """Put the event. Raises NoticeError if the bus rejects it."""
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
    """Sends the notice as text to an SNS topic, with message attributes for filter policies of subscriptions."""

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
    """Return the tags, with only characters that SageMaker accepts in a value."""
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
