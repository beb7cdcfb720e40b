"""A walk over lists that are slow, fail or find no connection: what is found is judged, the rest is left to the next sweep."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from guard.denylist.deployment import deny_list
from guard.jobs import JOB_KINDS
from guard.log.sinks import DecisionLog
from guard.pipeline import Guard
from guard.record import Record
from guard.store import NoStore
from guard.sweep.lease import HELD, Lease
from guard.sweep.position import Position, Walk
from guard.sweep.run import MARGIN_SECONDS, Report, Sweep
from tests.support.fakes import refused
from tests.support.jobs import HOME
from tests.support.store import MemoryStore
from tests.support.sweeps import PLENTY, Clock

STREAMS = sum(len(kind.listing.statuses) for kind in JOB_KINDS)
TRAINING = "training/InProgress"
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
PAGE = 100
# Three attempts of five seconds, and the pauses between them.
HANGS = timedelta(seconds=16)
NO_CONNECTION = (EndpointConnectionError(endpoint_url="sagemaker"), ReadTimeoutError(endpoint_url="sagemaker"))

Fault = Callable[[int], Exception | None]


class Lists:
    """SageMaker's List operations, which take their time: `jobs` training jobs run, one created a second, and no other ones."""

    def __init__(self, clock: Clock, seconds: float = 0, jobs: int = 0, fault: Fault = lambda _: None) -> None:
        self.clock = clock
        self.seconds = seconds
        self.jobs = jobs
        self.fault = fault
        self.calls = 0

    def __getattr__(self, method: str) -> Callable[..., Mapping[str, Any]]:
        def call(**parameters: Any) -> Mapping[str, Any]:
            self.calls += 1
            self.clock.now += timedelta(seconds=self.seconds)
            if fault := self.fault(self.calls):
                raise fault
            return self._page(parameters) if method == "list_training_jobs" else {}

        return call

    def _page(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        created = [BEGUN + timedelta(seconds=number) for number in range(self.jobs)]
        after, before = (parameters.get(f"CreationTime{side}") for side in ("After", "Before"))
        listed = [time for time in created if (not after or time >= after) and (not before or time <= before)]
        first = int(parameters.get("NextToken", 0))
        summaries = [
            {"TrainingJobName": f"job-{time:%d-%H-%M-%S}", "TrainingJobStatus": "InProgress", "CreationTime": time}
            for time in listed[first : first + PAGE]
        ]
        more = {"NextToken": str(first + PAGE)} if first + PAGE < len(listed) else {}
        return {"TrainingJobSummaries": summaries, **more}


def at(*calls: int, fault: Exception = NO_CONNECTION[0]) -> Fault:
    """A fault of these calls, counted from one."""
    return lambda call: fault if call in calls else None


def always(fault: Exception) -> Fault:
    return lambda _: fault


def walk(lists: Lists, position: Position | None = None, seconds: float = PLENTY) -> Walk:
    end = lists.clock.now + timedelta(seconds=seconds - MARGIN_SECONDS)
    return Walk(lists, HOME, position or Position(), lambda: lists.clock.now < end, lists.clock)


# Time


def test_slow_pages_leave_time_to_judge_the_jobs_on_them() -> None:
    lists = Lists(Clock(), seconds=4, jobs=300 * PAGE)
    begun, slow = lists.clock.now, walk(lists)
    jobs = slow.jobs()
    next(jobs)
    assert lists.clock.now - begun <= timedelta(minutes=1, seconds=4)
    assert sum(1 for _ in jobs) + 1 == 15 * PAGE
    assert (slow.complete, slow.failures) == (False, [])


def test_what_slow_pages_leave_is_listed_by_the_next_sweeps() -> None:
    lists, position, seen, sweeps = Lists(Clock(), seconds=4, jobs=40 * PAGE), Position(), set[str](), 0
    while len(seen) < lists.jobs and sweeps < 4:
        slow = walk(lists, position)
        seen |= {job.name for job in slow.jobs()}
        position, sweeps = slow.next_position(killed=False), sweeps + 1
    assert (len(seen), sweeps) == (lists.jobs, 3)


def test_many_pages_that_come_promptly_are_all_listed_by_one_sweep() -> None:
    lists = Lists(Clock(), seconds=0.1, jobs=300 * PAGE)
    prompt = walk(lists)
    assert sum(1 for _ in prompt.jobs()) == lists.jobs
    assert prompt.complete


def test_no_page_is_asked_for_once_there_is_no_time() -> None:
    lists = Lists(Clock(), seconds=10)
    late = walk(lists, Position(cut={TRAINING: BEGUN.isoformat()}), seconds=MARGIN_SECONDS + 25)
    assert list(late.jobs()) == []
    assert (lists.calls, late.complete) == (3, False)
    assert list(late.next_position(killed=False).cut) == []


def test_where_a_kind_was_cut_off_is_kept_when_there_was_no_time_to_list_it() -> None:
    late = walk(Lists(Clock()), Position(cut={TRAINING: BEGUN.isoformat()}), seconds=MARGIN_SECONDS)
    assert list(late.jobs()) == []
    assert list(late.next_position(killed=False).cut) == [TRAINING]


# No connection


@pytest.mark.parametrize("fault", NO_CONNECTION, ids=lambda fault: type(fault).__name__)
def test_a_walk_that_finds_no_connection_asks_three_times_and_tells(fault: Exception) -> None:
    lists = Lists(Clock(), seconds=HANGS.total_seconds(), fault=always(fault))
    lost = walk(lists, Position(turn=3, cut={TRAINING: BEGUN.isoformat()}))
    assert list(lost.jobs()) == []
    assert (lists.calls, lost.complete) == (3, False)
    *each, last = [failure.message for failure in lost.failures]
    assert each == ["the SageMaker API call that lists jobs failed"] * 3
    assert last == "SageMaker can't be reached: no other kind of jobs was listed"
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


def test_jobs_that_were_listed_before_the_connection_was_lost_are_judged() -> None:
    lists = Lists(Clock(), jobs=3 * PAGE, fault=lambda call: NO_CONNECTION[0] if call > 3 else None)
    lost = walk(lists)
    assert sum(1 for _ in lost.jobs()) == 3 * PAGE
    assert (lists.calls, lost.complete) == (6, False)


# A page that fails


def test_what_comes_before_a_page_that_fails_is_judged_and_the_next_sweep_begins_there() -> None:
    failing = walk(Lists(Clock(), jobs=5 * PAGE, fault=at(3)))
    assert sum(1 for _ in failing.jobs()) == 2 * PAGE
    reached = BEGUN + timedelta(seconds=2 * PAGE - 1)
    assert failing.next_position(killed=False).cut == {TRAINING: (reached - timedelta(seconds=1)).isoformat()}


def test_a_list_that_fails_where_the_sweep_begins_has_the_next_one_begin_with_the_first_job() -> None:
    failing = walk(Lists(Clock(), jobs=5 * PAGE, fault=at(1)), Position(cut={TRAINING: BEGUN.isoformat()}))
    assert list(failing.jobs()) == []
    assert failing.next_position(killed=False).cut == {}


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


def test_a_sweep_without_a_connection_ends_soon_and_says_why() -> None:
    clock = Clock()
    begun = clock.now
    report = swept(NoStore(), Lists(clock, seconds=HANGS.total_seconds(), fault=always(NO_CONNECTION[1])))
    assert clock.now - begun < HELD
    assert (report.complete, report.summary()["failures"]) == (False, {"ListError": 4})
