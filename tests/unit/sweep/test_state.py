"""The state that a sweep stores for the next: when it is written, and that failures are reported."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from guard.jobs import TRAINING
from guard.limits.permit import NO_LIMITS
from guard.sources.sweep import Listed
from guard.store import KEPT
from guard.sweep.position import Position, Walk
from guard.sweep.state import POSITION, SAVE_AFTER, SweepState
from tests.support.fakes import FakeSageMaker
from tests.support.jobs import HOME
from tests.support.records import ARN
from tests.support.store import MemoryStore

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
CREATED = NOW - timedelta(hours=1)


class Clock:
    """A time that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def _state(store: MemoryStore, clock: Clock) -> SweepState:
    after = timedelta(minutes=30)
    return SweepState(store, NO_LIMITS, clock, undecided_after=after, withheld_longest=after)


def _walked() -> Walk:
    """A walk that has reached the first of two running jobs."""

    class SageMaker(FakeSageMaker):
        def __getattr__(self, method: str) -> Any:
            summary = {"TrainingJobArn": ARN, "TrainingJobStatus": "InProgress", "CreationTime": CREATED}
            names = ("a", "b") if method == "list_training_jobs" else ()
            jobs = [summary | {"TrainingJobName": name, "TrainingJobArn": f"{ARN}-{name}"} for name in names]
            return lambda **_: {"TrainingJobSummaries": jobs}

    walk = Walk(SageMaker(), HOME, Position(), lambda: True, Clock())
    assert isinstance(next(walk.jobs()), Listed)
    return walk


@pytest.mark.parametrize(
    ("write", "cut", "killed"),
    [
        pytest.param(SweepState.end_at, CREATED - timedelta(seconds=1), 0, id="cut off"),
        pytest.param(SweepState.begin_batch, CREATED + timedelta(seconds=1), 1, id="killed"),
    ],
)
def test_the_next_sweep_begins_before_the_last_job_or_after_one_that_may_have_killed_this_one(
    write: Any, cut: datetime, killed: int
) -> None:
    store = MemoryStore()
    write(_state(store, Clock()), _walked())
    assert set(json.loads(store.items[POSITION]["cut"]).values()) == {cut.isoformat()}
    assert store.items[POSITION]["killed"] == killed
    assert store.expires[POSITION] == NOW + KEPT


def test_the_position_of_the_last_sweep_is_where_this_one_begins() -> None:
    store, clock = MemoryStore(), Clock()
    _state(store, clock).end_at(_walked())
    assert _state(store, clock).position().turn == 1


def test_an_unreadable_position_is_the_beginning_and_reported() -> None:
    store = MemoryStore()
    state = _state(store, Clock())
    store.refuses = True
    assert state.position() == Position()
    assert [failure.message for failure in state.failures] == ["no table"]


def test_a_position_that_cannot_be_written_is_reported() -> None:
    store = MemoryStore()
    state, walk = _state(store, Clock()), _walked()
    store.refuses = True
    state.end_at(walk)
    assert [failure.message for failure in state.failures] == ["no table"]


def test_what_was_judged_is_written_each_minute() -> None:
    store, clock = MemoryStore(), Clock()
    state = _state(store, clock)
    written = []
    for number in range(5):
        state.memory.remember(Listed(TRAINING, f"j{number}", f"{ARN}-{number}", "InProgress", NOW, NOW), "basis")
        clock.now += SAVE_AFTER / 2
        state.save_now_and_then()
        written.append(sum(len(json.loads(item["jobs"])) for item in store.items.values()))
    assert written == [0, 2, 2, 4, 4]
    assert timedelta(seconds=30) <= SAVE_AFTER <= timedelta(minutes=2)


def test_after_a_table_failure_nothing_is_written_until_the_end() -> None:
    """A hanging table takes 15 seconds for each call."""
    store, clock = MemoryStore(), Clock()
    state, walk = _state(store, clock), _walked()
    state.memory.remember(Listed(TRAINING, "j", ARN, "InProgress", NOW, NOW), "basis")
    store.refuses = True
    for _ in range(3):
        state.begin_batch(walk)
        clock.now += SAVE_AFTER
        state.save_now_and_then()
    assert len(state.failures) == 1
    store.refuses = False
    state.save(complete=False)
    state.end_at(walk)
    assert len(store.items) == 2
