"""A walk, and a sweep, without a connection: listed jobs are judged, and no useless calls are made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from guard.denylist.deployment import deny_list
from guard.jobs import JOB_KINDS
from guard.log.sinks import DecisionLog
from guard.pipeline import Guard
from guard.record import Record
from guard.store import NoStore
from guard.sweep.lease import HELD, Lease
from guard.sweep.position import Position
from guard.sweep.run import Report, Sweep
from tests.support.fakes import refused
from tests.support.jobs import HOME
from tests.support.lists import (
    BEGUN,
    HANGS,
    NO_CONNECTION,
    PAGE,
    STREAMS,
    TRAINING,
    Fault,
    Lists,
    always,
    at,
    walk,
)
from tests.support.store import MemoryStore
from tests.support.sweeps import PLENTY, Clock


@pytest.mark.parametrize("fault", NO_CONNECTION, ids=lambda fault: type(fault).__name__)
def test_a_walk_without_a_connection_tries_three_operations_and_reports_it(fault: Exception) -> None:
    lists = Lists(Clock(), seconds=HANGS.total_seconds(), fault=always(fault))
    lost = walk(lists, Position(turn=3, cut={TRAINING: BEGUN.isoformat()}))
    assert list(lost.jobs()) == []
    assert (lists.calls, lost.complete) == (3, False)
    *each, last = [failure.message for failure in lost.failures]
    assert each == ["the SageMaker API call that lists jobs failed"] * 3
    assert last == "SageMaker can't be reached: the remaining job kinds were not listed"
    assert (lost.next_position(killed=False).turn, *lost.next_position(killed=False).cut) == (4, TRAINING)


@pytest.mark.parametrize(
    ("fault", "failures"),
    [
        pytest.param(at(1, 2, 4, 5), 4, id="two in a row, and again two"),
        pytest.param(always(refused("AccessDeniedException")), STREAMS, id="refusals"),
        pytest.param(always(refused("ServiceUnavailable", status=503)), STREAMS, id="a service that is broken"),
    ],
)
def test_a_service_that_answers_is_asked_for_each_kind(fault: Fault, failures: int) -> None:
    lists = Lists(Clock(), fault=fault)
    answered = walk(lists)
    assert list(answered.jobs()) == []
    assert len(answered.failures) == failures
    assert lists.calls >= STREAMS
    assert not answered.complete


class Silent(Lists):
    """SageMaker where these operations find no connection, and others are refused as they say; `asked` counts the calls."""

    def __init__(self, *silent: str, refusals: Mapping[str, str] | None = None) -> None:
        super().__init__(Clock())
        self.silent = silent
        self.refusals = refusals or {}
        self.asked: Counter[str] = Counter()

    def _asked(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked[operation] += 1
        if operation in self.silent:
            self.clock.now += HANGS
            raise NO_CONNECTION[1]
        if code := self.refusals.get(operation):
            raise refused(code)
        return {}


ALL = {kind.listing.operation for kind in JOB_KINDS}
IN_TURN = [kind.listing.operation for kind in JOB_KINDS]


@pytest.mark.parametrize("turn", range(0, STREAMS, 3))
@pytest.mark.parametrize("operation", ["ListTrainingSessions", "ListJobs", "ListTrainingJobs"])
def test_an_operation_that_hangs_keeps_no_other_from_being_listed(operation: str, turn: int) -> None:
    lists = Silent(operation)
    hanging = walk(lists, Position(turn=turn))
    assert list(hanging.jobs()) == []
    assert lists.asked.keys() == ALL
    assert (lists.asked[operation], len(hanging.failures), hanging.complete) == (1, 1, False)


def test_the_next_sweep_continues_with_the_jobs_of_an_operation_that_hung() -> None:
    cut = {f"training-session/{status}": BEGUN.isoformat() for status in ("Created", "Running")}
    hanging = walk(Silent("ListTrainingSessions"), Position(cut=cut))
    assert list(hanging.jobs()) == []
    assert list(hanging.next_position(killed=False).cut) == list(cut)


def test_an_operation_that_hung_is_asked_again_by_the_next_sweep() -> None:
    lists = Silent("ListTrainingSessions")
    for _ in range(2):
        list(walk(lists).jobs())
    assert lists.asked["ListTrainingSessions"] == 2


@pytest.mark.parametrize(
    ("silent", "answers", "stops"),
    [
        pytest.param((0, 1, 2), {}, True, id="three in a row"),
        pytest.param((8, 9, 10), {}, True, id="three in a row, two lists each or five"),
        pytest.param((0, 1, 3, 4), {}, False, id="two, an answer, two"),
        pytest.param((0, 1, 3), {2: "AccessDeniedException"}, False, id="a refusal between"),
        pytest.param((0, 1, 3), {2: "UnknownOperationException"}, False, id="a region that lacks the one between"),
        pytest.param((9, 11), {}, False, id="four lists of one and two of another"),
    ],
)
def test_only_three_operations_in_a_row_count_as_no_connection(
    silent: tuple[int, ...], answers: Mapping[int, str], stops: bool
) -> None:
    lists = Silent(
        *(IN_TURN[at] for at in silent), refusals={IN_TURN[number]: code for number, code in answers.items()}
    )
    lost = walk(lists)
    assert list(lost.jobs()) == []
    assert (lists.asked.keys() != ALL) is stops
    assert any("remaining job kinds" in failure.message for failure in lost.failures) is stops
    assert all(lists.asked[IN_TURN[at]] == 1 for at in silent)


def test_jobs_that_were_listed_before_the_connection_was_lost_are_judged() -> None:
    lists = Lists(Clock(), jobs=3 * PAGE, fault=lambda call: NO_CONNECTION[0] if call > 3 else None)
    lost = walk(lists)
    assert sum(1 for _ in lost.jobs()) == 3 * PAGE
    assert (lists.calls, lost.complete) == (6, False)


# The whole sweep


class NoLog:
    """No job runs here, and so there are no records."""

    name = "none"

    def write(self, record: Record) -> None:
        raise AssertionError(record)


def swept(store: Any, lists: Lists) -> Report:
    guard = Guard(
        engine=None,  # type: ignore[arg-type]
        sagemaker=lists,
        log=DecisionLog(NoLog()),
        mode="enforce",
        deny_list=deny_list({}),
    )
    sweep = Sweep(
        guard=guard,
        client=lists,
        store=store,
        setup="setup",
        undecided_after=timedelta(minutes=30),
        withheld_longest=timedelta(hours=1),
        stop_undecided=False,
        notice=lambda _message, _facts: None,
        clock=lists.clock,
    )
    begun = lists.clock.now
    return sweep.run(HOME, lambda: PLENTY - (lists.clock.now - begun).total_seconds())


def test_a_sweep_whose_lists_are_slow_keeps_its_lease() -> None:
    store, clock, taken = MemoryStore(), Clock(), list[bool]()
    begun = clock.now

    def another(_call: int) -> None:
        taken.append(Lease(store, "another", clock).claim())

    swept(store, Lists(clock, seconds=HANGS.total_seconds(), fault=another))
    assert clock.now - begun > 2 * HELD
    assert not any(taken)


def test_a_sweep_without_a_connection_ends_soon_and_reports_why() -> None:
    clock = Clock()
    begun = clock.now
    report = swept(NoStore(), Lists(clock, seconds=HANGS.total_seconds(), fault=always(NO_CONNECTION[1])))
    assert clock.now - begun < HELD
    assert (report.complete, report.summary()["failures"]) == (False, {"ListError": 4})
