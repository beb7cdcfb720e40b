"""What is told of a stack that can't be read, or isn't one of the guard's."""

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


def test_a_stack_that_cannot_be_read_is_told_with_the_code() -> None:
    error = _refused(refused("AccessDenied"))
    assert (error.message, error.evidence["stack"], error.evidence["code"]) == (
        "the stack can't be read",
        "s",
        "AccessDenied",
    )
    assert "AccessDenied" in str(error.evidence["error"])


def test_a_stack_of_something_else_is_told_with_the_output_that_it_lacks() -> None:
    error = _refused(_told(FunctionArn="f"))
    assert (error.evidence["stack"], error.evidence["output"]) == ("s", "DeadLetterQueueUrl")
