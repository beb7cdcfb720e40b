"""Rolling back: the aliases of both functions together, or nothing and the reason."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import NoRegionError

from tests.support.fakes import FakeSageMaker, refused
from tools.rollback import main

OUTPUTS = {"FunctionName": "events", "SweepFunctionName": "sweep"}


class Functions(FakeSageMaker):
    """Lambda with two functions, whose version 3 runs."""

    def __init__(self, *published: str) -> None:
        super().__init__(GetAlias={"FunctionVersion": "3"}, UpdateAlias={})
        self._published = [{"Version": version} for version in ("$LATEST", *published)]

    def get_paginator(self, _: str) -> Functions:
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        return [{"Versions": self._published}]

    def moved(self) -> list[tuple[str, str]]:
        return [
            (asked["FunctionName"], asked["FunctionVersion"]) for name, asked in self.calls if name == "UpdateAlias"
        ]


def _stack(**outputs: str) -> FakeSageMaker:
    listed = [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]
    return FakeSageMaker(DescribeStacks={"Stacks": [{"Outputs": listed}]})


def test_both_functions_run_the_version_before() -> None:
    functions = Functions("1", "2", "3", "4")
    assert main("s", {"cloudformation": _stack(**OUTPUTS), "lambda": functions}.__getitem__) == 0
    assert functions.moved() == [("events", "2"), ("sweep", "2")]


def test_without_an_earlier_version_nothing_is_changed(capsys: pytest.CaptureFixture[str]) -> None:
    functions = Functions("3", "4")
    assert main("s", {"cloudformation": _stack(**OUTPUTS), "lambda": functions}.__getitem__) == 1
    assert (functions.moved(), capsys.readouterr().err) == ([], "events has no version before 3; nothing was changed\n")


def _no_region(_: str) -> Any:
    raise NoRegionError


@pytest.mark.parametrize(
    ("client_of", "said"),
    [
        pytest.param(
            _no_region, "ConfigError: the stack can't be read (stack='s', code='NoRegionError'", id="no region"
        ),
        pytest.param(
            lambda _: FakeSageMaker(DescribeStacks=refused("ValidationError", "does not exist")),
            "ConfigError: the stack can't be read (stack='s', code='ValidationError'",
            id="no stack",
        ),
        pytest.param(
            lambda _: _stack(FunctionName="events"),
            "ConfigError: the stack has no such output: is it one of sagemaker-guard? (stack='s', output='SweepFunctionName')",
            id="another stack",
        ),
        pytest.param(
            {
                "cloudformation": _stack(**OUTPUTS),
                "lambda": FakeSageMaker(GetAlias=refused("AccessDeniedException")),
            }.__getitem__,
            "ConfigError: the stack can't be rolled back (stack='s', code='AccessDeniedException'",
            id="no right",
        ),
    ],
)
def test_what_keeps_it_from_rolling_back_is_told(client_of: Any, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main("s", client_of) == 2
    assert capsys.readouterr().err.startswith(f"error {said}")


def test_a_stack_without_a_name_is_not_looked_for(capsys: pytest.CaptureFixture[str]) -> None:
    """Of an empty name, the answer may be every stack of the region."""
    assert main("", {}.__getitem__) == 2
    assert capsys.readouterr().err == "error ConfigError: the name of the stack is empty\n"
