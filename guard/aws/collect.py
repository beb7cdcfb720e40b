"""Collects what SageMaker returns about a job: its description, its tags, and the resources through which it names images."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from botocore import xform_name

from guard.aws.refusals import CALL_ERRORS, code, is_denied, is_missing_job, is_missing_resource, is_temporary
from guard.aws.rights import missing_rights
from guard.document import ImageError
from guard.errors import CollectError, JobNotFound
from guard.extract import extract
from guard.extract.models import named_packages
from guard.extract.reading import tags as read_tags
from guard.extract.reading import text
from guard.jobs import MONITORING_SCHEDULE
from guard.refs import Collected, JobRef
from guard.resources import BY_RESOURCE_KIND, MODEL, MODEL_PACKAGE, Resource
from guard.threads import submit
from guard.times import parse_time

_PARALLEL = 8

Answer = Mapping[str, Any] | ImageError


def collect(client: Any, ref: JobRef) -> Collected:
    """Return the description of the job, its tags and its resources, with calls in parallel where possible.

    Never raises for errors of SageMaker: tags and resources that the guard may not read are facts, and a call that failed
    temporarily, after botocore's retries, is added to `failures`. If the job itself can't be described, the source's data about
    it replaces the description.
    """
    # The pool lives for this call only, so that no thread is left for Lambda to freeze.
    with ThreadPoolExecutor(max_workers=_PARALLEL) as pool:
        tags = submit(pool, _tags, client, ref.arn)
        failures: list[CollectError] = []
        try:
            description: Mapping[str, Any] = {**event_only(ref), **describe(client, ref)}
        except CollectError as exc:
            failures.append(exc)
            description = ref.reported
        references, failed = _references(client, ref, description, pool, from_event=bool(failures))
        described_arn = text(description, ref.kind.arn_field)
        if described_arn is not None and described_arn != ref.arn:
            tags = submit(pool, _tags, client, described_arn)
        found = tags.result()
    if isinstance(found, CollectError):
        failed.append(found)
    for failure in failed:
        failure.evidence["job"] = ref.arn
    return Collected(
        description=description,
        tags=None if isinstance(found, CollectError) else found,
        references=references,
        failures=(*failures, *failed),
        warnings=missing_rights(ref.home, references),
    )


def describe(client: Any, ref: JobRef) -> Mapping[str, Any]:
    """Return the job's description. Raises JobNotFound or CollectError."""
    operation = ref.kind.describe_operation
    try:
        description = ref.kind.described(_call(client, operation, **ref.identifiers))
    except CALL_ERRORS as exc:
        evidence = {"operation": operation, "job": ref.arn, "code": code(exc), "error": str(exc)}
        if is_missing_job(operation, exc):
            raise JobNotFound("the job doesn't exist", **evidence) from exc
        raise CollectError("the SageMaker API call that describes the job failed", **evidence) from exc
    if not description:
        raise CollectError(
            "the response doesn't describe the job", operation=operation, job=ref.arn, code="EmptyResponse"
        )
    return description


def event_only(ref: JobRef) -> dict[str, Any]:
    """Return the parameters that only the creation event contains: Describe doesn't return them, so they can't be read later."""
    return {field: ref.reported[field] for field in ref.kind.event_only_fields if field in ref.reported}


def _references(
    client: Any, ref: JobRef, description: Mapping[str, Any], pool: ThreadPoolExecutor, *, from_event: bool
) -> tuple[dict[Resource, Answer], list[CollectError]]:
    known: dict[Resource, Answer] = {}
    failed: list[CollectError] = []
    tags: dict[Resource, Future[dict[str, str] | CollectError | None]] = {}
    # A job names a model, a model may name a package, and a package names nothing further. Each round describes the resources
    # that the descriptions of the previous round name.
    while wanted := sorted(set(extract(ref.kind.id, description, ref.name, known).unresolved)):
        found = [call.result() for call in [submit(pool, _resource, client, resource) for resource in wanted]]
        failed += [answer for answer in found if isinstance(answer, CollectError)]
        known.update(
            zip(wanted, (_as_started(ref, description, answer, from_event=from_event) for answer in found), strict=True)
        )
        known.update(_replaced_packages(known))
        tags |= {one: submit(pool, _tags, client, arn) for one in wanted if (arn := _tagged_arn(one, known[one]))}
    for resource, asked in tags.items():
        answer, described = asked.result(), known[resource]
        if isinstance(answer, CollectError):
            failed.append(answer)
        elif answer is not None and not isinstance(described, ImageError):
            # In the same field as in the responses that include tags.
            known[resource] = {**described, "Tags": answer}
    return known, failed


def _tagged_arn(resource: Resource, answer: Answer) -> str | None:
    """Return the ARN of a described resource if the document shows the tags of its kind."""
    field = BY_RESOURCE_KIND[resource.kind].arn_field
    return None if field is None else text(answer, field)


def _as_started(
    ref: JobRef, description: Mapping[str, Any], resource: Answer | CollectError, *, from_event: bool
) -> Answer:
    """Return the resource, or why its images are unknown: the call failed, or the resource is younger than the job.

    A younger resource was deleted and created again after the job began. With a description `from_event`, because describing
    the job failed temporarily, the time at which the job was created may be missing.
    """
    if isinstance(resource, CollectError):
        return ImageError(code="unavailable", message=str(resource.evidence["code"]))
    # Each run of a schedule uses the resource that has the name at that time.
    if isinstance(resource, ImageError) or ref.kind is MONITORING_SCHEDULE:
        return resource
    if (
        from_event
        and parse_time(description.get("CreationTime")) is None
        and parse_time(resource.get("CreationTime")) is not None
    ):
        return ImageError(code="unavailable", message="the job's creation time can't be read at the moment")
    return _replaced("the job started") if _is_younger(resource, description) else resource


def _replaced_packages(known: Mapping[Resource, Answer]) -> dict[Resource, ImageError]:
    """Return the packages that are younger than a model made from them, each as not found.

    The model's original package was deleted; the package that has its name now would describe images that the model doesn't run.
    """
    named = (
        (Resource(MODEL_PACKAGE.id, name), model)
        for resource, model in known.items()
        if resource.kind == MODEL.id and not isinstance(model, ImageError)
        for name in named_packages(model)
    )
    return {one: _replaced("the model that names it") for one, model in named if _is_younger(known.get(one), model)}


def _is_younger(resource: Answer | None, than: Mapping[str, Any]) -> bool:
    """Return whether a described resource was created later; False if a creation time is missing."""
    if resource is None or isinstance(resource, ImageError):
        return False
    created, begun = parse_time(resource.get("CreationTime")), parse_time(than.get("CreationTime"))
    return created is not None and begun is not None and created > begun


def _replaced(since: str) -> ImageError:
    message = f"the original resource was deleted; the current one of that name was created after {since}"
    return ImageError(code="not-found", message=message)


def _resource(client: Any, resource: Resource) -> Answer | CollectError:
    kind = BY_RESOURCE_KIND[resource.kind]
    try:
        return _call(
            client, kind.describe_operation, **{kind.name_parameter: resource.name}, **dict(kind.describe_options)
        )
    except CALL_ERRORS as exc:
        if is_temporary(exc):
            return _temporary_failure(kind.describe_operation, resource.name, exc)
        if is_denied(exc):
            return ImageError(code="access-denied", message=str(exc))
        return ImageError(code="not-found" if is_missing_resource(exc) else "failed", message=str(exc))


def _tags(client: Any, arn: str) -> dict[str, str] | CollectError | None:
    """Return the tags; None if the guard may not read them, an error if the call failed temporarily."""
    tags: dict[str, str] = {}
    page: dict[str, Any] = {"ResourceArn": arn}
    while True:
        try:
            answer = _call(client, "ListTags", **page)
        except CALL_ERRORS as exc:
            return _temporary_failure("ListTags", arn, exc) if is_temporary(exc) else None
        tags.update(read_tags(answer.get("Tags")) or {})
        if not answer.get("NextToken"):
            return tags
        page["NextToken"] = answer["NextToken"]


def _call(client: Any, operation: str, **parameters: Any) -> Mapping[str, Any]:
    answer = getattr(client, xform_name(operation))(**parameters)
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


def _temporary_failure(operation: str, resource: str, exc: Exception) -> CollectError:
    """Return the error as a value: the guard first judges what it knows, and raises the error afterwards."""
    error = CollectError(
        "the SageMaker API call failed", operation=operation, resource=resource, code=code(exc), error=str(exc)
    )
    error.__cause__ = exc
    return error
