"""The report of a sweep, and the store of a deployment without a table."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from guard.errors import CollectError, ListError
from guard.store import NoStore
from guard.sweep.run import Report

STARTED = datetime(2026, 11, 23, 10, tzinfo=UTC)


def test_the_summary_counts_what_failed_and_shows_the_first() -> None:
    finished = STARTED + timedelta(seconds=1.26)
    report = Report("run-1", STARTED, finished, complete=True, listed=4, known=1, judged=3)
    report.outcomes = Counter(stopped=2, failed=1)
    report.undecided = [f"job-{number}" for number in range(51)]
    report.revision = "r1"
    report.unsupported = ["ListEdgePackagingJobs"]
    report.failures.add(ListError("no list"), CollectError("busy"), CollectError("busy"))
    assert report.summary() == {
        "run_id": "run-1",
        "started_at": "2026-11-23T10:00:00+00:00",
        "seconds": 1.3,
        "skipped": None,
        "complete": True,
        "unsupported": ["ListEdgePackagingJobs"],
        "listed": 4,
        "known": 1,
        "judged": 3,
        "outcomes": {"failed": 1, "stopped": 2},
        "undecided": report.undecided[:50],
        "undecided_jobs": 51,
        "bundle_revision": "r1",
        "exemptions": None,
        "failures": {"CollectError": 2, "ListError": 1},
        "first_failure": "no list",
    }


def test_a_sweep_without_failures_has_no_first() -> None:
    summary = Report("run-1", STARTED).summary()
    assert (summary["seconds"], summary["failures"], summary["first_failure"]) == (0.0, {}, None)


def test_without_a_store_every_sweep_gets_the_lease() -> None:
    store = NoStore()
    store.write("item", {"a": 1}, STARTED)
    assert (store.read("item"), store.claim("item", "me", STARTED, STARTED)) == ({}, True)
