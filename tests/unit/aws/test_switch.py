"""The switch: how long a value is cached, and the warning if it can't be read."""

from __future__ import annotations

import pytest

from guard.aws.switch import SECONDS, Switch
from tests.support.fakes import FakeSageMaker, refused

NAME = "/sagemaker-guard/enforcement"


@pytest.mark.parametrize(
    ("later", "calls"),
    [
        pytest.param(0.0, 1, id="at the same time"),
        pytest.param(SECONDS - 1, 1, id="soon after"),
        pytest.param(SECONDS, 2, id="when it has been held long enough"),
        pytest.param(-1.0, 2, id="a clock that was set back"),
    ],
)
def test_a_value_holds_for_some_seconds(later: float, calls: int) -> None:
    ssm, times = FakeSageMaker(GetParameter={"Parameter": {"Value": "on"}}), iter((1000.0, 1000.0 + later))
    switch = Switch(lambda: ssm, NAME, clock=lambda: next(times))
    switch()
    switch()
    assert ssm.calls == [("GetParameter", {"Name": NAME})] * calls


@pytest.mark.parametrize(("value", "warned"), [("on", 0), (" On\n", 0), ("off", 0), ("false", 1), ("disabled", 1)])
def test_a_value_that_is_neither_on_nor_off_is_warned_about(value: str, warned: int) -> None:
    permit = Switch(lambda: FakeSageMaker(GetParameter={"Parameter": {"Value": value}}), NAME)()
    assert [str(warning) for warning in permit.warnings] == [
        f"the switch is neither `on` nor `off`: jobs are stopped (parameter={NAME!r})"
    ] * warned


def test_a_refused_call_is_a_warning_with_its_evidence() -> None:
    ssm = FakeSageMaker(GetParameter=refused("ThrottlingException", "slow down"))
    (warning,) = Switch(lambda: ssm, NAME)().warnings
    assert (warning.evidence["parameter"], warning.evidence["code"]) == (NAME, "ThrottlingException")
    assert "slow down" in str(warning.evidence["error"])
