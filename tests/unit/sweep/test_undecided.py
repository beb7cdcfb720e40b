"""Jobs that no sweep could decide on: since when, until when, and what is stored about them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from guard.decision import Decision, Evaluation
from guard.record import Outcome, Record
from guard.sweep.undecided import ITEM, Undecided
from tests.support.records import ARN, denied
from tests.support.store import MemoryStore

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
AFTER = timedelta(minutes=30)
FAILED = replace(denied(outcome=Outcome.FAILED), evaluation=None)
OTHER = "arn:aws:sagemaker:eu-west-1:111122223333:training-job/other"


def _stored(store: MemoryStore) -> dict[str, str]:
    found: dict[str, str] = json.loads(store.items[ITEM]["jobs"])
    return found


def _kept(**since: datetime) -> MemoryStore:
    jobs = {ARN if name == "job" else OTHER: at.isoformat() for name, at in since.items()}
    return MemoryStore(**{ITEM: {"jobs": json.dumps(jobs)}})


def test_jobs_are_stored_under_the_name_that_the_next_version_reads() -> None:
    assert ITEM == "sweep#undecided"


def test_a_job_is_overdue_when_it_could_not_be_judged_for_so_long() -> None:
    undecided = Undecided(MemoryStore(), AFTER)
    assert undecided.update(FAILED, NOW) is None
    assert undecided.update(FAILED, NOW + AFTER - timedelta(seconds=1)) is None
    assert undecided.update(FAILED, NOW + AFTER) == NOW


@pytest.mark.parametrize(
    "judged",
    [
        pytest.param(denied(outcome=Outcome.FAILED), id="denied, and not stopped"),
        pytest.param(replace(FAILED, outcome=Outcome.GONE), id="gone"),
        pytest.param(denied(), id="stopped"),
    ],
)
def test_the_time_restarts_for_a_job_that_was_judged(judged: Record) -> None:
    undecided = Undecided(_kept(job=NOW - AFTER), AFTER)
    assert undecided.update(judged, NOW) is None
    assert undecided.update(FAILED, NOW) is None


@pytest.mark.parametrize("verdict", ["allow", "warn"])
def test_a_decision_on_incomplete_data_does_not_count(verdict: Any) -> None:
    """For example, its tags could not be read: a job that they would have denied keeps running, and nothing else reports it."""
    partly = replace(FAILED, evaluation=Evaluation(Decision(decision=verdict, findings=()), "r1", "1.22.2"))
    undecided = Undecided(MemoryStore(), AFTER)
    assert undecided.update(partly, NOW) is None
    assert undecided.update(partly, NOW + AFTER) == NOW


def test_the_time_of_an_earlier_sweep_is_continued() -> None:
    assert Undecided(_kept(job=NOW - AFTER), AFTER).update(FAILED, NOW) == NOW - AFTER


@pytest.mark.parametrize(("complete", "kept"), [(True, {ARN}), (False, {ARN, OTHER})])
def test_only_a_complete_sweep_forgets_what_it_did_not_meet(complete: bool, kept: set[str]) -> None:
    store = _kept(other=NOW - AFTER)
    undecided = Undecided(store, AFTER)
    undecided.update(FAILED, NOW)
    undecided.save(NOW, complete=complete)
    assert _stored(store).keys() == kept
    assert store.expires[ITEM] > NOW + timedelta(days=1)


def test_what_did_not_change_is_written_again_as_dynamodb_would_delete_it() -> None:
    store = _kept(job=NOW - timedelta(days=3))
    undecided = Undecided(store, AFTER)
    undecided.update(FAILED, NOW)
    undecided.save(NOW, complete=True)
    assert store.expires[ITEM] > NOW + timedelta(days=1)


def test_nothing_is_written_without_jobs() -> None:
    store = MemoryStore()
    undecided = Undecided(store, AFTER)
    undecided.update(denied(), NOW)
    undecided.save(NOW, complete=True)
    assert store.items == {}


def test_removing_the_last_job_is_written() -> None:
    store = _kept(job=NOW)
    undecided = Undecided(store, AFTER)
    undecided.update(denied(), NOW)
    undecided.save(NOW, complete=True)
    assert _stored(store) == {}


def _named(name: str) -> Record:
    assert FAILED.ref is not None
    return replace(FAILED, ref=replace(FAILED.ref, arn=f"{ARN.rpartition('/')[0]}/{name}"), document=None)


def test_what_can_not_be_read_is_not_overwritten() -> None:
    store: Any = _kept(other=NOW)
    store.refuses = True
    undecided = Undecided(store, AFTER)
    store.refuses = False
    undecided.update(FAILED, NOW)
    undecided.save(NOW, complete=True)
    assert (_stored(store).keys(), len(undecided.failures)) == ({OTHER}, 1)


def test_what_can_not_be_written_is_a_failure() -> None:
    store = MemoryStore()
    undecided = Undecided(store, AFTER)
    undecided.update(FAILED, NOW)
    store.refuses = True
    undecided.save(NOW, complete=True)
    assert [failure.message for failure in undecided.failures] == ["no table"]
