"""Which jobs a sweep recognizes from the last one, and what is stored about them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from guard.jobs import TRAINING
from guard.refs import job_arn
from guard.sources.sweep import Listed
from guard.store import KEPT, mapping
from guard.sweep.memory import Memory
from tests.support.jobs import HOME
from tests.support.store import MemoryStore

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
JOB = Listed(TRAINING, "churn-42", job_arn("churn-42", TRAINING, HOME), "InProgress", NOW, NOW)
OTHER = replace(JOB, name="other", arn=job_arn("other", TRAINING, HOME))


def _kept(*jobs: Listed) -> MemoryStore:
    """A table in which a sweep kept these jobs, judged on the basis `r1`."""
    store = MemoryStore()
    memory = Memory(store)
    for job in jobs:
        memory.remember(job, "r1")
    memory.save(NOW, complete=False)
    return store


@pytest.mark.parametrize(
    ("job", "basis", "known"),
    [
        pytest.param(JOB, "r1", True, id="as it was"),
        pytest.param(JOB, "r2", False, id="other policies"),
        pytest.param(replace(JOB, status="Stopping"), "r1", False, id="another status"),
        pytest.param(replace(JOB, modified=NOW + timedelta(seconds=1)), "r1", False, id="changed"),
        pytest.param(replace(JOB, modified=None), "r1", False, id="changed nobody knows when"),
        pytest.param(OTHER, "r1", False, id="another job"),
    ],
)
def test_a_job_is_known_while_nothing_that_decides_has_changed(job: Listed, basis: str, known: bool) -> None:
    assert Memory(_kept(JOB)).knows(job, basis) is known


def test_a_job_without_a_modification_time_is_never_known() -> None:
    job = replace(JOB, modified=None)
    assert not Memory(_kept(job)).knows(job, "r1")


def test_what_is_kept_is_small_and_expires() -> None:
    store = _kept(JOB, OTHER)
    assert {item.rpartition("#")[0] for item in store.items} == {"sweep#judged"}
    assert set(store.expires.values()) == {NOW + KEPT}
    for item, values in store.items.items():
        for key, fingerprint in json.loads(values["jobs"]).items():
            assert (key[0], len(key), len(fingerprint)) == (item[-1], 16, 16)


@pytest.mark.parametrize(("complete", "forgotten"), [(True, True), (False, False)])
def test_only_a_complete_sweep_forgets_what_it_did_not_see(complete: bool, forgotten: bool) -> None:
    store = _kept(JOB, OTHER)
    memory = Memory(store)
    for job in (JOB, OTHER):
        assert memory.knows(job, "r1")
    memory.saw(JOB)
    memory.save(NOW, complete=complete)
    again = Memory(store)
    assert (again.knows(JOB, "r1"), again.knows(OTHER, "r1")) == (True, not forgotten)


def test_unreadable_entries_are_unknown_reported_and_left_unchanged() -> None:
    store = _kept(JOB)
    before = dict(store.items)
    store.refuses = True
    memory = Memory(store)
    assert not memory.knows(JOB, "r1")
    store.refuses = False
    memory.remember(replace(JOB, status="Stopping"), "r1")
    memory.save(NOW, complete=True)
    assert ([failure.message for failure in memory.failures], store.items) == (["no table"], before)


def test_a_failed_write_is_reported_and_repeated_by_the_next_save() -> None:
    store = MemoryStore()
    memory = Memory(store)
    memory.remember(JOB, "r1")
    store.refuses = True
    memory.save(NOW, complete=False)
    assert ([failure.message for failure in memory.failures], store.items) == (["no table"], {})
    store.refuses = False
    memory.save(NOW, complete=False)
    assert Memory(store).knows(JOB, "r1")


def test_if_there_are_too_many_jobs_the_latest_judged_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guard.sweep.memory._SHARD_ENTRIES", 2)
    jobs = [replace(JOB, arn=job_arn(f"job-{number}", TRAINING, HOME)) for number in range(200)]
    (item, *_) = _kept(jobs[0]).items
    first, second, third = [job for job in jobs if item in _kept(job).items][:3]
    store = _kept(first, second, third, first)
    memory = Memory(store)
    assert [memory.knows(job, "r1") for job in (first, second, third)] == [True, False, True]


def test_what_did_not_change_is_not_written_again() -> None:
    store = MemoryStore()
    memory = Memory(store)
    memory.remember(JOB, "r1")
    memory.save(NOW, complete=False)
    store.items.clear()
    memory.save(NOW, complete=False)
    assert store.items == {}


@pytest.mark.parametrize("text", [None, 7, "", "{", "[]", "null"], ids=str)
def test_a_value_that_is_not_an_object_is_read_as_an_empty_one(text: object) -> None:
    assert mapping(text) == {}
