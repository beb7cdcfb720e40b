"""One sweep at a time: who has the lease, for how long, and without the table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from guard.sweep.lease import HELD, ITEM, Lease
from tests.support.store import MemoryStore

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


class Clock:
    """A time that a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def test_one_sweep_holds_the_lease_until_it_releases_it() -> None:
    store, clock = MemoryStore(), Clock()
    first, second = (Lease(store, name, clock) for name in ("first", "second"))
    assert (first.claim(), second.claim()) == (True, False)
    first.release()
    assert second.claim()


def test_sweeps_of_two_versions_share_the_lease() -> None:
    """During a deployment, a sweep of the previous version may still be running."""
    store = MemoryStore()
    Lease(store, "first", Clock()).claim()
    assert store.expires == {"sweep#lease": NOW + HELD}


def test_a_killed_sweep_holds_the_lease_for_two_minutes() -> None:
    store, clock = MemoryStore(), Clock()
    Lease(store, "killed", clock).claim()
    second = Lease(store, "second", clock)
    clock.now += timedelta(minutes=2, seconds=-1)
    assert not second.claim()
    clock.now += timedelta(seconds=1)
    assert second.claim()


@pytest.mark.parametrize(("seconds", "renewed"), [(29.9, False), (30, True), (31, True)])
def test_the_lease_is_renewed_after_half_a_minute(seconds: float, renewed: bool) -> None:
    store, clock = MemoryStore(), Clock()
    lease = Lease(store, "first", clock)
    lease.claim()
    clock.now += timedelta(seconds=seconds)
    lease.renew()
    assert store.expires[ITEM] == (clock.now if renewed else NOW) + HELD


def test_a_lease_that_was_never_claimed_is_not_renewed() -> None:
    store = MemoryStore()
    Lease(store, "first", Clock()).renew()
    assert store.owner is None


def test_without_the_table_every_sweep_gets_the_lease() -> None:
    store = MemoryStore()
    store.refuses = True
    lease = Lease(store, "first", Clock())
    assert lease.claim()
    lease.release()
    assert [failure.message for failure in lease.failures] == ["no table", "no table"]
