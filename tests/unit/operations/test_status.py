"""The text of each part of the status, and when it needs attention."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from guard.limits.breaker import Breaker
from guard.operations.stack import Stack
from guard.operations.status import Part, status
from guard.settings import Settings
from tests.support.fakes import FakeSageMaker
from tests.unit.limits.test_breaker import BOUNDS, Numbers, denied

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def _part(name: str, item: Any = None, letters: Any = None, **settings: Any) -> Part:
    """One part of the status, with this item in the table and these numbers of letters in the queue."""
    table = FakeSageMaker(GetItem={"Item": item or {}})
    queue = FakeSageMaker(GetQueueAttributes={"Attributes": letters or {}})
    clients = {"dynamodb": table, "sqs": queue}
    stack = Stack("s", "guard", "url", Settings(state_table="state", **settings))
    (found,) = [part for part in status(stack, clients.__getitem__, NOW) if part.name == name]
    return found


def _reported(name: str, **report: Any) -> Part:
    counts = {"listed": 3, "known": 2, "judged": 1, "complete": True, "started_at": NOW.isoformat()}
    return _part(name, {"report": {"S": json.dumps(counts | report)}})


def _last_sweep(age: timedelta, **report: Any) -> Part:
    return _reported("last sweep", started_at=(NOW - age).isoformat(), **report)


def test_a_guard_without_a_switch_stops_denied_jobs() -> None:
    found = _part("switch")
    assert (found.text, found.facts, found.attention) == ("none", {"parameter": None, "enforcement": "on"}, False)


def _breaker(stops: int, share: int, *denials: str) -> Part:
    """The breaker's part after a stop for each of the denials, and with these bounds."""
    settings = {"breaker_stops": stops, "breaker_rule_share": share, "breaker_rule_jobs": 1, "breaker_minutes": 10}
    numbers = Numbers()
    for rule in denials:
        Breaker(numbers, replace(BOUNDS, stops=stops, rule_share=share), clock=lambda: NOW).permit(denied(rule))
    counted = {name: {"N": str(number)} for name, number in numbers.values.items()}
    return _part("breaker", counted, **settings)


@pytest.mark.parametrize(
    ("stops", "share", "denials", "text", "attention"),
    [
        pytest.param(2, 0, ["a"], "closed: 1 of 2 stops and 0 withheld in 10 min", False, id="below its bound"),
        pytest.param(2, 0, ["a", "a"], "OPEN: 2 of 2 stops and 0 withheld in 10 min", True, id="at its bound"),
        pytest.param(0, 0, ["a", "b"], "closed: 2 stops and 0 withheld in 10 min", False, id="without a bound"),
        pytest.param(
            0, 50, ["b", "b"], "closed: 1 stops and 1 withheld in 10 min; suspected: b", True, id="a rule's share"
        ),
        pytest.param(
            0,
            40,
            ["b", "a", "b", "a"],
            "closed: 2 stops and 2 withheld in 10 min; suspected: a, b",
            True,
            id="two rules",
        ),
    ],
)
def test_the_breakers_part_has_its_bound_and_the_suspected_rules(
    stops: int, share: int, denials: list[str], text: str, attention: bool
) -> None:
    found = _breaker(stops, share, *denials)
    assert (found.text, found.attention) == (text, attention)


def test_the_breakers_numbers_are_facts() -> None:
    assert _breaker(3, 60, "b", "a", "c", "a", "b", "b").facts == {
        "open": True,
        "stops": 3,
        "limit": 3,
        "minutes": 10,
        "withheld": 3,
        "judged": 3,
        "denied_by": {"a": 1, "b": 1, "c": 1},
        "suspected_rules": [],
    }
    assert _breaker(0, 50, "b", "b", "a", "b").facts == {
        "open": False,
        "stops": 2,
        "limit": 0,
        "minutes": 10,
        "withheld": 2,
        "judged": 2,
        "denied_by": {"a": 1, "b": 1},
        "suspected_rules": ["b"],
    }


@pytest.mark.parametrize(
    ("report", "text", "revision"),
    [
        pytest.param({"bundle_revision": "r1"}, "revision r1 at the last sweep", "r1", id="known"),
        pytest.param({}, "unknown: the last sweep got no response from OPA", None, id="no answer"),
        pytest.param({"started_at": None}, "unknown until a sweep has ended", None, id="no sweep yet"),
    ],
)
def test_the_policies_are_those_of_the_last_sweep(report: Any, text: str, revision: str | None) -> None:
    found = _reported("policies", **report)
    assert (found.text, found.facts, found.attention) == (text, {"revision": revision}, False)


@pytest.mark.parametrize(
    ("days", "said", "attention"),
    [
        pytest.param(-1, "ended 2026-11-22", True, id="yesterday"),
        pytest.param(0, "ends 2026-11-23", True, id="today"),
        pytest.param(7, "ends 2026-11-30", True, id="in a week"),
        pytest.param(8, "ends 2026-12-01", False, id="later"),
    ],
)
def test_an_exemption_that_ends_within_a_week_needs_attention(days: int, said: str, attention: bool) -> None:
    expires = (NOW + timedelta(days=days)).date().isoformat()
    ending = [
        {"id": "EX-1", "owner": "churn", "expires": expires},
        {"id": "EX-2", "owner": "b", "expires": "2026-12-09"},
    ]
    found = _reported("exemptions", exemptions=ending)
    assert (found.text, found.attention) == (f"EX-1 (churn) {said}; EX-2 (b) ends 2026-12-09", attention)
    assert found.facts == {"ending": ending}


def test_the_exemptions_part_says_if_none_ends_soon() -> None:
    found = _reported("exemptions", exemptions=[])
    assert (found.text, found.facts, found.attention) == ("none ends within 30 days", {"ending": []}, False)


@pytest.mark.parametrize(
    ("waiting", "hidden", "number", "text"),
    [
        pytest.param("0", "0", 0, "none", id="none"),
        pytest.param("2", "0", 2, "2: see them with `sagemaker-guard redrive`", id="waiting"),
        pytest.param("0", "1", 1, "1: see them with `sagemaker-guard redrive`", id="being looked at"),
    ],
)
def test_the_dead_letters_are_all_that_the_queue_has(waiting: str, hidden: str, number: int, text: str) -> None:
    letters = {"ApproximateNumberOfMessages": waiting, "ApproximateNumberOfMessagesNotVisible": hidden}
    found = _part("dead letters", letters=letters)
    assert (found.text, found.facts, found.attention) == (text, {"number": number}, number > 0)


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
def test_the_age_of_the_last_sweep_has_a_suitable_unit(age: dict[str, int], said: str) -> None:
    sweep = _last_sweep(timedelta(**age))
    text = f"{said} ago, 3 jobs: 2 unchanged, 1 judged"
    assert (sweep.text, sweep.attention) == (text, said.startswith("OVERDUE"))


@pytest.mark.parametrize(
    ("report", "more", "attention"),
    [
        pytest.param({"outcomes": {"failed": 1, "stopped": 2}}, " (1 failed, 2 stopped)", False, id="outcomes"),
        pytest.param({"complete": False}, "; not complete, the next one continues", False, id="not complete"),
        pytest.param({"undecided_jobs": 4}, "; 4 jobs could not be judged for too long", True, id="undecided"),
        pytest.param(
            {"unsupported": ["ListEdgePackagingJobs"]},
            "; not in this region: ListEdgePackagingJobs",
            False,
            id="unsupported",
        ),
        pytest.param({"failures": {"ListError": 1}, "first_failure": "no list"}, "; no list", True, id="failures"),
    ],
)
def test_incomplete_work_of_a_sweep_is_reported(report: dict[str, Any], more: str, attention: bool) -> None:
    sweep = _last_sweep(timedelta(0), **report)
    assert (sweep.text, sweep.attention) == (f"0 min ago, 3 jobs: 2 unchanged, 1 judged{more}", attention)


def test_settings_of_another_release_are_named_and_nothing_else_is_said_of_them() -> None:
    stack = Stack("s", "guard", "url", Settings(), unknown=("GUARD_NEW", "GUARD_OLD"))
    clients = {"dynamodb": FakeSageMaker(GetItem={}), "sqs": FakeSageMaker(GetQueueAttributes={"Attributes": {}})}
    (first, *_) = status(stack, clients.__getitem__, NOW)
    assert (first.name, first.facts, first.attention) == ("release", {"unknown": ["GUARD_NEW", "GUARD_OLD"]}, False)
    assert first.text == "differs from this program's, which doesn't know GUARD_NEW, GUARD_OLD"
