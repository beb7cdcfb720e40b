"""CloudTrail's spelling of a call's parameters, and who made it."""

from __future__ import annotations

import pytest

from guard.sources.cloudtrail import actor, to_api_case


@pytest.mark.parametrize(
    ("recorded", "parameters"),
    [
        pytest.param({"roleArn": "r"}, {"RoleArn": "r"}, id="a field"),
        pytest.param({"vpcConfig": {"subnets": ["s"]}}, {"VpcConfig": {"Subnets": ["s"]}}, id="below another"),
        pytest.param(
            {"inputDataConfig": [{"channelName": "a"}]}, {"InputDataConfig": [{"ChannelName": "a"}]}, id="in a list"
        ),
        pytest.param(
            {"environment": {"stage": "dev"}}, {"Environment": {"stage": "dev"}}, id="a name that a user chose"
        ),
        pytest.param({5: "x", "roleArn": "r"}, {"RoleArn": "r"}, id="no name"),
    ],
)
def test_parameters_are_spelt_as_the_api_does(recorded, parameters) -> None:
    assert to_api_case(recorded) == parameters


def test_the_actor_has_the_service_that_made_the_call() -> None:
    assert actor({"userIdentity": {"invokedBy": "sagemaker.amazonaws.com"}}).invoked_by == "sagemaker.amazonaws.com"
