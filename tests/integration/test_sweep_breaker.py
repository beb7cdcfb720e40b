"""The breaker delays what a sweep would stop, and never prevents it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from guard.aws.table import StateTable
from guard.limits.breaker import Bounds, Breaker
from guard.limits.permit import Permit, SwitchedLimits
from guard.record import Outcome
from guard.sweep.withheld import ITEM as WITHHELD
from tests.integration.conftest import MemorySink
from tests.support.jobs import DENIED, HOME
from tests.support.records import denied
from tests.support.sweeps import NOW, PLENTY, Clock, swept
from tools.local_sagemaker import Control


def test_a_job_that_the_breaker_withheld_is_stopped_by_a_later_sweep(sweep: Any, train: Any, table: StateTable) -> None:
    bounds = Bounds(stops=2, window=timedelta(minutes=10), rule_share=0, rule_jobs=1)
    clock = Clock()
    train("one", "two", "three", image=DENIED)
    assert swept(sweep(clock, limits=Breaker(table, bounds, clock)))["outcomes"] == {"stopped": 2, "withheld": 1}
    clock.now += timedelta(minutes=11)
    assert swept(sweep(clock, limits=Breaker(table, bounds, clock)))["outcomes"] == {"stopped": 1}


@pytest.mark.parametrize("every", [3, 5, 10])
def test_a_suspected_rule_stops_every_job_in_the_end(sweep: Any, train: Any, table: StateTable, every: int) -> None:
    """Each sweep judges withheld jobs again, but only actual stops count against their rule."""
    bounds = Bounds(stops=100, window=timedelta(minutes=10), rule_share=80, rule_jobs=5)
    clock, outcomes = Clock(), Counter[str]()
    train("allowed")
    train(*(f"denied-{number}" for number in range(12)), image=DENIED)
    for _ in range(1 + 30 // every):
        outcomes.update(sweep(clock, limits=Breaker(table, bounds, clock)).run(HOME, lambda: PLENTY).outcomes)
        clock.now += timedelta(minutes=every)
    assert outcomes["stopped"] == 12


def _starved(sweep: Any, clock: Clock, table: StateTable, minutes: int, switch: Permit) -> Counter[str]:
    """The outcomes of jobs while others use up all stops of each window."""
    bounds = Bounds(stops=2, window=timedelta(minutes=10), rule_share=0, rule_jobs=1)
    breaker, outcomes = Breaker(table, bounds, clock), Counter[str]()
    for _ in range(minutes // 10 + 1):
        for _ in range(3):
            breaker.permit(denied())
        limits = SwitchedLimits(lambda: switch, breaker)
        outcomes.update(sweep(clock, limits=limits, withheld_longest=bounds.longest).run(HOME, lambda: PLENTY).outcomes)
        clock.now += timedelta(minutes=10)
    return outcomes


@pytest.mark.parametrize(
    ("minutes", "switch", "outcomes"),
    [
        pytest.param(50, Permit(), {"withheld": 6}, id="less than six windows"),
        pytest.param(60, Permit(), {"withheld": 6, "stopped": 1}, id="six windows"),
        pytest.param(60, Permit("switch"), {"withheld": 7}, id="by the switch"),
    ],
)
def test_a_job_that_others_keep_from_being_stopped_is_stopped_all_the_same(
    sweep: Any, train: Any, table: StateTable, log: MemorySink, minutes: int, switch: Permit, outcomes: Any
) -> None:
    train("denied", image=DENIED)
    assert _starved(sweep, Clock(), table, minutes, switch) == outcomes
    if "stopped" in outcomes:
        # Its name may be that of a schedule, which is started again.
        assert table.read(WITHHELD)["jobs"] == "{}"
        assert log.records[-1].reason == "the breaker has withheld the stop for 60 minutes already"


@pytest.mark.parametrize(
    ("operation", "stopped_after"),
    [
        pytest.param("DescribeTrainingJob", 60, id="a sweep that could not judge it"),
        pytest.param("StopTrainingJob", 70, id="a stop that failed"),
    ],
)
def test_one_failing_call_does_not_restart_the_time(
    sweep: Any, train: Any, table: StateTable, control: Control, operation: str, stopped_after: int
) -> None:
    bounds = Bounds(stops=1, window=timedelta(minutes=10), rule_share=0, rule_jobs=1)
    clock = Clock()
    breaker = Breaker(table, bounds, clock)
    train("denied", image=DENIED)
    for minutes in range(0, stopped_after + 1, 10):
        breaker.permit(denied())
        breaker.permit(denied())
        if minutes == (50 if operation.startswith("Describe") else 60):
            control.fail(operation, "ThrottlingException")
        outcomes = sweep(clock, limits=breaker, withheld_longest=bounds.longest).run(HOME, lambda: PLENTY).outcomes
        assert ("stopped" in outcomes) == (minutes == stopped_after), (minutes, outcomes)
        clock.now += timedelta(minutes=10)


def test_the_stops_of_a_sweep_share_their_retry_pauses(sweep: Any, train: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the stops of one batch could be throttled for longer than the sweep's time."""
    pauses: list[list[float]] = []

    def stop(_client: Any, _ref: Any, patience: Any) -> Outcome:
        pauses.append(list(patience))
        return Outcome.STOPPED

    monkeypatch.setattr("guard.pipeline.stop", stop)
    train("one", "two", "three", image=DENIED)
    made = sweep()
    swept(replace(made, guard=replace(made.guard, patience=(10.0, 10.0))))
    assert pauses == [[10.0, 10.0], [10.0], []]


def test_withheld_jobs_are_no_reason_to_suspect_their_rule(sweep: Any, train: Any, table: StateTable) -> None:
    """Each sweep judges them again, unlike known allowed jobs: unless these count too, the rule would seem to deny most."""
    bounds = Bounds(stops=6, window=timedelta(minutes=10), rule_share=50, rule_jobs=3)
    clock = Clock()
    train(*(f"allowed-{number}" for number in range(20)))
    train(*(f"denied-{number}" for number in range(10)), image=DENIED)
    first = swept(sweep(clock, limits=Breaker(table, bounds, clock)))
    clock.now += timedelta(minutes=11)
    second = swept(sweep(clock, limits=Breaker(table, bounds, clock)))
    assert [(report["known"], report["outcomes"]) for report in (first, second)] == [
        (0, {"not_denied": 20, "stopped": 6, "withheld": 4}),
        (19, {"not_denied": 1, "stopped": 4}),  # the first job tells the revision, without which none is known
    ]


def test_the_time_restarts_for_a_job_that_was_stopped_undecided(
    sweep: Any, train: Any, table: StateTable, control: Control
) -> None:
    train("job")
    arn = f"arn:aws:sagemaker:eu-west-1:{HOME.account}:training-job/job"
    table.write(WITHHELD, {"jobs": json.dumps({arn: NOW.isoformat()})}, NOW + timedelta(days=1))
    control.fail("DescribeTrainingJob", "AccessDeniedException", times=10)
    report = swept(sweep(undecided_after=timedelta(0), stop_undecided=True))
    assert report["outcomes"] == {"failed": 1, "stopped": 1}
    assert table.read(WITHHELD)["jobs"] == "{}"


def test_a_mistake_that_was_rolled_back_leaves_no_clock_running(
    sweep: Any, train: Any, table: StateTable, engine_with: Any, shipped_engine: Any
) -> None:
    """The next mistake of the day must get the full time as well."""
    bounds = Bounds(stops=2, window=timedelta(minutes=10), rule_share=0, rule_jobs=1)
    clock = Clock()
    train(*(f"job-{number}" for number in range(6)))

    def outcomes(engine: Any) -> dict[str, int]:
        found = swept(sweep(clock, engine=engine, limits=Breaker(table, bounds, clock)))["outcomes"]
        clock.now += timedelta(minutes=20)
        return dict(found)

    wrong = [engine_with(rules={"denied_image": {"patterns": [{"pattern": "*", "reason": reason}]}}) for reason in "ab"]
    assert outcomes(shipped_engine) == {"not_denied": 6}
    assert outcomes(wrong[0]) == {"stopped": 2, "withheld": 4}
    outcomes(shipped_engine)
    assert table.read(WITHHELD)["jobs"] == "{}"
    clock.now += timedelta(hours=3)
    assert outcomes(wrong[1]) == {"stopped": 2, "withheld": 2}
