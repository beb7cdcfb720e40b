"""Turns EventBridge events into job references, or into an explicit reason why the guard ignores an event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guard.document import Source, SourceType
from guard.errors import EventError, ScopeError
from guard.extract.reading import Node, clean, present
from guard.jobs import BY_API_CALL, BY_DETAIL_TYPE, JobKind
from guard.refs import Home, JobArn, JobRef, job_arn, parse_job_arn, partition_of
from guard.sources import cloudtrail
from guard.times import parse_time

SOURCE = "aws.sagemaker"
API_DETAIL_TYPES = frozenset({"AWS API Call via CloudTrail", "AWS Service Event via CloudTrail"})
_EVENT_SOURCES = frozenset({"sagemaker.amazonaws.com", "sagemaker.amazonaws.com.cn"})


@dataclass(frozen=True)
class Ignored:
    """An event that the guard ignores, with the reason."""

    reason: str


def parse_event(event: object, home: Home) -> JobRef | Ignored:
    """Return the job that an EventBridge event is about, or why the guard ignores the event.

    A status that this version doesn't know counts as running: Describe decides then. Raises EventError for an unreadable event
    about a guarded job, and ScopeError for an event of another account or region.
    """
    envelope = _mapping(event, "event")
    source, detail_type = _text(envelope, "source"), _text(envelope, "detail-type")
    if source != SOURCE:
        return Ignored(f"an event of {source}")
    if detail_type in API_DETAIL_TYPES:
        return _from_call(envelope, home)
    kind = BY_DETAIL_TYPE.get(detail_type)
    if kind is None:
        return Ignored(f"not an event of a guarded job: {detail_type}")
    return _from_state_change(envelope, kind, home)


def home_of(event: object) -> Home:
    """Return the account and region of an event, for decisions outside a deployment."""
    envelope = _mapping(event, "event")
    account, region = _text(envelope, "account"), _text(envelope, "region")
    return Home(account=account, region=region, partition=partition_of(region))


def _from_state_change(envelope: Mapping[str, Any], kind: JobKind, home: Home) -> JobRef | Ignored:
    source = _source(envelope, "state-change", home)
    detail = _mapping(envelope.get("detail"), "detail")
    status = _text(detail, kind.status_field, "detail.")
    if _plain(status) in {_plain(known) for known in kind.stopping | kind.ended}:
        return Ignored(f"the job is not running: {status}")
    given = detail.get(kind.arn_field) or _first(envelope.get("resources"))
    name, arn = _identity(detail.get(kind.name_field), given, kind, home, detail)
    reported = _as_described(detail, kind, arn)
    return JobRef(kind=kind, name=name, arn=arn, home=home, source=source, actor=None, reported=reported)


def _from_call(envelope: Mapping[str, Any], home: Home) -> JobRef | Ignored:
    detail = _mapping(envelope.get("detail"), "detail")
    service, call = _text(detail, "eventSource", "detail."), _text(detail, "eventName", "detail.")
    kind = BY_API_CALL.get(call)
    if service not in _EVENT_SOURCES or kind is None:
        return Ignored(f"not a call that starts or changes a guarded job: {call}")
    source = _source(envelope, "api-call", home)
    if detail.get("errorCode"):
        return Ignored(f"the call failed: {detail['errorCode']}")
    actor, request = cloudtrail.actor(detail), cloudtrail.request(detail)
    name, arn = _identity(*cloudtrail.job_name_and_arn(detail, kind), kind, home, request)
    reported = _as_described(request, kind, arn)
    return JobRef(kind=kind, name=name, arn=arn, home=home, source=source, actor=actor, reported=reported)


def _source(envelope: Mapping[str, Any], kind: SourceType, home: Home) -> Source:
    account, region = _text(envelope, "account"), _text(envelope, "region")
    if (account, region) != (home.account, home.region):
        raise ScopeError(
            "the event is of another account or region than the guard's",
            account=account,
            region=region,
            guard_account=home.account,
            guard_region=home.region,
        )
    return Source(type=kind, id=_text(envelope, "id"), time=_time(envelope))


def _time(envelope: Mapping[str, Any]) -> datetime:
    time = parse_time(envelope.get("time"))
    if time is None:
        raise EventError("the event has no readable time", field="time", value=envelope.get("time"))
    return time


def _identity(name: object, given: object, kind: JobKind, home: Home, described: Mapping[str, Any]) -> tuple[str, str]:
    """Name, account and region are authoritative: real events have carried mismatching ARNs."""
    parsed = parse_job_arn(given)
    if not isinstance(name, str) or not name:
        if parsed is None or parsed.resource != kind.arn_resource:
            raise EventError("the event doesn't name its job", field=f"detail.{kind.name_field}", value=name)
        name = parsed.name
    name = clean(name)
    own = job_arn(name, kind, home, _qualifiers(kind, described, parsed))
    # SageMaker writes names in lower case in some ARNs; such an ARN is kept unchanged.
    same = isinstance(given, str) and given.lower() == own.lower()
    return name, str(given) if same else own


def _as_described(described: Mapping[str, Any], kind: JobKind, arn: str) -> Node:
    """Return the source's data about the job in the form of a description: without nulls, and with the job's own ARN.

    Real events have carried ARNs of other jobs. While Describe fails, such a job's tags would be taken for this job's.
    """
    reported: Node = present(described)
    return {**reported, kind.arn_field: arn} if kind.arn_field in reported else reported


def _qualifiers(kind: JobKind, described: Mapping[str, Any], parsed: JobArn | None) -> Sequence[str]:
    """Return the values that precede the name in an ARN of this kind, from the source's data or from its ARN."""
    keys = [described[field] for field in kind.key_fields if isinstance(described.get(field), str)]
    found = keys if len(keys) == len(kind.key_fields) or parsed is None else parsed.qualifiers
    if len(found) != len(kind.key_fields):
        raise EventError("the event doesn't name its job", field=f"detail.{kind.key_fields[0]}")
    return [clean(one) for one in found]


def _mapping(value: object, field: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise EventError("not an object", field=field, type=type(value).__name__)
    return value


def _text(node: Mapping[str, Any], key: str, parent: str = "") -> str:
    value = node.get(key)
    if not isinstance(value, str) or not value:
        raise EventError("a required field of the event is missing or not a string", field=parent + key, value=value)
    return clean(value)


def _plain(status: str) -> str:
    return status.replace("_", "").lower()


def _first(values: object) -> object:
    return values[0] if isinstance(values, list) and values else None
