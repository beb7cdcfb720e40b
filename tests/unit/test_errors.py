"""Errors: the message, then the facts, each cut to a length that a log can hold."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from guard import errors
from guard.errors import GuardError, PolicyError, StopError, policy_error, stop_error


def _tree(error: type[GuardError], depth: int = 0) -> list[str]:
    """The names of the module's errors, each below its base and farther to the right."""
    below = [each for each in vars(errors).values() if isinstance(each, type) and each.__base__ is error]
    return ["  " * depth + error.__name__, *(line for each in below for line in _tree(each, depth + 1))]


def test_the_module_draws_its_errors_as_they_are() -> None:
    _, drawn = str(errors.__doc__).split("\n\n")
    assert re.findall(r"^ *\w+", drawn, re.MULTILINE) == _tree(GuardError)


def test_an_error_without_facts_is_its_message() -> None:
    error = GuardError("it failed")
    assert (str(error), error.message, error.args) == ("it failed", "it failed", ("it failed",))


def test_the_facts_follow_the_message() -> None:
    error = GuardError("it failed", job="a", status=500)
    assert (str(error), error.evidence) == ("it failed (job='a', status=500)", {"job": "a", "status": 500})


@pytest.mark.parametrize(("length", "cut"), [(998, False), (999, True)], ids=["fits", "too long"])
def test_a_long_fact_is_cut_in_the_text_and_whole_in_the_evidence(length: int, cut: bool) -> None:
    value = "x" * length
    shown = f"'{value}"[:1000] + "... (1,001 characters)" if cut else repr(value)
    error = GuardError("it failed", value=value)
    assert str(error) == f"it failed (value={shown})"
    assert error.evidence["value"] == value


@pytest.mark.parametrize(
    ("made", "kind", "said"),
    [(policy_error, PolicyError, "a fault of the engine"), (stop_error, StopError, "a fault of the guard")],
    ids=["engine", "stop"],
)
def test_a_fault_becomes_an_error_that_names_it_and_an_error_stays_itself(
    made: Callable[[Exception], GuardError], kind: type[GuardError], said: str
) -> None:
    fault = ZeroDivisionError("by nought")
    error = made(fault)
    assert (type(error), error.message, error.evidence) == (kind, said, {"error": "ZeroDivisionError: by nought"})
    assert error.__cause__ is fault
    assert made(error) is error
