"""What each error of the SageMaker API means."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from guard.aws.refusals import (
    ForeignAnswer,
    checked,
    code,
    is_denied,
    is_missing_job,
    is_missing_resource,
    is_temporary,
    is_unreachable,
    may_have_been_served,
)
from tests.support.fakes import refused


@pytest.mark.parametrize(
    "code",
    [
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    ],
)
def test_every_code_that_botocore_retries_is_temporary(code) -> None:
    assert is_temporary(refused(code))


@pytest.mark.parametrize(
    "code",
    [
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
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    ],
)
def test_every_code_about_the_service_or_the_credentials_is_temporary(code) -> None:
    assert is_temporary(refused(code))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(refused("AccessDeniedException"), False, id="denied"),
        pytest.param(refused("ValidationException"), False, id="invalid"),
        pytest.param(refused("ResourceNotFound"), False, id="missing"),
        pytest.param(refused("Anything", status=499), False, id="other client error"),
        pytest.param(refused("Anything", status=500), True, id="server error"),
        pytest.param(refused("Anything", status=429), True, id="too many requests"),
        pytest.param(refused("ServiceUnavailable"), True, id="unavailable"),
        pytest.param(refused("ExpiredToken"), True, id="expired credentials"),
        pytest.param(NoCredentialsError(), True, id="no credentials"),
        pytest.param(ConnectTimeoutError(endpoint_url="x"), True, id="no connection"),
        pytest.param(ResponseParserError("x"), True, id="unparseable answer"),
        pytest.param(ParamValidationError(report="x"), False, id="invalid parameters"),
    ],
)
def test_is_temporary(error, expected) -> None:
    assert is_temporary(error) is expected


def _tried_again(code: str) -> Exception:
    error = refused(code)
    error.response["ResponseMetadata"]["RetryAttempts"] = 1
    return error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(refused("ValidationException"), False, id="refused at once"),
        pytest.param(_tried_again("ValidationException"), True, id="refused after a lost answer"),
        pytest.param(refused("InternalFailure", status=500), True, id="server error"),
        pytest.param(ReadTimeoutError(endpoint_url="x"), True, id="no answer"),
        pytest.param(ResponseParserError("x"), True, id="unparseable answer"),
        pytest.param(ParamValidationError(report="x"), False, id="never sent"),
    ],
)
def test_may_have_been_served(error, expected) -> None:
    assert may_have_been_served(error) is expected


TRAINING = "Requested resource not found."
JOB = "Could not find requested job with name: x"
UPDATED = "Could not find job to update with name x"


@pytest.mark.parametrize("operation", ["DescribeTrainingJob", "DescribeAutoMLJobV2"])
@pytest.mark.parametrize("name", ["ResourceNotFound", "ResourceNotFoundException"])
def test_a_job_is_missing_by_the_code_of_any_operation(operation, name) -> None:
    assert is_missing_job(operation, refused(name))


@pytest.mark.parametrize(
    ("operation", "message", "expected"),
    [
        pytest.param("DescribeTrainingJob", TRAINING, True, id="training"),
        pytest.param("DescribeProcessingJob", JOB, True, id="processing"),
        pytest.param("DescribeProcessingJob", UPDATED, True, id="processing, update"),
        pytest.param("DescribeTransformJob", JOB, True, id="transform"),
        pytest.param("DescribeTransformJob", UPDATED, True, id="transform, update"),
        pytest.param("DescribeTrainingJob", JOB, False, id="another operation's text"),
        pytest.param("DescribeTransformJob", TRAINING, False, id="training's text"),
        pytest.param("DescribeAutoMLJobV2", TRAINING, False, id="an operation without a text"),
        pytest.param("DescribeTrainingJob", f"x {TRAINING}", False, id="the text of something that it quotes"),
        pytest.param("DescribeTrainingJob", "", False, id="no text"),
        pytest.param("DescribeAutoMLJobV2", "", False, id="no text, and none known"),
    ],
)
def test_a_job_is_missing_by_its_operations_own_text(operation, message, expected) -> None:
    assert is_missing_job(operation, refused("ValidationException", message)) is expected


OTHER_CODES = ["AccessDeniedException", "ThrottlingException", "InternalFailure", "ValidationError", ""]


@pytest.mark.parametrize("name", OTHER_CODES)
def test_the_texts_count_only_with_their_own_code(name) -> None:
    assert not is_missing_job("DescribeTrainingJob", refused(name, TRAINING))
    assert not is_missing_resource(refused(name, "Could not find model x"))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(refused("ResourceNotFound"), True, id="by code"),
        pytest.param(refused("ValidationException", "Could not find model x"), True, id="could not find"),
        pytest.param(refused("ValidationException", "Cannot find algorithm x"), True, id="cannot find"),
        pytest.param(refused("ValidationException", "ModelPackage x NOT FOUND"), True, id="not found, in capitals"),
        pytest.param(refused("ValidationException", "x does not exist."), True, id="does not exist"),
        pytest.param(refused("ValidationException", "1 validation error detected"), False, id="invalid"),
        pytest.param(NoCredentialsError(), False, id="no answer"),
    ],
)
def test_is_missing_resource(error, expected) -> None:
    assert is_missing_resource(error) is expected


@pytest.mark.parametrize("name", ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"])
def test_each_code_of_a_missing_right_is_a_denial(name) -> None:
    assert is_denied(refused(name))


@pytest.mark.parametrize("error", [refused("ValidationException"), NoCredentialsError()], ids=["refused", "no answer"])
def test_nothing_else_is_a_denial(error) -> None:
    assert not is_denied(error)


def test_an_error_is_named_by_its_code_or_its_type() -> None:
    assert [code(refused("SlowDown")), code(NoCredentialsError())] == ["SlowDown", "NoCredentialsError"]


@pytest.mark.parametrize("response", [{}, {"Error": {}}], ids=["no error", "no code"])
def test_a_refusal_without_a_code_has_an_empty_one(response) -> None:
    error = ClientError(response, "StopTrainingJob")
    assert code(error) == ""
    said = [what(error) for what in (is_denied, is_temporary, is_missing_resource, may_have_been_served)]
    assert said == [False] * 4


@pytest.mark.parametrize(
    "metadata",
    [{}, None, {"RequestId": "x", "HTTPStatusCode": 200}, {"HTTPHeaders": {}}],
    ids=["none", "null", "the API's own", "without a status"],
)
def test_a_response_of_the_api_is_returned(metadata) -> None:
    response = {"ResponseMetadata": metadata}
    assert checked("StopTrainingJob", response) is response


@pytest.mark.parametrize("more", [{}, {"RequestId": ""}, {"RequestId": None}], ids=["none", "empty", "null"])
def test_a_response_without_a_request_id_is_foreign(more) -> None:
    with pytest.raises(ForeignAnswer, match="StopTrainingJob"):
        checked("StopTrainingJob", {"ResponseMetadata": {"HTTPStatusCode": 200} | more})


PROOFS = [
    ("BatchImportFindings", "FailedCount"),
    ("GetFindings", "Findings"),
    ("GetParameter", "Parameter"),
    ("Publish", "MessageId"),
    ("PutEvents", "FailedEntryCount"),
    ("SendMessage", "MessageId"),
]


@pytest.mark.parametrize("metadata", [{}, {"RequestId": "x"}], ids=["no request id", "a proxy's request id"])
@pytest.mark.parametrize(("operation", "proof"), PROOFS)
def test_what_a_served_call_always_returns_proves_the_response(operation, proof, metadata) -> None:
    response = {"ResponseMetadata": {"HTTPStatusCode": 200} | metadata}
    assert checked(operation, proven := response | {proof: 0}) is proven
    with pytest.raises(ForeignAnswer, match=f"{operation} lacks {proof}: "):
        checked(operation, response)


def test_an_error_of_the_service_needs_no_proof() -> None:
    response = {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
    assert checked("SendMessage", response) is response


@pytest.mark.parametrize(
    ("error", "unreachable"),
    [
        pytest.param(EndpointConnectionError(endpoint_url="u"), True, id="no connection"),
        pytest.param(ConnectTimeoutError(endpoint_url="u"), True, id="no connection in time"),
        pytest.param(ReadTimeoutError(endpoint_url="u"), True, id="no answer in time"),
        pytest.param(ConnectionClosedError(endpoint_url="u"), True, id="a connection that was closed"),
        pytest.param(refused("ServiceUnavailable", status=503), False, id="a service that is broken"),
        pytest.param(refused("ThrottlingException"), False, id="a service that is busy"),
        pytest.param(ForeignAnswer(operation="ListTrainingJobs", lacks="a request id"), False, id="a proxy's answer"),
        pytest.param(NoCredentialsError(), False, id="no credentials"),
        pytest.param(None, False, id="no error"),
    ],
)
def test_a_service_is_unreachable_where_nothing_answers(error: Exception | None, unreachable: bool) -> None:
    assert is_unreachable(error) is unreachable
