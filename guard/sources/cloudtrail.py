"""Reads CloudTrail's record of a SageMaker API call: its parameters, and who made it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guard.document import Actor
from guard.extract.reading import FREE_MAPS, child, text
from guard.jobs import JobKind


def to_api_case(parameters: object) -> Any:
    """Return the parameters with the API's field names: CloudTrail lowers the first letter of each, at every depth."""
    if isinstance(parameters, Mapping):
        return {
            key[:1].upper() + key[1:]: value if key in FREE_MAPS else to_api_case(value)
            for key, value in parameters.items()
            if isinstance(key, str)
        }
    if isinstance(parameters, list):
        return [to_api_case(item) for item in parameters]
    return parameters


def request(detail: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the call's parameters with the API's field names; empty if CloudTrail left them out, as it does with large ones."""
    parameters = to_api_case(detail.get("requestParameters"))
    return parameters if isinstance(parameters, Mapping) else {}


def job_name_and_arn(detail: Mapping[str, Any], kind: JobKind) -> tuple[object, object]:
    """Return the job's name and ARN from any part of the record, unvalidated.

    Events for jobs that the service itself starts, such as the training jobs of a tuning job, may have no request parameters.
    """
    parts = [to_api_case(detail.get(part)) for part in ("requestParameters", "responseElements", "serviceEventDetails")]
    found = [part for part in parts if isinstance(part, Mapping)]
    return (
        next((part[kind.name_field] for part in found if part.get(kind.name_field)), None),
        next((part[kind.arn_field] for part in found if part.get(kind.arn_field)), None),
    )


def actor(detail: Mapping[str, Any]) -> Actor:
    """Return who made the call; fields that the record lacks are None."""
    identity = child(detail, "userIdentity")
    session = child(identity, "sessionContext")
    return Actor(
        type=text(identity, "type"),
        arn=text(identity, "arn"),
        source_identity=text(session, "sourceIdentity"),
        session_issuer_arn=text(session, "sessionIssuer", "arn"),
        user_agent=text(detail, "userAgent"),
        source_ip=text(detail, "sourceIPAddress"),
        invoked_by=text(identity, "invokedBy"),
    )
