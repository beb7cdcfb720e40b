"""The breaker counts in a sliding window, and permits what it can't count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from guard.decision import Decision, Evaluation, Finding
from guard.errors import StateError
from guard.limits.breaker import SLICES, Bounds, Breaker, Tally, is_stale, slice_of, tally
from guard.record import Record
from tests.support.jobs import HOME

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
BOUNDS = Bounds(stops=3, window=timedelta(minutes=10), rule_share=0, rule_jobs=1)


class Numbers:
    """Counters in memory, which can fail."""

    def __init__(self) -> None:
        self.values: dict[str, int] = {}
        self.fails = False
        self.calls = 0
        self.expires: datetime | None = None

    def add(
        self, item: str, amounts: Mapping[str, int], remove: Iterable[str] = (), expires: datetime | None = None
    ) -> Mapping[str, int]:
        self.calls += 1
        self.expires = expires
        if self.fails:
            raise StateError("throttled")
        for name, amount in amounts.items():
            self.values[name] = self.values.get(name, 0) + amount
        for name in remove:
            self.values.pop(name, None)
        return dict(self.values)


class Clock:
    """A time that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def denied(*rules: str, exempted: tuple[str, ...] = ()) -> Record:
    findings = tuple(
        Finding(
            rule_id=rule,
            level="deny",
            level_source="level",
            message="no",
            remediation=None,
            details={},
            exempted_by="EX-1" if rule in exempted else None,
        )
        for rule in rules
    )
    evaluation = Evaluation(Decision(decision="deny", findings=findings), "r1", "1")
    return replace(Record("id", "event", HOME, "enforce", NOW), evaluation=evaluation)


@pytest.fixture
def numbers() -> Numbers:
    return Numbers()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def answers(breaker: Breaker, records: Iterable[Record]) -> list[str | None]:
    return [breaker.permit(record).withheld_by for record in records]


def test_nothing_is_permitted_above_the_windows_maximum(numbers: Numbers, clock: Clock) -> None:
    breaker = Breaker(numbers, BOUNDS, clock)
    assert answers(breaker, [denied("a")] * 5) == [None, None, None, "breaker", "breaker"]
    assert breaker.permit(denied("a")).reason == "the breaker is open: 3 jobs were stopped within 10 minutes"


def test_several_functions_count_together(numbers: Numbers, clock: Clock) -> None:
    breakers = [Breaker(numbers, BOUNDS, clock) for _ in range(4)]
    assert [answers(breaker, [denied("a")]) for breaker in breakers] == [[None], [None], [None], ["breaker"]]


def test_the_window_slides(numbers: Numbers, clock: Clock) -> None:
    breaker = Breaker(numbers, BOUNDS, clock)
    for _ in range(3):
        answers(breaker, [denied("a")])
        clock.now += timedelta(minutes=3)
    assert answers(breaker, [denied("a")]) == ["breaker"]
    clock.now += timedelta(minutes=1)
    assert answers(breaker, [denied("a"), denied("a")]) == [None, "breaker"]


def test_what_was_withheld_does_not_keep_the_breaker_open(numbers: Numbers, clock: Clock) -> None:
    """Only stops count: otherwise withheld jobs, judged again and again, would keep the breaker open forever."""
    breaker = Breaker(numbers, BOUNDS, clock)
    for _ in range(5):
        answers(breaker, [denied("a")] * 20)
        clock.now += timedelta(minutes=2)
    assert answers(breaker, [denied("a")]) == [None]


def test_old_numbers_leave_the_item(numbers: Numbers, clock: Clock) -> None:
    breaker = Breaker(numbers, BOUNDS, clock)
    for _ in range(200):
        answers(breaker, [denied("a")])
        clock.now += timedelta(minutes=7)
    assert len(numbers.values) < 20


def test_the_item_is_not_deleted_within_the_window(numbers: Numbers, clock: Clock) -> None:
    Breaker(numbers, BOUNDS, clock).judged("job-1")
    assert numbers.expires is not None
    assert numbers.expires >= NOW + BOUNDS.window


@pytest.mark.parametrize("age", range(SLICES + 2))
def test_a_number_is_counted_until_it_may_be_removed(age: int) -> None:
    counted = tally({f"{1000 - age} stops": 1}, 1000).stops
    assert counted == (0 if is_stale(f"{1000 - age} stops", 1000) else 1)
    assert counted == (1 if age < SLICES else 0)


def test_each_kind_of_count_is_separate(numbers: Numbers, clock: Clock) -> None:
    breaker = Breaker(numbers, BOUNDS, clock)
    answers(breaker, [denied("a"), denied("a", "b"), denied("b"), denied("b"), denied("c")])
    breaker.judged("job-1")
    counted = tally(numbers.values, slice_of(NOW, BOUNDS.window))
    assert counted == Tally(stops=3, withheld=2, judged=4, denied_by={"a": 2, "b": 2})


def test_an_outage_of_the_counter_permits_with_a_warning(numbers: Numbers, clock: Clock) -> None:
    breaker = Breaker(numbers, BOUNDS, clock)
    answers(breaker, [denied("a")] * 4)
    numbers.fails = True
    permit = breaker.permit(denied("a"))
    assert (permit.withheld_by, [type(warning) for warning in permit.warnings]) == (None, [StateError])
    breaker.judged("job-1")


def test_zero_disables_a_bound(numbers: Numbers, clock: Clock) -> None:
    breaker = Breaker(numbers, replace(BOUNDS, stops=0), clock)
    assert answers(breaker, [denied("a")] * 50) == [None] * 50


# The share of a rule

SHARE = Bounds(stops=0, window=timedelta(minutes=10), rule_share=50, rule_jobs=4)


def test_a_rule_that_denies_most_jobs_is_suspected(numbers: Numbers, clock: Clock) -> None:
    breaker = Breaker(numbers, SHARE, clock)
    assert answers(breaker, [denied("broken")] * 6) == [None] * 4 + ["rule"] * 2
    reason = breaker.permit(denied("broken")).reason
    assert reason is not None
    assert "broken denied 5 of 5 jobs" in reason


def test_what_was_withheld_keeps_no_rule_suspected(numbers: Numbers, clock: Clock) -> None:
    """Neither many denied jobs that each sweep judges again, nor a single one that its owner causes to be judged repeatedly."""
    breaker = Breaker(numbers, SHARE, clock)
    for _ in range(5):
        answers(breaker, [denied("broken")] * 20)
        clock.now += timedelta(minutes=2)
    assert answers(breaker, [denied("broken")]) == [None]


def test_suspected_rules_are_reported(numbers: Numbers, clock: Clock) -> None:
    breaker = Breaker(numbers, SHARE, clock)
    answers(breaker, [denied("broken")] * 7)
    assert tally(numbers.values, slice_of(NOW, SHARE.window)).suspected == {"broken": 3}


def test_a_job_that_was_not_stopped_after_all_does_not_count(numbers: Numbers, clock: Clock) -> None:
    """Otherwise each attempt at a stop that SageMaker refuses would count as another job."""
    breaker = Breaker(numbers, SHARE, clock)
    breaker.judged("job-1")
    for _ in range(10):
        permit = breaker.permit(denied("good"))
        assert permit.withheld_by is None
        clock.now += timedelta(seconds=59)
        permit.give_back()
    assert tally(numbers.values, slice_of(clock.now, SHARE.window)) == Tally(
        stops=0, withheld=0, judged=1, denied_by={}
    )


def test_a_withheld_job_that_is_stopped_all_the_same_counts_as_stopped(numbers: Numbers, clock: Clock) -> None:
    breaker = Breaker(numbers, Bounds(stops=0, window=BOUNDS.window, rule_share=50, rule_jobs=2), clock)
    answers(breaker, [denied("a")] * 2)
    permit = breaker.permit(denied("a"))
    assert permit.withheld_by == "rule"
    overruled = permit.overruled("all the same")
    assert (overruled.withheld_by, overruled.reason) == (None, "all the same")
    current = slice_of(clock.now, BOUNDS.window)
    counted = Tally(stops=3, withheld=0, judged=3, denied_by={"a": 3})
    assert tally(numbers.values, current) == counted
    overruled.give_back()
    assert tally(numbers.values, current) == Tally(stops=2, withheld=0, judged=2, denied_by={"a": 2})


def test_a_count_is_undone_in_the_slice_where_it_was_made(numbers: Numbers, clock: Clock) -> None:
    permit = Breaker(numbers, BOUNDS, clock).permit(denied("a"))
    clock.now += timedelta(minutes=3)
    permit.give_back()
    assert set(numbers.values.values()) == {0}


def test_a_count_that_cannot_be_undone_is_not_a_failure(numbers: Numbers, clock: Clock) -> None:
    permit = Breaker(numbers, BOUNDS, clock).permit(denied("a"))
    numbers.fails = True
    permit.give_back()


@pytest.mark.parametrize(
    ("window", "longest"),
    [
        pytest.param(timedelta(minutes=10), timedelta(hours=1), id="six windows"),
        pytest.param(timedelta(hours=5), timedelta(days=1), id="a day at most"),
    ],
)
def test_how_long_a_job_can_be_withheld(window: timedelta, longest: timedelta) -> None:
    assert replace(BOUNDS, window=window).longest == longest


def test_each_rule_that_is_suspected_is_named(numbers: Numbers, clock: Clock) -> None:
    breaker = Breaker(numbers, SHARE, clock)
    answers(breaker, [denied("a", "b")] * 4)
    reason = breaker.permit(denied("a", "b")).reason
    assert reason is not None
    assert "a denied 5 of 5 jobs, b denied 5 of 5 jobs" in reason


def test_a_rule_within_its_share_is_not_suspected(numbers: Numbers, clock: Clock) -> None:
    breaker = Breaker(numbers, SHARE, clock)
    for number in range(20):
        breaker.judged(f"job-{number}")
        assert answers(breaker, [denied("good")]) == [None]


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        pytest.param(denied("broken"), "rule", id="the suspected rule alone"),
        pytest.param(denied("broken", "good"), None, id="another rule, too"),
        pytest.param(denied("broken", "good", exempted=("good",)), "rule", id="another rule that is exempted"),
    ],
)
def test_what_another_rule_denies_as_well_is_stopped(
    numbers: Numbers, clock: Clock, record: Record, expected: Any
) -> None:
    breaker = Breaker(numbers, SHARE, clock)
    answers(breaker, [denied("broken")] * 6)
    assert answers(breaker, [record]) == [expected]


def judged(numbers: Numbers) -> int:
    return sum(number for name, number in numbers.values.items() if name.endswith("judged"))


def test_an_allowed_job_counts_once_per_window_for_all_its_events(numbers: Numbers, clock: Clock) -> None:
    """Otherwise a rule that denies nine of ten jobs, each with one event, would seem to be within its share."""
    breaker = Breaker(numbers, SHARE, clock)
    for number in range(20):
        breaker.judged(f"job-{number % 2}")
        clock.now += SHARE.window / SLICES / 3
    assert judged(numbers) == 2


def test_a_job_that_is_still_allowed_counts_in_the_next_window(numbers: Numbers, clock: Clock) -> None:
    breaker = Breaker(numbers, SHARE, clock)
    counted = []
    for _ in range(4):
        breaker.judged("job-1")
        counted.append(numbers.calls)
        clock.now += SHARE.window / 2
    assert counted == [1, 1, 2, 2]


def test_few_jobs_are_remembered(numbers: Numbers, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guard.limits.breaker._MOST_SEEN", 2)
    breaker = Breaker(numbers, SHARE, clock)
    for name in ("a", "b", "a", "c", "a", "b"):
        breaker.judged(name)
    assert judged(numbers) == 4


def test_decisions_that_stop_nothing_can_be_counted_together(numbers: Numbers, clock: Clock) -> None:
    breaker = Breaker(numbers, SHARE, clock, together=10)
    calls = []
    for number in range(25):
        breaker.judged(f"job-{number}")
        calls.append(numbers.calls)
    assert calls == [0] * 9 + [1] * 10 + [2] * 6
    assert answers(breaker, [denied("good")]) == [None]
    assert judged(numbers) == 26
