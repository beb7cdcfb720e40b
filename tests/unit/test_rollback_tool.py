"""Rolling back: the aliases of both functions move together, or an error is printed."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import NoRegionError

from tests.support.fakes import FakeSageMaker, refused
from tools.rollback import main

OUTPUTS = {"FunctionName": "events", "SweepFunctionName": "sweep"}


class Functions(FakeSageMaker):
    """Lambda with two functions, each with versions of releases and an alias with a description."""

    def __init__(self, *releases: str) -> None:
        super().__init__(GetAlias=self._get_alias, UpdateAlias=self._update_alias)
        self.published: dict[str, list[str]] = {"events": [], "sweep": []}
        self.aliases: dict[str, dict[str, str]] = {"events": {}, "sweep": {}}
        self.refused: set[str] = set()
        for release in releases:
            self.deploy(release)

    def deploy(self, release: str, *, only: str | None = None) -> None:
        """Publish a version of both functions and move the aliases to it, as CloudFormation does; `only` fails after one."""
        for name in [only] if only else self.published:
            self.published[name].append(f"release {release}")
        for name in () if only else self.aliases:
            self.aliases[name]["FunctionVersion"] = str(len(self.published[name]))

    def running(self) -> list[str]:
        """The release that each function runs."""
        return [
            self.published[name][int(alias["FunctionVersion"]) - 1].split()[1] for name, alias in self.aliases.items()
        ]

    def get_paginator(self, _: str) -> Functions:
        return self

    def paginate(self, FunctionName: str) -> list[dict[str, Any]]:  # noqa: N803
        versions = [
            {"Version": str(n), "Description": told} for n, told in enumerate(self.published[FunctionName], start=1)
        ]
        return [
            {"Versions": [{"Version": "$LATEST", "Description": "Stops jobs"}, *versions[:1]]},
            {"Versions": versions[1:]},
        ]

    def _get_alias(self, FunctionName: str, Name: str) -> dict[str, str]:  # noqa: N803
        assert Name == "live"
        return self.aliases[FunctionName]

    def _update_alias(self, FunctionName: str, Name: str, **changes: str) -> dict[str, str]:  # noqa: N803
        assert Name == "live"
        if FunctionName in self.refused:
            raise refused("TooManyRequestsException", "Rate exceeded", 429)
        self.aliases[FunctionName] |= changes
        return {}


def _stack(**outputs: str) -> FakeSageMaker:
    listed = [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]
    return FakeSageMaker(DescribeStacks={"Stacks": [{"Outputs": listed}]})


def _rollback(functions: Functions) -> int:
    return main("s", {"cloudformation": _stack(**OUTPUTS), "lambda": functions}.__getitem__)


def test_both_functions_run_the_release_before(capsys: pytest.CaptureFixture[str]) -> None:
    functions = Functions("a", "b", "c")
    assert (_rollback(functions), functions.running()) == (0, ["b", "b"])
    assert capsys.readouterr().out.splitlines() == [
        "events: version 2 (release b) runs now instead of 3",
        "sweep: version 2 (release b) runs now instead of 3",
    ]


def test_a_second_rollback_goes_back_by_one_more() -> None:
    functions = Functions("a", "b", "c")
    assert [(_rollback(functions), functions.running()) for _ in "12"] == [(0, ["b", "b"]), (0, ["a", "a"])]


def test_an_interrupted_rollback_is_finished_by_the_next(capsys: pytest.CaptureFixture[str]) -> None:
    functions = Functions("a", "b", "c")
    functions.refused = {"sweep"}
    assert (_rollback(functions), functions.running()) == (2, ["b", "c"])
    printed = capsys.readouterr()
    assert printed.out == "events: version 2 (release b) runs now instead of 3\n"
    assert printed.err.startswith(
        "error ConfigError: only some functions were rolled back: repeat it (stack='s', moved=['events']"
    )
    functions.refused = set()
    assert (_rollback(functions), functions.running()) == (0, ["b", "b"])
    assert capsys.readouterr().out == "sweep: version 2 (release b) runs now instead of 3\n"
    functions.deploy("d")
    assert (_rollback(functions), functions.running()) == (0, ["b", "b"])


def test_a_release_that_was_rolled_back_from_does_not_run_again() -> None:
    functions = Functions("a", "b", "bad")
    _rollback(functions)
    functions.deploy("worse")
    assert (_rollback(functions), functions.running()) == (0, ["b", "b"])


def test_a_release_that_was_deployed_again_can_run_again() -> None:
    functions = Functions("a", "b")
    _rollback(functions)
    functions.deploy("b")
    functions.deploy("c")
    assert (_rollback(functions), functions.running()) == (0, ["b", "b"])
    assert [alias["FunctionVersion"] for alias in functions.aliases.values()] == ["3", "3"]


def test_another_version_of_the_running_release_is_not_a_target() -> None:
    functions = Functions("a", "b", "c")
    _rollback(functions)
    functions.deploy("b")
    assert (_rollback(functions), functions.running()) == (0, ["a", "a"])


def test_a_release_that_only_one_function_has_is_not_a_target() -> None:
    functions = Functions("a")
    functions.deploy("failed", only="events")
    functions.deploy("b")
    assert (_rollback(functions), functions.running()) == (0, ["a", "a"])


def test_the_latest_versions_that_were_rolled_back_from_fit_in_the_alias() -> None:
    functions = Functions("a", *(f"b{n}" for n in range(100)))
    assert [_rollback(functions) for _ in range(40)] == [0] * 40
    assert max(len(alias["Description"]) for alias in functions.aliases.values()) <= 256


def test_without_an_earlier_release_nothing_is_changed(capsys: pytest.CaptureFixture[str]) -> None:
    functions = Functions("a")
    assert (_rollback(functions), functions.running()) == (1, ["a", "a"])
    error = "events and sweep have no earlier release in common that wasn't rolled back from; nothing was changed\n"
    assert capsys.readouterr().err == error
    assert "UpdateAlias" not in functions.operations()


def _no_region(_: str) -> Any:
    raise NoRegionError


@pytest.mark.parametrize(
    ("client_of", "error"),
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
def test_errors_are_printed(client_of: Any, error: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main("s", client_of) == 2
    assert capsys.readouterr().err.startswith(f"error {error}")


def test_an_empty_stack_name_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """With an empty name, the API may return every stack of the region."""
    assert main("", {}.__getitem__) == 2
    assert capsys.readouterr().err == "error ConfigError: the name of the stack is empty\n"
