"""What an error of an AWS API means: the thing is missing, the call isn't allowed, or the service can't answer for now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, ParamValidationError
from botocore.exceptions import ConnectionError as NoConnection
from botocore.parsers import ResponseParserError


class ForeignAnswer(BotoCoreError):
    """A response with the status of a success that isn't the service's own.

    botocore takes any body with that status, as a proxy's sign-in page, for a response without members: a job without images,
    a Stop that was served, a notice that the queue has, a record that the bucket keeps.
    """

    fmt = "the response to {operation} lacks {lacks}: something between the guard and the service sent it"


CALL_ERRORS: tuple[type[Exception], ...] = (ClientError, BotoCoreError, ResponseParserError)
"""All that a call of botocore raises. ResponseParserError, for a response that can't be parsed, is no BotoCoreError."""

# What the response to a served call always has, where that is a member of its own that nothing else would send; any other has
# the request id: an ETag stands on every page of a web server.
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

# SageMaker has no error code of its own for most unknown names: these are the texts of its ValidationException, as seen in
# traces of the real service. The operations that aren't listed are documented with ResourceNotFound.
_TRAINING = ("Requested resource not found",)
_JOB = ("Could not find requested job with name", "Could not find job to update with name")
_MISSING_TEXTS: dict[str, tuple[str, ...]] = {
    "DescribeTrainingJob": _TRAINING,
    "DescribeProcessingJob": _JOB,
    "DescribeTransformJob": _JOB,
}
_MISSING_RESOURCE_TEXTS = ("could not find", "cannot find", "not found", "does not exist")

# Too many calls, whoever made them.
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
# Nothing that SageMaker says with these is about the job: capacity, faults of the service, credentials that are being renewed.
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
    """Raise ForeignAnswer for what something else than the service sent; a handler of botocore's event `after-call`."""
    checked(after_call["model"].name, after_call["parsed"])


def checked(operation: str, response: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the response. Raises ForeignAnswer for a success that something else than the service sent."""
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
    """Whether the role has no right to the call."""
    return isinstance(error, ClientError) and code(error) in _DENIED


def is_unsupported(error: Exception) -> bool:
    """Whether SageMaker in this region has no such operation; said of some kinds of jobs, and for as long as that is so."""
    return isinstance(error, ClientError) and code(error) == "UnknownOperationException"


def is_missing_job(operation: str, error: Exception) -> bool:
    """Whether SageMaker says that the job doesn't exist, by error code or by the operation's own known text."""
    if code(error) in _MISSING:
        return True
    return code(error) == "ValidationException" and _text(error).startswith(_MISSING_TEXTS.get(operation, ("\0",)))


def is_missing_resource(error: Exception) -> bool:
    """Whether SageMaker says that a model, an algorithm or the like doesn't exist."""
    text = _text(error).lower()
    return code(error) in _MISSING or (
        code(error) == "ValidationException" and any(known in text for known in _MISSING_RESOURCE_TEXTS)
    )


def is_temporary(error: Exception) -> bool:
    """Whether the error says nothing about what was asked for: busy, broken, unreachable, or not signed as it should be."""
    if isinstance(error, ClientError):
        return code(error) in _TEMPORARY or _status(error) >= 500 or is_throttled(error)
    return not isinstance(error, ParamValidationError)


def is_throttled(error: Exception) -> bool:
    """Whether the account has made too many calls: this one wasn't served, and may be in a moment."""
    return isinstance(error, ClientError) and (code(error) in _THROTTLED or _status(error) == 429)


def is_unreachable(error: BaseException | None) -> bool:
    """Whether nothing answered at all: no connection, or none that lasted until there was an answer."""
    return isinstance(error, NoConnection | HTTPClientError)


def may_have_been_served(error: Exception) -> bool:
    """Whether the call may have taken effect although it failed: its answer was lost, now or before one of botocore's retries."""
    if not isinstance(error, ClientError):
        return not isinstance(error, ParamValidationError)
    return _status(error) >= 500 or int(_metadata(error).get("RetryAttempts", 0)) > 0


def _status(error: ClientError) -> int:
    return int(_metadata(error).get("HTTPStatusCode", 0))


def _metadata(error: ClientError) -> Mapping[str, Any]:
    return error.response.get("ResponseMetadata", {})


def _text(error: Exception) -> str:
    return str(error.response.get("Error", {}).get("Message", "")) if isinstance(error, ClientError) else ""
