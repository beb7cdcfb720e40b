"""What each error of the SageMaker API means."""

from __future__ import annotations

import pytest
from botocore.exceptions import ConnectTimeoutError, NoCredentialsError, ParamValidationError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from guard.aws.refusals import is_for_now, may_have_been_served
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
def test_every_code_that_botocore_tries_again_is_for_now(code) -> None:
    assert is_for_now(refused(code))


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
def test_is_for_now(error, expected) -> None:
    assert is_for_now(error) is expected


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
