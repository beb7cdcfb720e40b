"""The region that the commands use: the one that version 2 of the AWS CLI uses."""

from __future__ import annotations

import pytest

from guard.cli.session import client_in, new_session
from guard.errors import ConfigError


@pytest.mark.parametrize(
    ("variables", "region"),
    [
        pytest.param({"AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-1", id="as boto3 finds it"),
        pytest.param({"AWS_DEFAULT_REGION": "eu-west-1", "AWS_REGION": "eu-north-1"}, "eu-north-1", id="another one"),
        pytest.param({"AWS_DEFAULT_REGION": "eu-west-1", "AWS_REGION": ""}, "eu-west-1", id="none"),
    ],
)
def test_the_commands_use_the_region_that_make_deploy_deploys_to(
    variables: dict[str, str], region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert new_session().region_name == region


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({"AWS_PROFILE": "nope"}, id="no such profile"),
        pytest.param({"AWS_MAX_ATTEMPTS": "abc"}, id="not a number"),
        pytest.param({"AWS_ENDPOINT_URL": "localhost:4566"}, id="an address without a scheme"),
        pytest.param({"AWS_DEFAULT_REGION": "eu west"}, id="not a region"),
    ],
)
def test_an_unusable_configuration_is_a_config_error(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match="the AWS configuration can't be used") as refused:
        client_in(new_session(), "sqs")
    assert next(iter(variables.values())) in refused.value.evidence["error"]
