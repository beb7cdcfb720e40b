"""EventBridge envelopes to job references, or an explicit reason why an event is not the guard's business."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guard import cloudtrail
from guard.document import Actor, Source, SourceType
from guard.errors import EventError, ScopeError
from guard.extract.reading import clean
from guard.jobs import BY_API_CALL, BY_DETAIL_TYPE, JobKind
from guard.times import parse_time

SOURCE = "aws.sagemaker"
API_DETAIL_TYPES = frozenset({"AWS API Call via CloudTrail", "AWS Service Event via CloudTrail"})
_EVENT_SOURCES = frozenset({"sagemaker.amazonaws.com", "sagemaker.amazonaws.com.cn"})

_ARN = re.compile(
    r"arn:(?P<partition>[a-z-]+):sagemaker:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12}):(?P<resource>[A-Za-z-]+)/(?P<name>.+)"
)
_PARTITIONS = {
    "cn": "aws-cn",
    "us-gov": "aws-us-gov",
    "us-iso": "aws-iso",
    "us-isob": "aws-iso-b",
    "eu-isoe": "aws-iso-e",
    "us-isof": "aws-iso-f",
    "eusc": "aws-eusc",
}


@dataclass(frozen=True)
class Scope:
    """The account, region and partition that the guard itself runs in; it acts on no other."""

    account: str
    region: str
    partition: str


@dataclass(frozen=True)
class JobRef:
    """One job to look at, and why."""

    kind: JobKind
    name: str
    arn: str
    source: Source
    actor: Actor | None
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class Ignored:
    """An event that asks for nothing."""

    reason: str


def parse_event(event: object, scope: Scope) -> JobRef | Ignored:
    """Return the job that an EventBridge event tells of, or why the event asks for nothing.

    A status that this version doesn't know counts as running: Describe tells more. Raises EventError for an event of a
    guarded job that can't be read, and ScopeError for one of another account or region.
    """
    envelope = _mapping(event, "event")
    source, detail_type = _text(envelope, "source"), _text(envelope, "detail-type")
    if source != SOURCE:
        return Ignored(f"an event of {source}")
    if detail_type in API_DETAIL_TYPES:
        return _from_call(envelope, scope)
    kind = BY_DETAIL_TYPE.get(detail_type)
    if kind is None:
        return Ignored(f"not an event of a guarded job: {detail_type}")
    return _from_state_change(envelope, kind, scope)


def job_from_arn(arn: str, kind: JobKind, source: Source) -> JobRef:
    """Return the reference of a job that only its ARN names, as a description names the job's parent."""
    match = _ARN.fullmatch(arn)
    if match is None or match["resource"] != kind.arn_resource:
        raise EventError(f"not the ARN of a {kind.kind} job", field="arn", value=arn)
    return JobRef(kind=kind, name=match["name"], arn=arn, source=source, actor=None, detail={})


def job_arn(name: str, kind: JobKind, scope: Scope) -> str:
    """Return the ARN of a job of this scope."""
    return f"arn:{scope.partition}:sagemaker:{scope.region}:{scope.account}:{kind.arn_resource}/{name}"


def scope_of(event: object) -> Scope:
    """Return the scope that an event is of, for a decision without a deployment."""
    envelope = _mapping(event, "event")
    account, region = _text(envelope, "account"), _text(envelope, "region")
    return Scope(account=account, region=region, partition=partition_of(region))


def partition_of(region: str) -> str:
    """Return the partition that a region is in, told by its prefix."""
    prefixes = (region.rsplit("-", cut)[0] for cut in range(1, region.count("-") + 1))
    return next((_PARTITIONS[prefix] for prefix in prefixes if prefix in _PARTITIONS), "aws")


def _from_state_change(envelope: Mapping[str, Any], kind: JobKind, scope: Scope) -> JobRef | Ignored:
    source = _source(envelope, "state-change", scope)
    detail = _mapping(envelope.get("detail"), "detail")
    status = _text(detail, kind.status_field, "detail.")
    if _plain(status) in {_plain(known) for known in kind.stopping | kind.ended}:
        return Ignored(f"the job is not running: {status}")
    told = detail.get(kind.arn_field) or _first(envelope.get("resources"))
    name, arn = _identity(detail.get(kind.name_field), told, kind, scope)
    return JobRef(kind=kind, name=name, arn=arn, source=source, actor=None, detail=detail)


def _from_call(envelope: Mapping[str, Any], scope: Scope) -> JobRef | Ignored:
    detail = _mapping(envelope.get("detail"), "detail")
    service, call = _text(detail, "eventSource", "detail."), _text(detail, "eventName", "detail.")
    kind = BY_API_CALL.get(call)
    if service not in _EVENT_SOURCES or kind is None:
        return Ignored(f"not a call that starts or changes a guarded job: {call}")
    source = _source(envelope, "api-call", scope)
    if detail.get("errorCode"):
        return Ignored(f"the call failed: {detail['errorCode']}")
    name, arn = _identity(*cloudtrail.job_name_and_arn(detail, kind), kind, scope)
    return JobRef(kind=kind, name=name, arn=arn, source=source, actor=cloudtrail.actor(detail), detail=detail)


def _source(envelope: Mapping[str, Any], kind: SourceType, scope: Scope) -> Source:
    account, region = _text(envelope, "account"), _text(envelope, "region")
    if (account, region) != (scope.account, scope.region):
        raise ScopeError(
            "the event is of another account or region than the guard's",
            account=account,
            region=region,
            guard_account=scope.account,
            guard_region=scope.region,
        )
    return Source(type=kind, id=_text(envelope, "id"), time=_time(envelope))


def _time(envelope: Mapping[str, Any]) -> datetime:
    time = parse_time(envelope.get("time"))
    if time is None:
        raise EventError("the event has no readable time", field="time", value=envelope.get("time"))
    return time


def _identity(name: object, told: object, kind: JobKind, scope: Scope) -> tuple[str, str]:
    """The name field decides, and the envelope's account and region do: events have been seen with ARNs that differ."""
    match = _ARN.fullmatch(told) if isinstance(told, str) else None
    if not isinstance(name, str) or not name:
        if match is None or match["resource"] != kind.arn_resource:
            raise EventError("the event doesn't name its job", field=f"detail.{kind.name_field}", value=name)
        name = match["name"]
    name = clean(name)
    own = job_arn(name, kind, scope)
    # SageMaker lowers the case of names in some ARNs: such an ARN is kept as it is.
    same = isinstance(told, str) and told.lower() == own.lower()
    return name, str(told) if same else own


def _mapping(value: object, field: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise EventError("not an object", field=field, type=type(value).__name__)
    return value


def _text(node: Mapping[str, Any], key: str, parent: str = "") -> str:
    value = node.get(key)
    if not isinstance(value, str) or not value:
        raise EventError("a field that every such event has is absent or no text", field=parent + key, value=value)
    return clean(value)


def _plain(status: str) -> str:
    return status.replace("_", "").lower()


def _first(values: object) -> object:
    return values[0] if isinstance(values, list) and values else None
