"""How long calls to AWS may take, and how often they are tried."""

from __future__ import annotations

from typing import Any

import pytest

from lambda_entry.clients import BOTO, BRIEF, client
from tests.support.jobs import REGION


@pytest.mark.parametrize(
    ("config", "connect", "read", "attempts"),
    [pytest.param(BOTO, 2, 5, 3, id="decides"), pytest.param(BRIEF, 1, 2, 2, id="tells")],
)
def test_all_attempts_at_a_call_fit_in_the_functions_timeout(config, connect, read, attempts) -> None:
    assert (config.connect_timeout, config.read_timeout, config.tcp_keepalive) == (connect, read, True)
    assert config.retries == {"mode": "legacy", "total_max_attempts": attempts}


@pytest.mark.parametrize(
    ("config", "read"), [pytest.param((), 5, id="unless told otherwise"), pytest.param((BRIEF,), 2, id="as told")]
)
def test_a_client_is_of_its_service_and_region_and_waits_as_long_as_a_decision_may(
    monkeypatch: pytest.MonkeyPatch, config: tuple[Any, ...], read: int
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    made = client("sqs", *config).meta
    assert (made.service_model.service_name, made.region_name, made.config.read_timeout) == ("sqs", REGION, read)


def test_a_client_for_an_arn_is_of_its_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    made = client("ssm", arn="arn:aws-cn:ssm:cn-north-1:111122223333:parameter/opa/token").meta
    assert (made.region_name, made.endpoint_url) == ("cn-north-1", "https://ssm.cn-north-1.amazonaws.com.cn")
