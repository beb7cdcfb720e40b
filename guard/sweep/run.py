"""One sweep: judges every running job that may not have been judged in its current state."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from guard.aws.enforce import SharedPatience
from guard.decision import Exemptions
from guard.document import Source
from guard.errors import LogError, StateError, caused_by, policy_error
from guard.pipeline import Guard
from guard.record import Outcome, Record
from guard.refs import Home
from guard.sources.sweep import Listed, job_ref
from guard.store import KEPT, Store
from guard.sweep.batches import Batches
from guard.sweep.bounded_store import BoundedStore
from guard.sweep.failures import Failures
from guard.sweep.lease import Lease
from guard.sweep.position import Walk
from guard.sweep.state import SweepState
from guard.times import utc_now

LAST = "sweep#last"

# Time reserved for the last batch, which must end before the function's timeout; the slowest calls of one job take 30 seconds.
MARGIN_SECONDS = 90.0
TOGETHER = 25
PATIENCE_SECONDS = 30.0
ENDS_SOON = timedelta(days=30)
_MOST_EXEMPTIONS = 50
# After these outcomes, and without a failure, an unchanged job isn't judged again. A stopped or deleted job isn't listed any
# more; if it is listed nevertheless, it must be judged again.
_SETTLED = frozenset({Outcome.NOT_DENIED, Outcome.AUDITED})


@dataclass
class Report:
    """What one sweep did; `skipped` is the reason if it did nothing. `exemptions` is None if they were not read."""

    run_id: str
    started_at: datetime
    finished_at: datetime | None = None
    skipped: str | None = None
    complete: bool = False
    unsupported: list[str] = field(default_factory=list)
    listed: int = 0
    known: int = 0
    judged: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    undecided: list[str] = field(default_factory=list)
    revision: str | None = None
    exemptions: list[dict[str, Any]] | None = None
    failures: Failures = field(default_factory=Failures)

    def summary(self) -> dict[str, Any]:
        """Return the report as data, with failures counted by type."""
        finished = self.finished_at or self.started_at
        return {
            "run_id": self.run_id,
            "started_at": self.started_at.isoformat(),
            "seconds": round((finished - self.started_at).total_seconds(), 1),
            "skipped": self.skipped,
            "complete": self.complete,
            "unsupported": self.unsupported,
            "listed": self.listed,
            "known": self.known,
            "judged": self.judged,
            "outcomes": dict(sorted(self.outcomes.items())),
            "undecided": self.undecided[:50],
            "undecided_jobs": len(self.undecided),
            "bundle_revision": self.revision,
            "exemptions": self.exemptions,
            "failures": self.failures.by_type(),
            "first_failure": str(self.failures.first) if self.failures.first else None,
        }


def _new_id() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True)
class Sweep:
    """Judges the running jobs with the guard.

    `setup` identifies everything that affects decisions apart from the job and the policies: if it changes, every job is judged
    again. `client` lists the jobs. `notice` is called for a job that has been undecided for too long. The breaker may withhold a
    stop for up to `withheld_longest`. The report includes those `exemptions` of the configuration that end soon. `together` is
    the maximum size of a batch.
    """

    guard: Guard
    client: Any
    store: Store
    setup: str
    undecided_after: timedelta
    withheld_longest: timedelta
    stop_undecided: bool
    notice: Callable[[str, dict[str, Any]], None]
    exemptions: Callable[[], Exemptions] = Exemptions
    clock: Callable[[], datetime] = utc_now
    new_id: Callable[[], str] = _new_id
    together: int = TOGETHER

    def run(self, home: Home, remaining: Callable[[], float]) -> Report:
        """Judge jobs while `remaining`, in seconds, allows it; return the report, which includes the failures.

        If a sweep is killed, only its work since the last save is lost: the next sweep finds the lease expired and continues.
        Without a table, nothing is remembered and every sweep judges every job.
        """
        report = Report(self.new_id(), self.clock())
        store = BoundedStore(self.store, self.clock)
        lease = Lease(store, report.run_id, self.clock)
        if not lease.claim():
            report.skipped = "another sweep is running"
            return self._finished(report)
        try:
            state = SweepState(
                store,
                self.guard.limits,
                self.clock,
                undecided_after=self.undecided_after,
                withheld_longest=self.withheld_longest,
            )
            patience = SharedPatience(self.guard.patience, PATIENCE_SECONDS)
            limited = replace(self, guard=replace(self.guard, limits=state.unreported, patience=patience))
            limited._swept(report, home, remaining, lease, state)
        finally:
            lease.release()
            report.failures.add(*lease.failures)
        self._finished(report)
        values: dict[str, str | int] = {"report": json.dumps(report.summary())}
        self._stored(report, lambda: self.store.write(LAST, values, self.clock() + KEPT * 15))
        return report

    def _swept(
        self, report: Report, home: Home, remaining: Callable[[], float], lease: Lease, state: SweepState
    ) -> None:
        position = state.position()

        def left() -> float:
            return remaining() - MARGIN_SECONDS

        def has_time() -> bool:
            # Called before each page and each job, so a sweep with slow pages renews its lease too.
            lease.renew()
            return left() > 0

        walk = Walk(self.client, home, position, has_time, self.clock)
        # If the last sweep was killed, one of its jobs may be the cause: batches of one job separate it from the others.
        batches = Batches(1 if position.killed else self.together, left, self.clock)
        pending: dict[str, Listed] = {}
        source = Source(type="sweep", id=report.run_id, time=report.started_at)
        jobs = (job_ref(job, home, source) for job in self._unknown(report, walk, state, pending, batches))
        # The first batch is one job: its decision has the policies' revision, which is needed to recognize known jobs.
        for record in self.guard.judge_all(jobs, batches.begin):
            lease.renew()
            batches.judged()
            self._record_result(report, record, state)
            job = pending.pop(record.job_arn or "", None)
            if job is not None and record.outcome in _SETTLED and not record.failures and report.revision is not None:
                state.memory.remember(job, self._basis(report))
            state.save_now_and_then()
        report.listed, report.complete, report.unsupported = walk.listed, walk.complete, sorted(walk.unsupported)
        state.save(complete=walk.complete)
        state.end_at(walk)
        # Unreported jobs don't run any more, so they come last; and if one of them kills the sweep, the work so far is saved.
        for record in self.guard.judge_all(takewhile(lambda _: has_time(), state.unreported.retries(home, source))):
            self._record_result(report, record, state)
        state.unreported.save()
        self._report_exemptions(report)
        report.failures.add(*walk.failures, *state.failures)

    def _unknown(
        self, report: Report, walk: Walk, state: SweepState, pending: dict[str, Listed], batches: Batches
    ) -> Iterator[Listed]:
        """Yield the jobs that no sweep has judged in their current state; each is `pending` until it has a record."""
        for job in walk.jobs():
            state.saw(job)
            if report.revision is not None and state.memory.knows(job, self._basis(report)):
                report.known += 1
                state.known(job)
                # Without known jobs, most counted jobs would be denied ones with a withheld stop: a rule's share would look too
                # large.
                self.guard.count_judged(job.arn)
                continue
            pending[job.arn] = job
            if batches.took():
                # The batch is complete: if one of its jobs kills this sweep, the next one begins after the batch.
                state.begin_batch(walk)
            yield job

    def _record_result(self, report: Report, record: Record, state: SweepState) -> None:
        """Add the record to the report, and handle a job that has been undecided for too long."""
        report.judged += 1
        report.outcomes[record.outcome.value if record.outcome else "none"] += 1
        if record.evaluation is not None:
            report.revision = record.evaluation.revision
        if record.outcome is not Outcome.FAILED or record.decision == "deny":
            # Failures to act on a decision are failures of the sweep. A job that could not be judged is reported by name, once it
            # has been undecided for too long.
            report.failures.add(*record.failures)
        state.withheld.update(record)
        state.unreported.update(record)
        since = state.undecided.update(record, self.clock())
        if since is None:
            return
        report.undecided.append(record.job_arn or "")
        minutes = int((self.clock() - since).total_seconds() // 60)
        reason = record.failures[0].message if record.failures else record.reason
        self._report_undecided(report, {"job_arn": record.job_arn, "since": since.isoformat(), "reason": reason})
        if self.stop_undecided:
            stopped = self.guard.stop_undecided(record, f"no decision was possible for {minutes} minutes: {reason}")
            report.outcomes[stopped.outcome.value if stopped.outcome else "none"] += 1
            report.failures.add(*stopped.failures)
            state.withheld.update(stopped)
            state.unreported.update(stopped)

    def _report_undecided(self, report: Report, facts: dict[str, Any]) -> None:
        """Report a job that has been undecided for too long. If that fails, the sweep continues with the other jobs."""
        try:
            self.notice("undecided job", facts)
        except Exception as exc:
            report.failures.add(caused_by(exc, LogError, "an undecided job could not be reported", **facts))

    def _report_exemptions(self, report: Report) -> None:
        """Add to the report the exemptions that have ended or end soon, in order of their last day."""
        until = (self.clock() + ENDS_SOON).date().isoformat()
        try:
            read = self.exemptions()
        except (
            Exception
        ) as exc:  # any error, also an unexpected one of the engine, since the report still has to be saved
            report.failures.add(policy_error(exc))
            return
        # If there was no job to judge, no decision has provided the revision.
        report.revision = report.revision or read.revision
        found = [exemption for exemption in read.listed if str(exemption.get("expires", "")) <= until]
        shown = ("id", "owner", "rules", "expires")
        found.sort(key=lambda exemption: str(exemption.get("expires", "")))
        report.exemptions = [{name: exemption.get(name) for name in shown} for exemption in found[:_MOST_EXEMPTIONS]]

    def _basis(self, report: Report) -> str:
        """Return what a decision depends on apart from the job as it is listed.

        The day is included because exemptions end with a day; it is the day when the sweep started, even if the sweep ends on the
        next one. Tags, models and definitions of schedules change without a visible change in the list; because of the day, such
        jobs are judged again on the next day at the latest.
        """
        return "\0".join((report.revision or "", report.started_at.date().isoformat(), self.setup))

    def _stored(self, report: Report, write: Callable[[], None]) -> None:
        try:
            write()
        except StateError as exc:
            report.failures.add(exc)

    def _finished(self, report: Report) -> Report:
        report.finished_at = self.clock()
        return report
