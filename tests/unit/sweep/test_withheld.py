"""The breaker withholds a stop for a limited time; the switch, for as long as a person wants."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from guard.errors import StateError
from guard.limits.permit import Permit
from guard.record import Outcome, Record
from guard.sweep.withheld import ITEM, Withheld
from tests.support.records import ARN, denied
from tests.support.store import MemoryStore

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
LONGEST = timedelta(hours=1)
WARNING = StateError("throttled")


@dataclass
class Other:
    """The other limits, with an answer for each question."""

    answers: list[Permit]
    judgements: int = 0
    asked: list[Record] = field(default_factory=list)

    def judged(self, job_arn: str) -> None:
        self.judgements += 1

    def permit(self, record: Record) -> Permit:
        self.asked.append(record)
        return self.answers.pop(0)


def _since(store: MemoryStore) -> dict[str, str]:
    found: dict[str, str] = json.loads(store.items[ITEM]["jobs"])
    return found


def _limited(permit: Permit, before: timedelta | None, store: MemoryStore | None = None) -> Withheld:
    """The limits of a sweep, for a job that has been withheld for the given time."""
    store = store if store is not None else MemoryStore()
    if before is not None:
        store.items[ITEM] = {"jobs": json.dumps({ARN: (NOW - before).isoformat()})}
    return Withheld(Other([permit]), store, LONGEST, lambda: NOW)


def test_jobs_are_stored_under_the_name_that_the_next_version_reads() -> None:
    assert ITEM == "sweep#withheld"


@pytest.mark.parametrize("by", ["breaker", "rule"])
def test_a_job_that_was_withheld_for_too_long_may_be_stopped(by: str) -> None:
    withheld = _limited(Permit(by, "open", (WARNING,)), LONGEST)  # type: ignore[arg-type]
    permit = withheld.permit(denied())
    assert permit == Permit(None, "the breaker has withheld the stop for 60 minutes already", (WARNING,))


def test_the_stop_of_a_job_that_was_withheld_for_too_long_is_counted() -> None:
    counted: list[str] = []
    _limited(Permit("breaker", "open", count=lambda: counted.append("a stop")), LONGEST).permit(denied())
    assert counted == ["a stop"]


@pytest.mark.parametrize(
    ("answer", "before"),
    [
        pytest.param(Permit("breaker", "open"), None, id="for the first time"),
        pytest.param(Permit("rule", "suspected"), LONGEST - timedelta(seconds=1), id="not for long enough"),
        pytest.param(Permit("switch", "off"), timedelta(days=30), id="by the switch"),
        pytest.param(Permit(None, None, (WARNING,)), timedelta(days=30), id="permitted"),
    ],
)
def test_otherwise_the_wrapped_limits_decide(answer: Permit, before: timedelta | None) -> None:
    assert _limited(answer, before).permit(denied()) == answer


def _after(record: Record, *answers: Permit) -> dict[str, str]:
    """What is stored after a complete sweep about a job that was withheld for too long, if it ends with this record."""
    store = MemoryStore(**{ITEM: {"jobs": json.dumps({ARN: (NOW - LONGEST).isoformat()})}})
    withheld = Withheld(Other([*answers]), store, LONGEST, lambda: NOW)
    withheld.saw(ARN)
    for _ in answers:
        withheld.permit(record)
    withheld.update(record)
    withheld.save(NOW, complete=True)
    return _since(store)


@pytest.mark.parametrize(
    "outcome",
    [Outcome.STOPPED, Outcome.ALREADY_FINISHED, Outcome.GONE, Outcome.NOT_DENIED, Outcome.AUDITED],
    ids=lambda one: one.value,
)
def test_the_time_restarts_for_a_job_that_has_ended_or_is_not_denied_any_more(outcome: Outcome) -> None:
    """Its name may be that of a schedule, which its owner starts again; and other policies may deny it another day."""
    assert _after(denied(outcome=outcome), Permit()) == {}


@pytest.mark.parametrize(
    ("outcome", "answers"),
    [
        pytest.param(Outcome.WITHHELD, [Permit("breaker")], id="withheld"),
        pytest.param(Outcome.WITHHELD, [Permit("switch")], id="withheld by the switch"),
        pytest.param(Outcome.STOP_FAILED, [Permit()], id="permitted, but not stopped"),
        pytest.param(Outcome.STOP_FAILED, [Permit("rule")], id="overdue, but not stopped"),
        pytest.param(Outcome.FAILED, [], id="not judged this time"),
    ],
)
def test_no_other_outcome_restarts_the_time(outcome: Outcome, answers: list[Permit]) -> None:
    """A single call that is throttled would buy another hour."""
    assert _after(denied(outcome=outcome), *answers) == {ARN: (NOW - LONGEST).isoformat()}


def test_a_job_that_no_complete_sweep_lists_any_more_is_forgotten() -> None:
    store = MemoryStore()
    withheld = _limited(Permit("breaker"), LONGEST, store)
    withheld.save(NOW, complete=True)
    assert _since(store) == {}


def test_if_there_are_too_many_jobs_those_that_still_run_are_kept() -> None:
    ended = {f"{ARN}-{number}": (NOW - LONGEST).isoformat() for number in range(2000)}
    store = MemoryStore(**{ITEM: {"jobs": json.dumps(ended)}})
    withheld = Withheld(Other([Permit("breaker")]), store, LONGEST, lambda: NOW)
    withheld.permit(denied())
    withheld.save(NOW, complete=False)
    assert (_since(store)[ARN], len(_since(store))) == (NOW.isoformat(), 2000)


def test_the_first_time_is_kept_for_the_next_sweep() -> None:
    store = MemoryStore()
    withheld = _limited(Permit("breaker"), None, store)
    withheld.permit(denied())
    withheld.save(NOW, complete=True)
    assert _since(store) == {ARN: NOW.isoformat()}


def test_a_decision_is_counted_by_the_other_limits() -> None:
    other = Other([])
    Withheld(other, MemoryStore(), LONGEST, lambda: NOW).judged("job-1")
    assert other.judgements == 1


def test_without_a_table_the_wrapped_limits_decide() -> None:
    store = MemoryStore()
    store.refuses = True
    withheld = _limited(Permit("breaker"), None, store)
    assert withheld.permit(denied()).withheld_by == "breaker"
    withheld.save(NOW, complete=True)
    assert [failure.message for failure in withheld.failures] == ["no table"]
