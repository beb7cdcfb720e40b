"""The errors for a stack that can't be read, or isn't one of the guard's."""

from __future__ import annotations

from typing import Any

import pytest

from guard.errors import ConfigError
from guard.operations.stack import find_stack
from tests.support.fakes import FakeSageMaker, refused


def _told(**outputs: str) -> dict[str, Any]:
    listed = [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]
    return {"Stacks": [{"Outputs": listed}]}


def _refused(described: Any) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        find_stack("s", lambda _: FakeSageMaker(DescribeStacks=described, GetFunctionConfiguration={}))
    return caught.value


def test_an_unreadable_stack_is_reported_with_the_code() -> None:
    error = _refused(refused("AccessDenied"))
    assert (error.message, error.evidence["stack"], error.evidence["code"]) == (
        "the stack can't be read",
        "s",
        "AccessDenied",
    )
    assert "AccessDenied" in str(error.evidence["error"])


def test_another_kind_of_stack_is_reported_with_the_missing_output() -> None:
    error = _refused(_told(FunctionArn="f"))
    assert (error.evidence["stack"], error.evidence["output"]) == ("s", "DeadLetterQueueUrl")


def _of_function(environment: Any) -> Any:
    described = _told(FunctionArn="f", DeadLetterQueueUrl="q")
    configuration = {"Environment": environment} if environment is not None else {}
    fake = FakeSageMaker(DescribeStacks=described, GetFunctionConfiguration=configuration)
    return lambda _: fake


def test_an_unreadable_function_is_reported_with_the_code() -> None:
    described = _told(FunctionArn="f", DeadLetterQueueUrl="q")
    fake = FakeSageMaker(DescribeStacks=described, GetFunctionConfiguration=refused("TooManyRequests"))
    with pytest.raises(ConfigError) as caught:
        find_stack("s", lambda _: fake)
    assert (caught.value.evidence["stack"], caught.value.evidence["code"]) == ("s", "TooManyRequests")


def test_a_stack_of_another_release_is_read_as_far_as_this_one_knows_its_settings() -> None:
    variables = {"GUARD_MODE": "audit", "GUARD_SETTING_B": "1", "GUARD_SETTING_A": "", "OTHER": "x"}
    found = find_stack("s", _of_function({"Variables": variables}))
    assert (found.settings.mode, found.unknown) == ("audit", ("GUARD_SETTING_A", "GUARD_SETTING_B"))


def test_settings_that_can_not_be_decrypted_are_not_taken_for_none() -> None:
    told = {"ErrorCode": "AccessDeniedException", "Message": "Lambda was unable to decrypt your environment variables"}
    with pytest.raises(ConfigError, match="the function's settings can't be read") as caught:
        find_stack("s", _of_function({"Error": told}))
    assert caught.value.evidence == {"stack": "s", "code": told["ErrorCode"], "error": told["Message"]}
