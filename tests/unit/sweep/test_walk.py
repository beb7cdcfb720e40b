"""A walk over lists that are slow or fail: the jobs found are judged, the rest is left to the next sweep."""

from __future__ import annotations

from datetime import timedelta

from guard.sweep.position import Position
from guard.sweep.run import MARGIN_SECONDS
from tests.support.lists import (
    BEGUN,
    PAGE,
    STREAMS,
    TRAINING,
    Lists,
    at,
    walk,
)
from tests.support.sweeps import Clock

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


def test_running_jobs_are_found_behind_however_many_that_have_ended() -> None:
    lists, position, seen, sweeps = Lists(Clock(), seconds=0.3, jobs=5, ended=500 * PAGE), Position(), set[str](), 0
    while len(seen) < lists.jobs and sweeps < 10:
        slow = walk(lists, position)
        seen |= {job.name for job in slow.jobs()}
        position, sweeps = slow.next_position(killed=False), sweeps + 1
    assert (len(seen), sweeps) == (lists.jobs, 3)


def _old(days: float) -> Lists:
    """Lists of 50,000 jobs that have ended, of which all but the last ten are so old, and of five that run."""
    lists = Lists(Clock(BEGUN), seconds=0.3, jobs=5, ended=500 * PAGE)
    lists.clock.now += timedelta(seconds=lists.ended - 10, days=days)
    return lists


def test_recent_jobs_are_found_by_each_sweep_however_many_there_were_before() -> None:
    lists, position = _old(days=30), Position()
    now = lists.clock.now
    for _ in range(4):
        slow = walk(lists, position)
        assert len({job.name for job in slow.jobs()}) == lists.jobs
        position, lists.clock.now = slow.next_position(killed=False), now


def test_jobs_too_old_to_run_are_not_listed() -> None:
    lists = _old(days=90)
    prompt = walk(lists)
    assert len({job.name for job in prompt.jobs()}) == lists.jobs
    assert (prompt.complete, lists.calls < STREAMS + 3) == (True, True)


def test_a_position_that_has_become_too_old_is_the_beginning() -> None:
    lists = _old(days=90)
    late = walk(lists, Position(cut={TRAINING: BEGUN.isoformat()}))
    assert len({job.name for job in late.jobs()}) == lists.jobs
    assert late.complete


def test_many_pages_that_come_promptly_are_all_listed_by_one_sweep() -> None:
    lists = Lists(Clock(), seconds=0.5, jobs=50 * PAGE)
    prompt = walk(lists)
    assert sum(1 for _ in prompt.jobs()) == lists.jobs
    assert prompt.complete


def test_no_page_is_requested_once_time_is_up() -> None:
    lists = Lists(Clock(), seconds=10)
    late = walk(lists, Position(cut={TRAINING: BEGUN.isoformat()}), seconds=MARGIN_SECONDS + 35)
    assert list(late.jobs()) == []
    assert (lists.calls, late.complete) == (4, False)
    assert list(late.next_position(killed=False).cut) == []


def test_where_a_kind_was_cut_off_is_kept_when_there_was_no_time_to_list_it() -> None:
    late = walk(Lists(Clock()), Position(cut={TRAINING: BEGUN.isoformat()}), seconds=MARGIN_SECONDS)
    assert list(late.jobs()) == []
    assert list(late.next_position(killed=False).cut) == [TRAINING]


# A page that fails


def test_jobs_before_a_failing_page_are_judged_and_the_next_sweep_begins_there() -> None:
    failing = walk(Lists(Clock(), jobs=5 * PAGE, fault=at(3)))
    assert sum(1 for _ in failing.jobs()) == 2 * PAGE
    reached = BEGUN + timedelta(seconds=2 * PAGE - 1)
    assert failing.next_position(killed=False).cut == {TRAINING: (reached - timedelta(seconds=1)).isoformat()}


def test_the_next_sweep_goes_on_behind_ended_jobs_before_a_page_that_fails() -> None:
    failing = walk(Lists(Clock(), ended=5 * PAGE, fault=at(3)))
    assert list(failing.jobs()) == []
    reached = BEGUN + timedelta(seconds=2 * PAGE - 1)
    assert failing.next_position(killed=False).cut == {TRAINING: (reached - timedelta(seconds=1)).isoformat()}


def test_if_a_list_fails_where_the_sweep_begins_the_next_sweep_begins_with_the_first_job() -> None:
    failing = walk(Lists(Clock(), jobs=5 * PAGE, fault=at(1)), Position(cut={TRAINING: BEGUN.isoformat()}))
    assert list(failing.jobs()) == []
    assert failing.next_position(killed=False).cut == {}
