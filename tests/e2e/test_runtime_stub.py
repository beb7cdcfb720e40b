"""The local stand-in for Lambda fails in the same cases as Lambda."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.lambda_runtime import FUNCTION_ARN, Environment, LambdaFailed

MODULE = """
import os, time

def echo(event, context):
    return [event, context.invoked_function_arn]

def die(event, context):
    os._exit(3)

def sleep(event, context):
    time.sleep(60)
"""


@pytest.fixture
def toy(tmp_path: Path, runtime: Path) -> Any:
    """Start one of the module's functions."""
    (tmp_path / "toy.py").write_text(MODULE)

    def start(function: str, timeout: float = 5) -> Environment:
        return Environment(
            [tmp_path, runtime], f"toy.{function}", python=Path(sys.executable), variables={}, timeout=timeout
        )

    return start


def test_a_response_is_returned(toy: Any) -> None:
    with toy("echo") as environment:
        assert [environment.invoke({"n": n}) for n in (1, 2)] == [[{"n": 1}, FUNCTION_ARN], [{"n": 2}, FUNCTION_ARN]]


@pytest.mark.parametrize(
    ("function", "error"),
    [("die", "Runtime.ExitError"), ("sleep", "Sandbox.Timedout"), ("missing", "Runtime.HandlerNotFound")],
)
def test_a_failure_has_the_type_that_lambda_gives_it(toy: Any, function: str, error: str) -> None:
    with pytest.raises(LambdaFailed) as failed, toy(function, timeout=0.5) as environment:
        environment.invoke({})
    assert failed.value.body["errorType"] == error
