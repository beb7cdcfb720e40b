"""What SageMaker says about a job: its description, its tags, and the resources that its images hide behind."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from guard.document import ImageError
from guard.errors import CollectError, JobNotFound
from guard.extract import extract
from guard.extract.reading import tags as read_tags
from guard.jobs import MONITORING_SCHEDULE
from guard.refs import Collected, JobRef
from guard.resources import BY_RESOURCE_KIND, Resource
from guard.times import parse_time

_PARALLEL = 8

_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"})
_MISSING = frozenset({"ResourceNotFound", "ResourceNotFoundException"})
# SageMaker has no error code for most unknown names: `ValidationException: Requested resource not found.` and the like.
_MISSING_TEXTS = ("not found", "could not find", "can't find", "cannot find", "does not exist")
_BUSY = frozenset(
    {"Throttling", "ThrottlingException", "ThrottledException", "TooManyRequestsException", "RequestLimitExceeded"}
)


def collect(client: Any, ref: JobRef) -> Collected:
    """Describe the job, its tags and its resources, as much as possible at the same time.

    Raises JobNotFound for a job that doesn't exist, CollectError when SageMaker refuses the job's description or, after
    botocore's retries, is too busy for any of the calls. Tags and resources that the guard may not read are facts, not errors.
    """
    # Owned by the call: no thread is left behind for Lambda to freeze.
    with ThreadPoolExecutor(max_workers=_PARALLEL) as pool:
        tags = pool.submit(_tags, client, ref.arn)
        description = describe(client, ref)
        references = _references(client, ref, description, pool)
        described_arn = description.get(ref.kind.arn_field)
        if isinstance(described_arn, str) and described_arn != ref.arn:
            tags = pool.submit(_tags, client, described_arn)
        return Collected(description=description, tags=tags.result(), references=references)


def describe(client: Any, ref: JobRef) -> Mapping[str, Any]:
    """Return the job's description. Raises JobNotFound or CollectError."""
    try:
        return _call(client, ref.kind.describe_operation, **{ref.kind.name_field: ref.name})
    except ClientError as exc:
        if _is_missing(exc):
            raise JobNotFound("the job doesn't exist", job=ref.arn, **_evidence(exc)) from exc
        raise CollectError("SageMaker refused to describe the job", job=ref.arn, **_evidence(exc)) from exc
    except BotoCoreError as exc:
        raise CollectError("the SageMaker API call that describes the job failed", job=ref.arn, error=str(exc)) from exc


def _references(
    client: Any, ref: JobRef, description: Mapping[str, Any], pool: ThreadPoolExecutor
) -> dict[Resource, Mapping[str, Any] | ImageError]:
    known: dict[Resource, Mapping[str, Any] | ImageError] = {}
    # A job names a model, that one a package, and a package nothing more: each round finds what the last one asked for.
    while wanted := sorted(set(extract(ref.kind.id, description, ref.name, known).unresolved)):
        found = pool.map(lambda resource: _resource(client, resource), wanted)
        known.update(zip(wanted, (_as_started(ref, description, answer) for answer in found), strict=True))
    return known


def _as_started(
    ref: JobRef, description: Mapping[str, Any], resource: Mapping[str, Any] | ImageError
) -> Mapping[str, Any] | ImageError:
    """Return the resource, or that it is gone when its name was deleted and given again after the job had begun."""
    # Each run of a schedule takes what the name means then.
    if isinstance(resource, ImageError) or ref.kind is MONITORING_SCHEDULE:
        return resource
    begun, created = (parse_time(answer.get("CreationTime")) for answer in (description, resource))
    if begun is None or created is None or created <= begun:
        return resource
    message = "the original resource was deleted; the current one of that name was created after the job started"
    return ImageError(code="not-found", message=message)


def _resource(client: Any, resource: Resource) -> Mapping[str, Any] | ImageError:
    kind = BY_RESOURCE_KIND[resource.kind]
    try:
        return _call(client, kind.describe_operation, **{kind.name_parameter: resource.name})
    except ClientError as exc:
        if _is_busy(exc):
            _too_busy(kind.describe_operation, exc)
        code, message = _code(exc), str(exc)
        if code in _DENIED:
            return ImageError(code="access-denied", message=message)
        return ImageError(code="not-found" if _is_missing(exc) else "failed", message=message)
    except ParamValidationError as exc:
        return ImageError(code="failed", message=str(exc))
    except BotoCoreError as exc:
        _too_busy(kind.describe_operation, exc)


def _tags(client: Any, arn: str) -> dict[str, str] | None:
    tags: dict[str, str] = {}
    page: dict[str, Any] = {"ResourceArn": arn}
    while True:
        try:
            answer = _call(client, "ListTags", **page)
        except ClientError as exc:
            if _is_busy(exc):
                _too_busy("ListTags", exc)
            return None
        except BotoCoreError as exc:
            _too_busy("ListTags", exc)
        tags.update(read_tags(answer.get("Tags")) or {})
        if not answer.get("NextToken"):
            return tags
        page["NextToken"] = answer["NextToken"]


def _call(client: Any, operation: str, **parameters: Any) -> Mapping[str, Any]:
    answer: Mapping[str, Any] = getattr(client, xform_name(operation))(**parameters)
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


def _too_busy(operation: str, exc: Exception) -> NoReturn:
    raise CollectError("the SageMaker API call failed", operation=operation, error=str(exc)) from exc


def _is_busy(exc: ClientError) -> bool:
    status = exc.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return _code(exc) in _BUSY or status >= 500 or status == 429


def _is_missing(exc: ClientError) -> bool:
    message = str(exc.response.get("Error", {}).get("Message", "")).lower()
    return _code(exc) in _MISSING or (
        _code(exc) == "ValidationException" and any(text in message for text in _MISSING_TEXTS)
    )


def _code(exc: ClientError) -> str:
    return str(exc.response.get("Error", {}).get("Code", ""))


def _evidence(exc: ClientError) -> dict[str, object]:
    return {"code": _code(exc), "error": str(exc)}
