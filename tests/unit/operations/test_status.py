"""How old the last sweep is said to be, and what its report makes somebody look at."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from guard.operations.stack import Stack
from guard.operations.status import Part, status
from guard.settings import Settings
from tests.support.fakes import FakeSageMaker

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def _last_sweep(age: timedelta, **report: Any) -> Part:
    counts = {"listed": 3, "known": 2, "judged": 1, "complete": True, "started_at": (NOW - age).isoformat()}
    table = FakeSageMaker(GetItem={"Item": {"report": {"S": json.dumps(counts | report)}}})
    queue = FakeSageMaker(GetQueueAttributes={"Attributes": {}})
    clients = {"dynamodb": table, "sqs": queue}
    stack = Stack("s", "guard", "url", Settings(state_table="state"))
    (found,) = [part for part in status(stack, clients.__getitem__, NOW) if part.name == "last sweep"]
    return found


def test_a_guard_without_a_switch_stops_denied_jobs() -> None:
    stack = Stack("s", "guard", "url", Settings())
    clients = {"dynamodb": FakeSageMaker(GetItem={}), "sqs": FakeSageMaker(GetQueueAttributes={"Attributes": {}})}
    (found,) = [part for part in status(stack, clients.__getitem__, NOW) if part.name == "switch"]
    assert (found.text, found.facts, found.attention) == ("none", {"parameter": None, "enforcement": "on"}, False)


@pytest.mark.parametrize(
    ("age", "said"),
    [
        pytest.param({"seconds": -5}, "0 min", id="by a clock that is ahead"),
        pytest.param({"seconds": 59}, "0 min", id="just now"),
        pytest.param({"seconds": 60}, "1 min", id="a minute"),
        pytest.param({"minutes": 75}, "75 min", id="as old as it may be"),
        pytest.param({"minutes": 75, "seconds": 1}, "OVERDUE, 75 min", id="older than it may be"),
        pytest.param({"minutes": 119}, "OVERDUE, 119 min", id="minutes"),
        pytest.param({"minutes": 120}, "OVERDUE, 2 h", id="two hours"),
        pytest.param({"hours": 48, "seconds": -1}, "OVERDUE, 47 h", id="hours"),
        pytest.param({"hours": 48}, "OVERDUE, 2 days", id="two days"),
    ],
)
def test_the_age_of_the_last_sweep_is_told_in_its_unit(age: dict[str, int], said: str) -> None:
    sweep = _last_sweep(timedelta(**age))
    text = f"{said} ago, 3 jobs: 2 unchanged, 1 judged"
    assert (sweep.text, sweep.attention) == (text, said.startswith("OVERDUE"))


@pytest.mark.parametrize(
    ("report", "more", "attention"),
    [
        pytest.param({"outcomes": {"failed": 1, "stopped": 2}}, " (1 failed, 2 stopped)", False, id="outcomes"),
        pytest.param({"complete": False}, "; not complete, the next one goes on", False, id="not complete"),
        pytest.param({"undecided_jobs": 4}, "; 4 jobs could not be judged for too long", True, id="undecided"),
        pytest.param({"failures": {"ListError": 1}, "first_failure": "no list"}, "; no list", True, id="failures"),
    ],
)
def test_what_a_sweep_could_not_do_is_told(report: dict[str, Any], more: str, attention: bool) -> None:
    sweep = _last_sweep(timedelta(0), **report)
    assert (sweep.text, sweep.attention) == (f"0 min ago, 3 jobs: 2 unchanged, 1 judged{more}", attention)
