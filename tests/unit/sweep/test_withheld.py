"""What the breaker withholds is withheld for so long at most; what the switch withholds, for as long as a person wants."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from guard.errors import StateError
from guard.limits.permit import Permit
from guard.record import Record
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

    def judged(self) -> None:
        self.judgements += 1

    def permit(self, record: Record) -> Permit:
        self.asked.append(record)
        return self.answers.pop(0)


def _since(store: MemoryStore) -> dict[str, str]:
    found: dict[str, str] = json.loads(store.items[ITEM]["jobs"])
    return found


def _limited(permit: Permit, before: timedelta | None, store: MemoryStore | None = None) -> Withheld:
    """The limits of a sweep for which a job has been withheld for so long."""
    store = store if store is not None else MemoryStore()
    if before is not None:
        store.items[ITEM] = {"jobs": json.dumps({ARN: (NOW - before).isoformat()})}
    return Withheld(Other([permit]), store, LONGEST, lambda: NOW)


def test_jobs_are_kept_under_the_name_that_the_next_version_reads() -> None:
    assert ITEM == "sweep#withheld"


@pytest.mark.parametrize("by", ["breaker", "rule"])
def test_a_job_that_was_withheld_for_too_long_may_be_stopped(by: str) -> None:
    withheld = _limited(Permit(by, "open", (WARNING,)), LONGEST)  # type: ignore[arg-type]
    permit = withheld.permit(denied())
    assert permit == Permit(None, "the breaker has withheld the stop for 60 minutes already", (WARNING,))


@pytest.mark.parametrize(
    ("answer", "before"),
    [
        pytest.param(Permit("breaker", "open"), None, id="for the first time"),
        pytest.param(Permit("rule", "suspected"), LONGEST - timedelta(seconds=1), id="not for long enough"),
        pytest.param(Permit("switch", "off"), timedelta(days=30), id="by the switch"),
        pytest.param(Permit(None, None, (WARNING,)), timedelta(days=30), id="permitted"),
    ],
)
def test_else_the_other_limits_answer(answer: Permit, before: timedelta | None) -> None:
    assert _limited(answer, before).permit(denied()) == answer


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Permit(), id="permitted"),
        pytest.param(Permit("breaker"), id="withheld for too long"),
    ],
)
def test_a_job_that_may_be_stopped_begins_anew(answer: Permit) -> None:
    """Its name may be that of a schedule, which its owner starts again."""
    store = MemoryStore()
    withheld = _limited(answer, LONGEST, store)
    withheld.permit(denied())
    withheld.save(NOW, complete=False)
    assert _since(store) == {}


def test_the_switch_is_no_new_beginning() -> None:
    store = MemoryStore()
    withheld = _limited(Permit("switch"), LONGEST, store)
    withheld.permit(denied())
    withheld.save(NOW, complete=False)
    assert _since(store) == {ARN: (NOW - LONGEST).isoformat()}


def test_the_first_time_is_kept_for_the_next_sweep() -> None:
    store = MemoryStore()
    withheld = _limited(Permit("breaker"), None, store)
    withheld.permit(denied())
    withheld.save(NOW, complete=True)
    assert _since(store) == {ARN: NOW.isoformat()}


def test_a_decision_is_counted_by_the_other_limits() -> None:
    other = Other([])
    Withheld(other, MemoryStore(), LONGEST, lambda: NOW).judged()
    assert other.judgements == 1


def test_without_a_table_jobs_are_withheld_as_the_others_say() -> None:
    store = MemoryStore()
    store.refuses = True
    withheld = _limited(Permit("breaker"), None, store)
    assert withheld.permit(denied()).withheld_by == "breaker"
    withheld.save(NOW, complete=True)
    assert [failure.message for failure in withheld.failures] == ["no table"]
