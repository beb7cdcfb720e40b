"""The jobs of one account and region, for every kind of the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.model import ServiceModel
from moto.moto_api._internal.managed_state_model import ManagedState
from moto.utilities.utils import get_partition

from tools.local_sagemaker.control import Refused
from tools.local_sagemaker.kinds import KINDS, Kind

Members = dict[str, Any]


@dataclass
class Job:
    """One job: its parameters, and its state, which moto's state manager advances from Stopping to Stopped."""

    kind: Kind
    name: str
    arn: str
    members: Members
    state: ManagedState
    created: datetime
    modified: datetime

    @property
    def status(self) -> str:
        return str(self.state.status)

    def describe(self) -> Members:
        """Return the members of the create request and those that the service adds."""
        description = {
            **self.kind.defaults,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
            **self.members,
            self.kind.name: self.name,
            self.kind.arn: self.arn,
            self.kind.status: self.status,
        }
        if self.kind.secondary:
            description.setdefault(self.kind.secondary, "Starting" if self.status == self.kind.initial else self.status)
        return description


class Jobs:
    """Creates, describes, lists, updates, stops and tags jobs; one method per operation, found by the operation's name."""

    def __init__(self, account: str, region: str, model: ServiceModel) -> None:
        self._prefix = f"arn:{get_partition(region)}:sagemaker:{region}:{account}:"
        self._model = model
        self._jobs: dict[tuple[str, str], Job] = {}
        self._operations = {operation: (kind, serve) for kind in KINDS for operation, serve in _operations(kind)}

    def serves(self, operation: str, parameters: Mapping[str, Any]) -> bool:
        """Whether the call is for a job of the table; moto serves all others, including tags of other resources."""
        if operation in TAG_OPERATIONS:
            return parameters["ResourceArn"].removeprefix(self._prefix).split("/")[0] in ARN_RESOURCES
        return operation in self._operations and operation in self._model.operation_names

    def call(self, operation: str, parameters: Members) -> Members:
        """Serve one call. Raises Refused with the code and message of the real service."""
        if operation in TAG_OPERATIONS:
            return TAG_OPERATIONS[operation](self._tagged(parameters["ResourceArn"]), parameters)
        kind, serve = self._operations[operation]
        return serve(self, kind, operation, parameters)

    def find(self, name: str, noun: str | None = None) -> Job:
        """Return the job of this name, of any kind unless `noun` names one."""
        found = [job for job in self._jobs.values() if job.name == name and noun in {None, job.kind.noun}]
        if len(found) != 1:
            raise LookupError(f"{len(found)} jobs are named {name!r}")
        return found[0]

    def create(self, kind: Kind, _operation: str, parameters: Members) -> Members:
        name = parameters[kind.name]
        arn = self._arn(kind, name, parameters)
        if (kind.noun, name) in self._jobs:
            raise Refused(
                "ResourceInUse",
                f"{kind.label.capitalize()} names must be unique within an AWS account and region, "
                f"and a {kind.label} with this name already exists ({arn})",
            )
        now = datetime.now(UTC)
        steps: list[tuple[str | None, str]] = [(kind.initial, kind.initial)]
        if kind.stopping:
            steps.append((kind.stopping, kind.stopped))
        state = ManagedState(state_name(kind), steps)
        self._jobs[kind.noun, name] = Job(kind, name, arn, dict(parameters), state, now, now)
        return {kind.arn: arn}

    def describe(self, kind: Kind, _operation: str, parameters: Members) -> Members:
        job = self._get(kind, parameters[kind.name], kind.unknown)
        description = job.describe()
        job.state.advance()
        return {kind.within: description} if kind.within else description

    def update(self, kind: Kind, _operation: str, parameters: Members) -> Members:
        job = self._get(kind, parameters[kind.name], kind.unknown)
        job.members.update(parameters)
        job.modified = datetime.now(UTC)
        return {kind.arn: job.arn}

    def start(self, kind: Kind, _operation: str, parameters: Members) -> Members:
        self.set_status(self._get(kind, parameters[kind.name], kind.unknown), kind.initial)
        return {}

    def stop(self, kind: Kind, _operation: str, parameters: Members) -> Members:
        job = self._get(kind, parameters[kind.name], kind.unknown_stop or kind.unknown)
        if job.status in kind.ended | {kind.stopping}:
            raise Refused(
                "ValidationException", f"The request was rejected because the {kind.label} is in status {job.status}."
            )
        self.set_status(job, kind.stopping or kind.stopped)
        return {}

    def list(self, kind: Kind, operation: str, parameters: Members) -> Members:
        def has_status(job: Job) -> bool:
            return parameters.get("StatusEquals") in {None, job.status}

        after, before = _aware(parameters.get("CreationTimeAfter")), _aware(parameters.get("CreationTimeBefore"))
        chosen = [
            job
            for job in self._jobs.values()
            if job.kind is kind
            and (kind.filters_pages or has_status(job))
            and (kind.category is None or parameters[kind.category] == job.members[kind.category])
            and parameters.get("NameContains", "") in job.name
            and (after or job.created) <= job.created <= (before or job.created)
        ]
        descending = parameters.get("SortOrder") != "Ascending"
        ordered = sorted(chosen, key=lambda job: job.created, reverse=descending)
        start = int(parameters.get("NextToken") or 0)
        end = start + int(parameters.get("MaxResults") or 100)
        output = self._model.operation_model(operation).output_shape
        field = next(name for name, shape in output.members.items() if shape.type_name == "list")
        page = [job.describe() for job in ordered[start:end] if has_status(job)]
        return {field: page, **({"NextToken": str(end)} if end < len(ordered) else {})}

    def set_status(self, job: Job, status: str) -> None:
        """Set the job's status and restart its count of Describe calls."""
        job.state.status = status
        job.state._tick = 0
        job.modified = datetime.now(UTC)

    def _get(self, kind: Kind, name: str, unknown: tuple[str, str]) -> Job:
        arn = f"{self._prefix}{kind.arn_resource}/{name.lower()}" if kind.any_case else name
        job = self._jobs.get((kind.noun, name)) or self._by_arn(arn)
        if job is None:
            code, message = unknown
            raise Refused(code, message.format(label=kind.label, name=name))
        return job

    def _arn(self, kind: Kind, name: str, parameters: Members) -> str:
        path = [kind.arn_resource, *([parameters[kind.category]] if kind.category else []), name.lower()]
        return self._prefix + "/".join(path)

    def _by_arn(self, arn: str) -> Job | None:
        return next((job for job in self._jobs.values() if job.arn == arn), None)

    def _tagged(self, arn: str) -> Job:
        job = self._by_arn(arn)
        if job is None:
            raise Refused("ValidationException", "Requested resource not found.")
        return job


def _aware(time: datetime | None) -> datetime | None:
    """Return the time of a request with its time zone, which moto's parser drops."""
    return time.replace(tzinfo=UTC) if time is not None and time.tzinfo is None else time


def state_name(kind: Kind) -> str:
    """Return the kind's name for moto's state manager."""
    return f"sagemaker::{kind.arn_resource}"


def _operations(kind: Kind) -> list[tuple[str, Any]]:
    serving = [(operation, Jobs.create) for operation in kind.create_operations]
    serving += [(operation, Jobs.describe) for operation in kind.describe_operations]
    serving += [(kind.start_operation, Jobs.start), (kind.update_operation, Jobs.update)]
    serving.append((kind.list_operation, Jobs.list))
    return [*serving, (kind.stop_operation, Jobs.stop)] if kind.stoppable else serving


def _list_tags(job: Job, _parameters: Members) -> Members:
    return {"Tags": job.members.get("Tags", [])}


def _add_tags(job: Job, parameters: Members) -> Members:
    tags = {tag["Key"]: tag for tag in [*job.members.get("Tags", []), *parameters["Tags"]]}
    job.members["Tags"] = list(tags.values())
    return {"Tags": job.members["Tags"]}


def _delete_tags(job: Job, parameters: Members) -> Members:
    job.members["Tags"] = [tag for tag in job.members.get("Tags", []) if tag["Key"] not in parameters["TagKeys"]]
    return {}


TAG_OPERATIONS = {"ListTags": _list_tags, "AddTags": _add_tags, "DeleteTags": _delete_tags}
ARN_RESOURCES = frozenset(kind.arn_resource for kind in KINDS)
