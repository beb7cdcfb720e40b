"""A failing sink is reported as a failure of its own and doesn't affect the other sinks."""

from __future__ import annotations

import pytest

from guard.errors import LogError
from guard.log.sinks import DecisionLog
from guard.record import Record
from tests.support.records import ARN, denied


class Sink:
    """Stores records, or raises the given error."""

    def __init__(self, name: str, error: Exception | None = None) -> None:
        self.name, self.error = name, error
        self.kept: list[Record] = []

    def write(self, record: Record) -> None:
        if self.error is not None:
            raise self.error
        self.kept.append(record)


def test_what_breaks_in_a_sink_is_an_error_with_its_cause() -> None:
    cause = ValueError("no such place")
    (failure,) = DecisionLog(Sink("objects", cause)).write(denied())
    assert failure.evidence == {
        "sink": "objects",
        "decision_id": "decision-1",
        "job": ARN,
        "error": "ValueError: no such place",
    }
    assert failure.__cause__ is cause


@pytest.mark.parametrize("error", [LogError("full"), OSError("gone")], ids=["of its own", "of another kind"])
def test_every_other_sink_keeps_the_record(error: Exception) -> None:
    before, after = Sink("before"), Sink("after")
    failures = DecisionLog(before, Sink("between", error), after).write(denied())
    assert (len(failures), before.kept, after.kept) == (1, [denied()], [denied()])


def test_an_error_of_the_log_is_passed_on_as_it_is() -> None:
    error = LogError("full")
    assert DecisionLog(Sink("objects", error)).write(denied()) == (error,)
