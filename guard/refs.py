"""References to jobs, and what SageMaker returned about a job: immutable values for every package."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guard.document import Actor, ImageError, Source
from guard.errors import CollectError, EventError, RightMissing, ScopeError
from guard.jobs import JobKind
from guard.resources import Resource

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
class Home:
    """The account, region and partition that the guard itself runs in; it never acts on any other."""

    account: str
    region: str
    partition: str


@dataclass(frozen=True)
class JobRef:
    """One job to judge, and why.

    `reported` is the source's own data about the job, with the field names of the API's Describe response: the detail of a state
    change, or the parameters of an API call; empty for a source that only names jobs.
    """

    kind: JobKind
    name: str
    arn: str
    home: Home
    source: Source
    actor: Actor | None
    reported: Mapping[str, Any]

    @property
    def identifiers(self) -> dict[str, str]:
        """The parameters that identify the job in calls to Describe and Stop."""
        parsed = parse_job_arn(self.arn)
        keys = dict(zip(self.kind.key_fields, parsed.qualifiers if parsed else (), strict=False))
        own = {field: str(self.reported[field]) for field in self.kind.key_fields if self.reported.get(field)}
        return {self.kind.name_field: self.name, **keys, **own}


@dataclass(frozen=True)
class Collected:
    """The responses, unchanged; `tags` is None when they could not be read.

    `failures` are the calls that failed temporarily: what they would have returned is unknown. If describing the job itself
    failed, `description` is the source's data about the job. `warnings` are the permissions that the guard lacks.
    """

    description: Mapping[str, Any]
    tags: Mapping[str, str] | None
    references: Mapping[Resource, Mapping[str, Any] | ImageError]
    failures: tuple[CollectError, ...] = ()
    warnings: tuple[RightMissing, ...] = ()


@dataclass(frozen=True)
class JobArn:
    """The parts of a job's ARN that the guard compares."""

    resource: str
    name: str
    qualifiers: tuple[str, ...] = ()


def parse_job_arn(text: object) -> JobArn | None:
    """Return the resource type and name of a SageMaker ARN, and any qualifiers between them; None for any other text."""
    match = _ARN.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    *qualifiers, name = match["name"].split("/")
    return JobArn(match["resource"], name, tuple(qualifiers))


def job_from_arn(arn: str, kind: JobKind, home: Home, source: Source) -> JobRef:
    """Return the reference of a job that is known by its ARN only, as the parent in a job's description is.

    Raises EventError for any other ARN, and ScopeError for a job of another account or region: the guard would otherwise act on
    a job of the same name in its own.
    """
    parsed = parse_job_arn(arn)
    if parsed is None or parsed.resource != kind.arn_resource or len(parsed.qualifiers) != len(kind.key_fields):
        raise EventError(f"not the ARN of a {kind.id} job", field="arn", value=arn)
    if arn.split(":")[3:5] != [home.region, home.account]:
        raise ScopeError("the job is of another account or region than the guard's", field="arn", value=arn)
    return JobRef(kind=kind, name=parsed.name, arn=arn, home=home, source=source, actor=None, reported={})


def job_arn(name: str, kind: JobKind, home: Home, qualifiers: Sequence[str] = ()) -> str:
    """Return the ARN of a job of this account and region; the qualifiers are the values of the kind's `key_fields`."""
    path = "/".join((kind.arn_resource, *qualifiers, name))
    return f"arn:{home.partition}:sagemaker:{home.region}:{home.account}:{path}"


def partition_of(region: str) -> str:
    """Return the partition that a region is in, derived from its prefix."""
    found = (partition for prefix, partition in _PARTITIONS.items() if region.startswith(f"{prefix}-"))
    return next(found, "aws")
