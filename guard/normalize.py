"""Builds the input document from descriptions; pure, and never raises for what a description contains or lacks."""

from __future__ import annotations

from dataclasses import fields
from itertools import chain
from typing import Any, TypeVar

from guard.document import (
    Compute,
    DenyList,
    Document,
    Image,
    ImageError,
    Job,
    Model,
    Network,
    Part,
    RemoteAccess,
    Storage,
    Unavailable,
)
from guard.errors import CollectError
from guard.extract import extract
from guard.extract.bounds import SETTINGS_BYTES, bounded, bounded_lists
from guard.extract.facts import Facts
from guard.extract.reading import Node, clean, present, tags, text
from guard.refs import Collected, JobRef, parse_job_arn
from guard.resources import DESCRIBED, MODEL, RESOURCE_KINDS
from guard.times import parse_time

# In order of precedence: a child of a tuning job that an AutoML job started names both.
PARENT_FIELDS = ("TuningJobArn", "AutoMLJobArn", "LabelingJobArn", "MonitoringScheduleArn", "TrainingJobArn")
_FIELDS = {"ListTags": ("job.tags",)} | {kind.describe_operation: kind.facts for kind in RESOURCE_KINDS}
_MODELS = frozenset(kind.arn_resource for kind in RESOURCE_KINDS if kind.arn_field)
_TOP = Document.model_fields.keys() & {fact.name for fact in fields(Facts)}
_Model = TypeVar("_Model", bound=Model)
PIPELINE_TAG = "sagemaker:pipeline-execution-arn"
SECONDARY_STATUS_FIELDS = ("SecondaryStatus", "AutoMLJobSecondaryStatus")


def normalize(ref: JobRef, collected: Collected, deny_list: DenyList) -> Document:
    """Return the input document of a job."""
    description = collected.description
    extracted = extract(ref.kind.id, description, ref.name, collected.references)
    facts, omitted = bounded_lists(extracted)
    undescribed = any(failure.evidence["operation"] == ref.kind.describe_operation for failure in collected.failures)
    parts = {name: getattr(facts, name) for name in _TOP}
    if undescribed:
        parts["images"] = tuple(map(_as_unavailable, facts.images))
    parts |= _settings(facts)
    job = _job(ref, collected, facts, undescribed=undescribed, roles_omitted=len(extracted.roles) - len(facts.roles))
    return Document(
        source=ref.source,
        account=ref.home.account,
        region=ref.home.region,
        partition=ref.home.partition,
        job=job,
        compute=_of(Compute, facts),
        network=_of(Network, facts),
        storage=_of(Storage, facts),
        remote_access=RemoteAccess(debug=facts.remote_debug),
        actor=ref.actor,
        deny_list=deny_list,
        unavailable=tuple(_unavailable(ref, failure, description) for failure in collected.failures) or None,
        entries_omitted=omitted or None,
        **parts,
    )


def offline(ref: JobRef, description: Node | None = None) -> Collected:
    """Return what is known about the job without calling AWS: the event's own data, or the given description.

    The tags are those in the event, and the resources that the job names stay unknown.
    """
    description = ref.reported if description is None else present(ref.kind.described(description))
    unresolved = extract(ref.kind.id, description, ref.name, {}).unresolved
    unknown = ImageError(code="failed", message="not resolved: offline evaluation makes no Describe calls")
    return Collected(
        description=description,
        tags=tags(ref.reported.get("Tags")),
        references=dict.fromkeys(unresolved, unknown),
    )


def _of(model: type[_Model], facts: Facts) -> _Model:
    """Return the part of the document whose fields have the same names as facts."""
    return model(**{name: getattr(facts, name) for name in model.model_fields})


def _settings(facts: Facts) -> dict[str, Any]:
    """Return the settings that fit in the document together with the command, and how many are left out."""
    words = chain(facts.command.entrypoint or (), facts.command.arguments or ())
    room = SETTINGS_BYTES - sum(len(word.encode()) for word in words)
    hyperparameters, environment = bounded(facts.hyperparameters, facts.environment, room)
    left_out = len(facts.hyperparameters + facts.environment) - len(hyperparameters + environment)
    omitted = facts.unshown_settings + left_out
    return {"hyperparameters": hyperparameters, "environment": environment, "settings_omitted": omitted or None}


def _as_unavailable(image: Image) -> Image:
    """Return the image as unavailable instead of missing: the event of an undescribed job may leave out what the job has."""
    if image.error is None or image.error.code != "missing":
        return image
    return image.model_copy(update={"error": ImageError(code="unavailable", message="the job could not be described")})


def _unavailable(ref: JobRef, failure: CollectError, description: Node) -> Unavailable:
    """Return a temporarily failed call with the document fields that lack what it would have returned."""
    operation = str(failure.evidence["operation"])
    asked = failure.evidence.get("resource")
    facts = _missing(ref, operation, asked)
    if "job.role_arns" in facts and text(description, "RoleArn") is None:
        facts = (*facts, "job.execution_role_arns")
    return Unavailable(
        operation=operation,
        resource=None if asked is None else clean(str(asked)),
        message=clean(str(failure.evidence.get("code", failure.message))),
        fields=tuple(dict.fromkeys(map(field_of, facts))),
        facts=facts,
    )


def field_of(fact: str) -> str:
    """Return the document field of a fact, which older policies check instead of the fact."""
    if fact == "job.execution_role_arns":
        return "job.role_arns"
    return fact if fact.startswith("job.") else fact.partition(".")[0]


def _missing(ref: JobRef, operation: str, asked: object) -> tuple[str, ...]:
    if operation == ref.kind.describe_operation:
        return DESCRIBED
    tagged = parse_job_arn(asked)
    of_a_model = operation == "ListTags" and tagged is not None and tagged.resource in _MODELS
    more = ref.kind.model_facts if operation == MODEL.describe_operation else ()
    return ("models",) if of_a_model else (*_FIELDS[operation], *more)


def _job(ref: JobRef, collected: Collected, facts: Facts, *, undescribed: bool, roles_omitted: int) -> Job:
    description = collected.description
    roles = tuple(sorted(set(facts.roles)))
    # Besides its own role, a job can name roles for a query, in its configuration or through a model. An event may contain only
    # those, so without a description they aren't taken for the roles that the job runs as.
    own = text(description, "RoleArn")
    others = () if undescribed else roles
    # A job's own ARN has the same field name in its own description as in those of the jobs that it starts.
    found = (text(description, field) for field in PARENT_FIELDS if field != ref.kind.arn_field)
    parents = tuple(parent for parent in found if parent is not None)
    tags = None if collected.tags is None else dict(collected.tags)
    return Job(
        kind=ref.kind.id,
        name=ref.name,
        arn=text(description, ref.kind.arn_field) or ref.arn,
        status=text(description, ref.kind.status_field) or "",
        secondary_status=_first(description, *SECONDARY_STATUS_FIELDS),
        parent_arn=parents[0] if parents else None,
        created_at=parse_time(description.get("CreationTime")),
        role_arn=roles[0] if len(roles) == 1 else None,
        role_arns=roles,
        tags=tags,
        parts=tuple(sorted((ref.kind.parts - facts.lacks - {"image"}) | _shown(facts))),
        parent_arns=parents,
        pipeline_execution_arn=(tags or {}).get(PIPELINE_TAG),
        execution_role_arns=others if own is None else (own,),
        role_arns_omitted=roles_omitted or None,
    )


def _shown(facts: Facts) -> set[Part]:
    """Return the parts that the document shows, whatever the job's kind and variant: rules about them must be evaluated.

    Whether the job has an image of its own depends on its images alone: a job for which SageMaker picks every image, or that
    runs none, hasn't.
    """
    shown: dict[Part, bool] = {
        "image": any(image.error is None or image.error.code != "managed" for image in facts.images),
        "instances": bool(facts.instances),
        "instance-count": any(instance.count is not None for instance in facts.instances),
        "volumes": bool(facts.volumes),
        "vpc": facts.vpc is not None,
        "network-isolation": facts.isolated is not None,
        "traffic-encryption": facts.encrypted_traffic is not None,
        "max-runtime": facts.max_runtime_seconds is not None,
        "spot": facts.spot is True,
        "warm-pool": bool(facts.keep_alive_seconds),
        "remote-debug": facts.remote_debug is not None,
    }
    return {part for part, is_shown in shown.items() if is_shown}


def _first(description: Node, *fields: str) -> str | None:
    return next((found for field in fields if (found := text(description, field)) is not None), None)
