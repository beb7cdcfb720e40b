"""The budget spreads calls over time."""

from __future__ import annotations

from guard.aws.budget import Budget


class Time:
    """A clock that moves by sleeping only."""

    def __init__(self) -> None:
        self.now = 100.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_a_burst_is_free_and_then_calls_come_at_the_rate() -> None:
    time = Time()
    budget = Budget(rate=10, burst=5, clock=time.clock, sleep=time.sleep)
    taken = []
    for _ in range(25):
        budget.take()
        taken.append(time.now - 100)
    assert taken[:5] == [0] * 5
    assert abs(taken[-1] - 2.0) < 1e-6


def test_a_pause_fills_the_budget_up_to_the_burst_and_no_further() -> None:
    time = Time()
    budget = Budget(rate=10, burst=5, clock=time.clock, sleep=time.sleep)
    time.now += 3600
    for _ in range(6):
        budget.take()
    assert abs(time.now - 3700 - 0.1) < 1e-6
