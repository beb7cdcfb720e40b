"""Jobs that a sweep stopped, or began to stop, are reported by later sweeps if necessary, but not forever."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from guard.document import Source
from guard.errors import CollectError, LogError, StopError
from guard.limits.permit import Permit
from guard.record import Outcome, Record
from guard.refs import JobRef
from guard.sweep.unreported import ITEM, Unreported
from tests.support.jobs import HOME
from tests.support.records import ARN, denied
from tests.support.store import MemoryStore

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
SOURCE = Source(type="sweep", id="run-2", time=NOW)
KEPT = {ARN: ["training", "churn-42", 0]}
SILENT = LogError("a sink of the decision log could not keep a record", sink="notices")


@dataclass
class Other:
    """The other limits."""

    answer: Permit = field(default_factory=Permit)
    judgements: int = 0

    def judged(self, job_arn: str) -> None:
        self.judgements += 1

    def permit(self, record: Record) -> Permit:
        return self.answer


def _unreported(store: MemoryStore, answer: Permit | None = None) -> Unreported:
    return Unreported(Other(answer or Permit()), store, lambda: NOW)


def _kept(store: MemoryStore) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(store.items.get(ITEM, {}).get("jobs", "{}"))
    return found


def _retries(unreported: Unreported) -> list[JobRef]:
    return list(unreported.retries(HOME, SOURCE))


def test_jobs_are_stored_under_the_name_that_the_next_version_reads() -> None:
    assert ITEM == "sweep#untold"


def test_a_job_is_stored_before_it_is_stopped() -> None:
    store = MemoryStore()
    permit = Permit(reason="the breaker has withheld the stop for 60 minutes already")
    assert _unreported(store, permit).permit(denied(outcome=None)) == permit
    assert _kept(store) == KEPT


@pytest.mark.parametrize("by", ["switch", "breaker", "rule"])
def test_a_withheld_job_is_not_stored(by: Any) -> None:
    store = MemoryStore()
    assert _unreported(store, Permit(by)).permit(denied(outcome=None)) == Permit(by)
    assert store.items == {}


def test_decisions_are_counted_by_the_other_limits() -> None:
    other = Other()
    Unreported(other, MemoryStore(), lambda: NOW).judged("job-1")
    assert other.judgements == 1


@pytest.mark.parametrize(
    ("record", "kept"),
    [
        pytest.param(denied(), {}, id="told"),
        pytest.param(denied(outcome=Outcome.GONE), {}, id="gone"),
        pytest.param(denied(outcome=Outcome.STOP_FAILED, failures=(StopError("refused"),)), {}, id="it goes on"),
        pytest.param(denied(failures=(SILENT,)), KEPT, id="a sink failed"),
        pytest.param(
            replace(denied(), evaluation=None, outcome=Outcome.FAILED, failures=(CollectError("busy"),)),
            KEPT,
            id="nobody could judge it",
        ),
    ],
)
def test_a_stored_job_stays_until_it_is_reported(record: Record, kept: dict[str, Any]) -> None:
    store = MemoryStore(**{ITEM: {"jobs": json.dumps(KEPT)}})
    unreported = _unreported(store)
    unreported.update(record)
    unreported.save()
    assert _kept(store) == kept


@pytest.mark.parametrize(
    ("record", "kept"),
    [
        pytest.param(denied(outcome=Outcome.ALREADY_FINISHED, failures=(SILENT,)), KEPT, id="denied, a sink failed"),
        pytest.param(replace(denied(), evaluation=None, failures=(SILENT,)), {}, id="not denied, a sink failed"),
        pytest.param(denied(outcome=Outcome.ALREADY_FINISHED), {}, id="told"),
    ],
)
def test_a_denied_job_that_was_not_reported_is_stored(record: Record, kept: dict[str, Any]) -> None:
    store = MemoryStore()
    unreported = _unreported(store)
    unreported.update(record)
    unreported.save()
    assert _kept(store) == kept


def test_the_next_sweep_judges_the_job_and_counts_the_attempt() -> None:
    store = MemoryStore(**{ITEM: {"jobs": json.dumps(KEPT)}})
    (ref,) = _retries(_unreported(store))
    assert (ref.kind.id, ref.name, ref.arn, ref.home, ref.source) == ("training", "churn-42", ARN, HOME, SOURCE)
    assert (ref.reported, ref.actor) == ({}, None)
    assert _kept(store) == {ARN: ["training", "churn-42", 1]}


def test_a_job_that_this_sweep_judged_is_left_to_the_next_one() -> None:
    store = MemoryStore(**{ITEM: {"jobs": json.dumps(KEPT)}})
    unreported = _unreported(store)
    unreported.update(denied(failures=(SILENT,)))
    assert _retries(unreported) == []


def test_the_least_tried_jobs_come_first_and_are_limited() -> None:
    jobs = {f"arn:{number}": ["training", f"job-{number}", number % 3] for number in range(90)}
    store = MemoryStore(**{ITEM: {"jobs": json.dumps(jobs)}})
    tried = [int(ref.name.removeprefix("job-")) % 3 for ref in _retries(_unreported(store))]
    assert tried == [0] * 30 + [1] * 20


def test_jobs_that_this_sweep_judged_do_not_count_for_the_limit() -> None:
    jobs = KEPT | {f"arn:{number}": ["training", f"job-{number}", 0] for number in range(50)}
    unreported = _unreported(MemoryStore(**{ITEM: {"jobs": json.dumps(jobs)}}))
    unreported.update(denied(failures=(SILENT,)))
    assert len(_retries(unreported)) == 50


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(["training", "churn-42", 24], id="tried for hours"),
        pytest.param(["quantum", "churn-42", 0], id="of a kind of another version"),
    ],
)
def test_jobs_that_cannot_be_reported_are_dropped(values: list[Any]) -> None:
    store = MemoryStore(**{ITEM: {"jobs": json.dumps({ARN: values})}})
    unreported = _unreported(store)
    assert _retries(unreported) == []
    unreported.save()
    assert _kept(store) == {}


@pytest.mark.parametrize("values", [None, 7, ["training"], ["training", "x", "0"], {"kind": "training"}], ids=str)
def test_invalid_entries_are_ignored(values: Any) -> None:
    store = MemoryStore(**{ITEM: {"jobs": json.dumps({ARN: values})}})
    assert _retries(_unreported(store)) == []


def test_if_there_are_too_many_jobs_the_newest_are_kept() -> None:
    store = MemoryStore()
    unreported = _unreported(store)
    for number in range(1600):
        record = denied(failures=(SILENT,))
        assert record.ref is not None
        unreported.update(replace(record, ref=replace(record.ref, arn=f"arn:{number}", name=f"job-{number}")))
    unreported.save()
    assert list(_kept(store)) == [f"arn:{number}" for number in range(100, 1600)]


def test_after_a_failed_read_jobs_are_stopped_and_nothing_is_written() -> None:
    store = MemoryStore()
    store.refuses = True
    unreported = _unreported(store)
    assert unreported.permit(denied(outcome=None)) == Permit()
    store.refuses = False
    unreported.save()
    assert (len(unreported.failures), store.items) == (1, {})


def test_after_a_failed_write_nothing_more_is_written() -> None:
    store = MemoryStore()
    unreported = _unreported(store)
    store.refuses = True
    for _ in range(2):
        assert unreported.permit(denied(outcome=None)) == Permit()
    assert len(unreported.failures) == 1


def test_unchanged_jobs_are_not_written() -> None:
    store = MemoryStore(**{ITEM: {"jobs": json.dumps(KEPT)}})
    unreported = _unreported(store)
    unreported.permit(denied(outcome=None))
    assert store.expires == {}
