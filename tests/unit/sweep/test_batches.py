"""How many jobs a sweep judges in one batch."""

from __future__ import annotations

from datetime import timedelta

import pytest

from guard.sweep.batches import Batches
from tests.support.sweeps import Clock


def judged(batches: Batches, clock: Clock, *seconds: float) -> None:
    """Take as many jobs as there are times, and judge each in its time."""
    for _ in seconds:
        batches.took()
    for each in seconds:
        clock.now += timedelta(seconds=each)
        batches.judged()


@pytest.mark.parametrize(
    ("seconds", "left", "size"),
    [
        pytest.param([0.0], 1, 25, id="no time at all"),
        pytest.param([2.0], 60, 25, id="time for more"),
        pytest.param([2.0], 50, 25, id="time for just as many"),
        pytest.param([2.0], 49, 24, id="time for one less"),
        pytest.param([1.0, 20.0, 1.0], 50, 2, id="the slowest counts"),
        pytest.param([0.125], 0.5, 4, id="less than a second is left"),
        pytest.param([60.0], 50, 1, id="never none"),
        pytest.param([60.0], -1, 1, id="none is left"),
        pytest.param([0.0], -1, 25, id="none is left, and the clock stood still"),
    ],
)
def test_a_batch_has_as_many_jobs_as_there_is_time_for(seconds: list[float], left: float, size: int) -> None:
    clock = Clock()
    batches = Batches(25, lambda: left, clock)
    # It is unknown how long the first job takes.
    assert batches.begin() == 1
    judged(batches, clock, *seconds)
    assert batches.begin() == size


def test_only_the_previous_batch_counts() -> None:
    clock = Clock()
    batches = Batches(25, lambda: 100, clock)
    sizes = []
    for seconds in (50.0, 1.0):
        batches.begin()
        judged(batches, clock, seconds)
        sizes.append(batches.begin())
    assert sizes == [2, 25]


@pytest.mark.parametrize("left", [100, -1])
def test_a_batch_after_one_without_a_record_is_one_job(left: float) -> None:
    clock = Clock()
    batches = Batches(25, lambda: left, clock)
    batches.begin()
    judged(batches, clock, 1.0)
    batches.begin()
    # Its only job was already judged, as the tuning job of another.
    batches.took()
    assert batches.begin() == 1


def test_the_time_for_listing_does_not_count() -> None:
    clock = Clock()
    batches = Batches(25, lambda: 100, clock)
    batches.begin()
    clock.now += timedelta(seconds=60)
    judged(batches, clock, 1.0)
    assert batches.begin() == 25


def test_the_last_job_of_a_batch_is_recognized() -> None:
    clock = Clock()
    batches = Batches(3, lambda: 100, clock)
    batches.begin()
    assert [batches.took() for _ in range(2)] == [True, False]
    batches.judged()
    batches.begin()
    assert [batches.took() for _ in range(3)] == [False, False, True]
