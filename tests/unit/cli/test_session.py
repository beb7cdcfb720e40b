"""The region that the commands act in: that of the AWS CLI, version 2."""

from __future__ import annotations

import pytest

from guard.cli.session import new_session


@pytest.mark.parametrize(
    ("variables", "region"),
    [
        pytest.param({"AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-1", id="as boto3 finds it"),
        pytest.param({"AWS_DEFAULT_REGION": "eu-west-1", "AWS_REGION": "eu-north-1"}, "eu-north-1", id="another one"),
        pytest.param({"AWS_DEFAULT_REGION": "eu-west-1", "AWS_REGION": ""}, "eu-west-1", id="none"),
    ],
)
def test_the_commands_act_in_the_region_that_make_deploy_deploys_to(
    variables: dict[str, str], region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert new_session().region_name == region
