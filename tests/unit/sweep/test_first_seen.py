"""More jobs than one item holds: the first time of each."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from guard.errors import StateError
from guard.sweep import first_seen
from guard.sweep.first_seen import FirstSeen
from tests.support.store import MemoryStore

NOW = datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=UTC)
ITEM = "sweep#undecided"
# The longest possible ARN: the longest partition, region, kind and name.
PREFIX = "arn:aws-us-gov:sagemaker:ap-southeast-22:111122223333:inference-recommendations-job/"


def _arn(number: int) -> str:
    return f"{PREFIX}{number:064d}"


def _swept(store: Any, numbers: range, now: datetime, *, complete: bool = True) -> list[datetime]:
    """Let a sweep mark these jobs, and return their first times."""
    remembered = FirstSeen(store, ITEM)
    found = [remembered.mark(_arn(number), now) for number in numbers]
    remembered.save(now, complete=complete)
    return found


@pytest.mark.parametrize("jobs", [1999, 2000, 2001, 3000, 4001])
def test_the_first_time_of_every_job_is_kept_from_sweep_to_sweep(jobs: int) -> None:
    store = MemoryStore()
    for sweep in range(4):
        assert set(_swept(store, range(jobs), NOW + timedelta(minutes=10 * sweep))) == {NOW}


def test_a_job_that_came_later_began_later() -> None:
    """It must not be taken for a job that an item had no room for, or it would be stopped or reported at once."""
    store = MemoryStore()
    _swept(store, range(3000), NOW)
    assert _swept(store, range(3001), NOW + timedelta(hours=1))[-1] == NOW + timedelta(hours=1)


def test_no_item_is_larger_than_dynamodb_takes() -> None:
    store = MemoryStore()
    _swept(store, range(4001), NOW)
    assert sorted(store.items) == [ITEM, f"{ITEM}#1", f"{ITEM}#2"]
    assert all(len(json.dumps(values)) < 400_000 for values in store.items.values())
    assert all(store.expires[name] > NOW + timedelta(days=1) for name in store.items)


def test_an_item_that_is_not_counted_any_more_is_not_read() -> None:
    store = MemoryStore()
    _swept(store, range(3000), NOW)
    _swept(store, range(5), NOW + timedelta(minutes=10))
    assert f"{ITEM}#1" in store.items
    (began,) = _swept(store, range(2999, 3000), NOW + timedelta(minutes=20))
    assert began == NOW + timedelta(minutes=20)


def test_if_there_are_too_many_jobs_the_oldest_listed_ones_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_seen, "_PAGE", 2)
    monkeypatch.setattr(first_seen, "_PAGES", 2)
    store = MemoryStore()
    _swept(store, range(90, 94), NOW - timedelta(hours=1))
    for number in range(4):
        _swept(store, range(number + 1), NOW + timedelta(minutes=number), complete=False)
    kept = {arn for values in store.items.values() for arn in json.loads(values["jobs"])}
    assert kept == {_arn(number) for number in range(4)}


def test_what_an_earlier_version_wrote_is_read() -> None:
    store = MemoryStore(**{ITEM: {"jobs": json.dumps({_arn(1): NOW.isoformat()})}})
    assert _swept(store, range(1, 2), NOW + timedelta(hours=1)) == [NOW]


def test_an_earlier_version_reads_the_oldest_entries() -> None:
    store = MemoryStore()
    _swept(store, range(10), NOW)
    _swept(store, range(3000), NOW + timedelta(minutes=10))
    first = json.loads(store.items[ITEM]["jobs"])
    assert len(first) == 2000
    assert {_arn(number) for number in range(10)} <= first.keys()


class Partly(MemoryStore):
    """A table that fails for one of the items."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.failing = ""
        self.name = name

    def read(self, item: str) -> dict[str, Any]:
        if (item, self.failing) == (self.name, "read"):
            raise StateError("no table")
        return super().read(item)

    def write(self, item: str, values: Any, expires: datetime) -> None:
        if (item, self.failing) == (self.name, "write"):
            raise StateError("no table")
        super().write(item, values, expires)


@pytest.mark.parametrize("name", [ITEM, f"{ITEM}#1"], ids=["the first", "another"])
def test_where_one_item_can_not_be_read_none_is_overwritten(name: str) -> None:
    store = Partly(name)
    _swept(store, range(3000), NOW)
    before, store.failing = dict(store.items), "read"
    remembered = FirstSeen(store, ITEM)
    remembered.mark(_arn(0), NOW + timedelta(minutes=10))
    remembered.save(NOW + timedelta(minutes=10), complete=True)
    assert (store.items, len(remembered.failures)) == (before, 1)


@pytest.mark.parametrize("name", [ITEM, f"{ITEM}#1"], ids=["the first", "another"])
def test_if_one_item_cannot_be_written_earlier_jobs_keep_their_time(name: str) -> None:
    store = Partly(name)
    _swept(store, range(2500), NOW)
    store.failing = "write"
    _swept(store, range(3000), NOW + timedelta(minutes=10))
    store.failing = ""
    began = _swept(store, range(2500), NOW + timedelta(minutes=20))
    assert set(began[:2000]) == {NOW}


@pytest.mark.parametrize("pages", [0, -1, "x", None, 10**9], ids=repr)
def test_an_invalid_number_of_items_is_ignored(pages: Any) -> None:
    store = MemoryStore(**{ITEM: {"jobs": json.dumps({_arn(1): NOW.isoformat()}), "pages": pages}})
    assert _swept(store, range(1, 2), NOW + timedelta(hours=1)) == [NOW]
