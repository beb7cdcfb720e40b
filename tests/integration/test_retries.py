"""How often a call to SageMaker is attempted: as often after an outage, and in the middle of one, as before it."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import boto3
import botocore.endpoint
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from guard.aws.refusals import CALL_ERRORS
from lambda_entry.clients import BOTO
from tests.support.jobs import ACCOUNT, REGION

ATTEMPTS = 3
# botocore's standard mode has 500 tokens for the life of a client, and takes 14 for a retry: 18 failing calls have them all.
CALLS = 60


def answer(status: int, code: str) -> AWSResponse:
    body = json.dumps({"__type": code, "message": "injected by the test"}).encode()
    raw = SimpleNamespace(stream=lambda *_, **__: iter([body]))
    return AWSResponse("https://localhost", status, {"content-type": "application/x-amz-json-1.1"}, raw)


FAULTS = [
    pytest.param(lambda: answer(400, "ThrottlingException"), id="throttled"),
    pytest.param(lambda: answer(429, "TooManyRequestsException"), id="too many requests"),
    pytest.param(lambda: answer(500, "InternalFailure"), id="500"),
    pytest.param(lambda: answer(502, ""), id="502"),
    pytest.param(lambda: answer(503, "ServiceUnavailable"), id="503"),
    pytest.param(lambda: answer(504, ""), id="504"),
    pytest.param(lambda: ConnectTimeoutError(endpoint_url="x"), id="connect timeout"),
    pytest.param(lambda: ReadTimeoutError(endpoint_url="x"), id="read timeout"),
    pytest.param(lambda: EndpointConnectionError(endpoint_url="x"), id="refused connection"),
    pytest.param(lambda: ConnectionClosedError(endpoint_url="x"), id="lost connection"),
]


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client as the guard has it in Lambda, which doesn't wait between attempts."""
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _: None))
    return boto3.client("sagemaker", region_name=REGION, config=BOTO)


@pytest.mark.parametrize("fault", FAULTS)
def test_each_call_is_attempted_as_often_however_many_failed_before_it(
    client: Any, fault: Callable[[], AWSResponse | Exception]
) -> None:
    attempts: list[int] = []

    def send(**_: Any) -> AWSResponse:
        attempts[-1] += 1
        came = fault()
        if isinstance(came, Exception):
            raise came
        return came

    client.meta.events.register("before-send.sagemaker", send)
    for _ in range(CALLS):
        attempts.append(0)
        with pytest.raises(CALL_ERRORS):
            client.list_tags(ResourceArn=f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:training-job/job")
    assert attempts == [ATTEMPTS] * CALLS


def test_a_refusal_is_not_attempted_again(client: Any) -> None:
    sent: list[object] = []

    def send(request: object, **_: Any) -> AWSResponse:
        sent.append(request)
        return answer(400, "ValidationException")

    client.meta.events.register("before-send.sagemaker", send)
    with pytest.raises(CALL_ERRORS):
        client.list_tags(ResourceArn=f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:training-job/job")
    assert len(sent) == 1
