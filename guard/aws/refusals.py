"""Classifies errors of AWS APIs: the resource is missing, the call isn't allowed, or the failure is temporary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, ParamValidationError
from botocore.exceptions import ConnectionError as NoConnection
from botocore.parsers import ResponseParserError


class ForeignAnswer(BotoCoreError):
    """A response with a success status that doesn't come from the service.

    botocore parses any body with such a status, for example a proxy's sign-in page, as a response without members: as a job
    without images, a successful Stop call, a notice accepted by the queue, or a record stored in the bucket.
    """

    fmt = "the response to {operation} lacks {lacks}: something between the guard and the service sent it"


CALL_ERRORS: tuple[type[Exception], ...] = (ClientError, BotoCoreError, ResponseParserError)
"""Every exception that a botocore call raises. ResponseParserError, for an unparsable response, isn't a BotoCoreError."""

# A member that proves a response is the service's own: always present, and not sent by anything else. Responses of other
# operations are recognized by their request id. (An ETag, for example, proves nothing: any web server sends one.)
_PROOFS = {
    "BatchImportFindings": "FailedCount",
    "GetFindings": "Findings",
    "GetParameter": "Parameter",
    "Publish": "MessageId",
    "PutEvents": "FailedEntryCount",
    "SendMessage": "MessageId",
}

_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"})
_MISSING = frozenset({"ResourceNotFound", "ResourceNotFoundException"})

# For most unknown names SageMaker has no specific error code: these are the messages of its ValidationException, taken from
# traces of the real service. Operations that aren't listed are documented to return ResourceNotFound.
_TRAINING = ("Requested resource not found",)
_JOB = ("Could not find requested job with name", "Could not find job to update with name")
_MISSING_TEXTS: dict[str, tuple[str, ...]] = {
    "DescribeTrainingJob": _TRAINING,
    "DescribeProcessingJob": _JOB,
    "DescribeTransformJob": _JOB,
}
_MISSING_RESOURCE_TEXTS = ("could not find", "cannot find", "not found", "does not exist")

# Too many calls, by the guard or by anyone else in the account.
_THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
# None of these is about the job: capacity, failures of the service, credentials that are being renewed.
_TEMPORARY = _THROTTLED | frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "InternalServerException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "RequestExpired",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)


def refuse_foreign(**after_call: Any) -> None:
    """Raise ForeignAnswer for a response that the service didn't send; a handler of botocore's event `after-call`."""
    checked(after_call["model"].name, after_call["parsed"])


def checked(operation: str, response: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the response. Raises ForeignAnswer for a successful response that the service didn't send."""
    metadata = response.get("ResponseMetadata") or {}
    if int(metadata.get("HTTPStatusCode", 300)) < 300:
        proof = _PROOFS.get(operation)
        if not metadata.get("RequestId") if proof is None else response.get(proof) is None:
            raise ForeignAnswer(operation=operation, lacks=proof or "a request id")
    return response


def code(error: Exception) -> str:
    """Return the API's error code, or the name of the exception where the API returned none."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return type(error).__name__


def is_denied(error: Exception) -> bool:
    """Return whether the role lacks the permission for the call."""
    return isinstance(error, ClientError) and code(error) in _DENIED


def is_unsupported(error: Exception) -> bool:
    """Return whether SageMaker lacks the operation in this region, as it does permanently for some job kinds."""
    return isinstance(error, ClientError) and code(error) == "UnknownOperationException"


def is_missing_job(operation: str, error: Exception) -> bool:
    """Return whether SageMaker reports that the job doesn't exist, by error code or by the operation's known message."""
    if code(error) in _MISSING:
        return True
    return code(error) == "ValidationException" and _text(error).startswith(_MISSING_TEXTS.get(operation, ("\0",)))


def is_missing_resource(error: Exception) -> bool:
    """Return whether SageMaker reports that a model, algorithm or similar resource doesn't exist."""
    text = _text(error).lower()
    return code(error) in _MISSING or (
        code(error) == "ValidationException" and any(known in text for known in _MISSING_RESOURCE_TEXTS)
    )


def is_temporary(error: Exception) -> bool:
    """Return whether the error isn't about the requested resource: throttling, outage, lost connection, or invalid signature."""
    if isinstance(error, ClientError):
        return code(error) in _TEMPORARY or _status(error) >= 500 or is_throttled(error)
    return not isinstance(error, ParamValidationError)


def is_throttled(error: Exception) -> bool:
    """Return whether the call was throttled, so that it had no effect and can be retried soon."""
    return isinstance(error, ClientError) and (code(error) in _THROTTLED or _status(error) == 429)


def is_unreachable(error: BaseException | None) -> bool:
    """Return whether there was no response at all: no connection, or one that broke or timed out before the response."""
    return isinstance(error, NoConnection | HTTPClientError)


def may_have_been_served(error: Exception) -> bool:
    """Return whether the failed call may have taken effect: a response was lost, of this attempt or one that botocore retried."""
    if not isinstance(error, ClientError):
        return not isinstance(error, ParamValidationError)
    return _status(error) >= 500 or int(_metadata(error).get("RetryAttempts", 0)) > 0


def _status(error: ClientError) -> int:
    return int(_metadata(error).get("HTTPStatusCode", 0))


def _metadata(error: ClientError) -> Mapping[str, Any]:
    return error.response.get("ResponseMetadata", {})


def _text(error: Exception) -> str:
    return str(error.response.get("Error", {}).get("Message", "")) if isinstance(error, ClientError) else ""
