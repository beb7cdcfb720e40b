"""The campaign's verdict has a problem for each broken promise."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, get_args

import pytest

from tests.faults.campaign import FAULTS
from tests.faults.delivery import Delivery
from tests.faults.fault import SINKS, SWEEPS, Area, Fault
from tests.faults.report import row, table
from tests.faults.verdict import CHANNELS, LINE_LIMIT_BYTES, Play, problems

FAULT = Fault("aws", "none")
ONCE = Delivery((None,))
LETTER = Delivery(("CollectError",) * 3)


def lines(*records: dict[str, Any]) -> tuple[str, ...]:
    return tuple(json.dumps({"decision_id": "1", **record}) for record in records)


DENIED = lines({"decision": "deny"}, {"decision": "deny", "outcome": "stopped"})
GOOD = lines({"decision": "allow", "outcome": "not_denied"})
FAILED = lines({"outcome": "failed", "failures": [{"error": "CollectError"}]})


NOTIFIED = Fault("notice", "none", world=SINKS)
UNNOTIFIED = replace(NOTIFIED, notified=False)
SWEPT = Fault("sweep", "none", world=SWEEPS)
KEPT = ({"outcome": "stopped"},)


def given(**numbers: int) -> dict[str, Any]:
    """Return the notices and records of a play; `numbers` replaces the one notice of a channel."""
    return {"given": dict.fromkeys(CHANNELS, 1) | numbers, "kept": KEPT}


def play(**changes: Any) -> Play:
    whole: dict[str, Any] = {"fault": FAULT, "is_denied": True, "deliveries": (ONCE,), "lines": DENIED}
    return Play(**{**whole, "status": "Stopping", "stops": 1, "seconds": 0.1, **changes})


@pytest.mark.parametrize(
    "kept",
    [
        pytest.param(play(), id="a denied job is stopped"),
        pytest.param(play(deliveries=(LETTER,)), id="and its event tried again"),
        pytest.param(
            play(is_denied=False, lines=GOOD, status="InProgress", stops=0), id="an allowed job keeps running"
        ),
        pytest.param(
            play(fault=replace(FAULT, end="letter"), deliveries=(LETTER,), lines=(), status="InProgress", stops=0),
            id="it could not be stopped, and there is a dead letter",
        ),
        pytest.param(play(lines=(), deliveries=(LETTER,)), id="stopped without a log, and there is a dead letter"),
        pytest.param(play(fault=NOTIFIED, **given()), id="its owner is notified once on each channel"),
        pytest.param(play(fault=UNNOTIFIED, **given(Publish=0), letters_left=1), id="a notice is a dead letter"),
        pytest.param(play(fault=SWEPT, deliveries=(ONCE, ONCE), **given()), id="the second sweep has nothing to do"),
        pytest.param(
            play(fault=SWEPT, deliveries=(Delivery(("SweepError", None)),), **given() | {"kept": ()}),
            id="a failed sweep",
        ),
        pytest.param(
            play(fault=replace(NOTIFIED, redriven=True), deliveries=(LETTER,), **given()),
            id="a letter that was redriven",
        ),
        pytest.param(play(lines=("START", "[ERROR] x", *DENIED)), id="other lines are printed"),
    ],
)
def test_a_play_that_keeps_the_promises_has_no_problems(kept: Play) -> None:
    assert problems(kept) == []


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        pytest.param(play(status="InProgress", stops=0), "still running", id="a denied job keeps running"),
        pytest.param(
            play(status="InProgress", stops=0, deliveries=(LETTER,)), "still running", id="also with a dead letter"
        ),
        pytest.param(play(is_denied=False), "that the policies allow was stopped", id="an allowed job is stopped"),
        pytest.param(play(lines=()), "0 records", id="no record and no dead letter"),
        pytest.param(play(lines=DENIED[:1]), "0 records", id="a record without an outcome"),
        pytest.param(play(deliveries=(ONCE, ONCE)), "2 events", id="one record for two events"),
        pytest.param(play(stops=2), "2 stops", id="two stops"),
        pytest.param(play(lines=DENIED[1:]), "only after the stop", id="recorded only after the stop"),
        pytest.param(play(lines=GOOD), "says why", id="stopped and recorded as allowed"),
        pytest.param(play(lines=(*DENIED, "x" * (LINE_LIMIT_BYTES + 1))), "bytes long", id="a long line"),
        pytest.param(play(fault=NOTIFIED, **given(Publish=2)), "Publish delivered 2 notices", id="notified twice"),
        pytest.param(play(fault=NOTIFIED, **given(AddTags=0)), "AddTags delivered no notice", id="not notified"),
        pytest.param(
            play(fault=NOTIFIED, **given(AddTags=0), letters_left=1),
            "AddTags delivered no",
            id="a letter, not expected",
        ),
        pytest.param(
            play(fault=UNNOTIFIED, **given(AddTags=0)), "AddTags delivered no", id="neither notified nor a letter"
        ),
        pytest.param(play(fault=UNNOTIFIED, **given()), "no dead letter", id="notified, and a letter expected"),
        pytest.param(
            play(fault=NOTIFIED, is_denied=False, lines=GOOD, status="InProgress", stops=0, **given()),
            "delivered 1 notices, not 0",
            id="notified about an allowed job",
        ),
        pytest.param(play(fault=NOTIFIED, **given() | {"kept": ()}), "bucket has 0", id="no record in the bucket"),
        pytest.param(play(fault=SWEPT, lines=(), **given()), "0 records", id="no record of a sweep"),
        pytest.param(
            play(fault=replace(FAULT, redriven=True, end="letter"), deliveries=(LETTER,)),
            "no dead letter",
            id="redriven, and a letter expected",
        ),
        pytest.param(play(fault=replace(FAULT, end="letter")), "no dead letter", id="no dead letter"),
        pytest.param(play(fault=replace(FAULT, end="untouched")), "nothing to stop", id="stopped an ended job"),
        pytest.param(play(fault=replace(FAULT, attempts=2)), "1 attempts, not 2", id="too few attempts"),
        pytest.param(play(fault=replace(FAULT, outcome="gone")), "stopped, not gone", id="another outcome"),
        pytest.param(
            play(fault=replace(FAULT, failures=frozenset({"StopError"})), lines=(*DENIED, *FAILED)),
            "['StopError'], only ['CollectError']",
            id="another failure",
        ),
    ],
)
def test_each_broken_promise_is_a_problem(broken: Play, problem: str) -> None:
    assert any(problem in found for found in problems(broken)), problems(broken)


def test_the_table_has_a_row_for_each_fault() -> None:
    printed = table([row(play(), []), row(play(fault=replace(FAULT, id="all"), deliveries=(LETTER,)), ["x"])])
    assert [line.split() for line in printed] == [
        ["area", "fault", "attempts", "decision", "outcome", "job", "notices", "seconds"],
        ["FAIL", "aws", "all", "3", "deny", "stopped", "Stopping,", "dead", "letter", "-", "0.1"],
        ["ok", "aws", "none", "1", "deny", "stopped", "Stopping", "-", "0.1"],
    ]


def test_the_names_of_faults_are_unique() -> None:
    names = [(fault.area, fault.id) for fault in FAULTS]
    assert len(set(names)) == len(names) >= 40
    assert {fault.area for fault in FAULTS} == set(get_args(Area))
