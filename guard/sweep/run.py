"""One sweep: every running job that may not have been judged as it is now goes through the pipeline."""

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

# The last batch, and its slowest calls, must end before the function does: those that one job needs take half a minute.
MARGIN_SECONDS = 90.0
TOGETHER = 25
PATIENCE_SECONDS = 30.0
ENDS_SOON = timedelta(days=30)
_MOST_EXEMPTIONS = 50
# After these, and without a failure, a job needs no second look while it stays as it is. One that was stopped, or is gone, is
# listed no more: where it still is, something wasn't so.
_SETTLED = frozenset({Outcome.NOT_DENIED, Outcome.AUDITED})


@dataclass
class Report:
    """What one sweep did; `skipped` says why it did nothing. `exemptions` are None while nobody has read them."""

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
        """The report as data, with what failed counted by type."""
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

    `setup` stands for all that decides besides the job and the policies: with another one, every job is judged again. `client`
    lists. `notice` is told of a job that nobody could judge for too long; the breaker may withhold a job for `withheld_longest`.
    Of the `exemptions` of the configuration the report has those that end soon. So many jobs are described `together` at most.
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
        """Judge what there is time for, `remaining` being seconds; what failed is in the report.

        A sweep that is killed loses nothing but its own work: the next one finds the lease expired and what was judged until the
        last save. Without a table there is no memory, and every job is judged.
        """
        report = Report(self.new_id(), self.clock())
        store = BoundedStore(self.store, self.clock)
        lease = Lease(store, report.run_id, self.clock)
        if not lease.claim():
            report.skipped = "another sweep is at work"
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
            # Asked before each page and each job: also a sweep whose pages come slowly keeps its lease.
            lease.renew()
            return left() > 0

        walk = Walk(self.client, home, position, has_time, self.clock)
        # After a sweep that was killed, perhaps by one of its jobs, the others must not wait with that one for their turn.
        batches = Batches(1 if position.killed else self.together, left, self.clock)
        pending: dict[str, Listed] = {}
        source = Source(type="sweep", id=report.run_id, time=report.started_at)
        jobs = (job_ref(job, home, source) for job in self._unknown(report, walk, state, pending, batches))
        # The first decision, on a batch of one job, tells the policies' revision, without which no job is known.
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
        # They don't run any more, so they come last: and what was done so far is no loss if one of them kills the sweep.
        for record in self.guard.judge_all(takewhile(lambda _: has_time(), state.unreported.retries(home, source))):
            self._record_result(report, record, state)
        state.unreported.save()
        self._report_exemptions(report)
        report.failures.add(*walk.failures, *state.failures)

    def _unknown(
        self, report: Report, walk: Walk, state: SweepState, pending: dict[str, Listed], batches: Batches
    ) -> Iterator[Listed]:
        """The jobs that no sweep has judged as they are now, each `pending` until there is its record."""
        for job in walk.jobs():
            state.saw(job)
            if report.revision is not None and state.memory.knows(job, self._basis(report)):
                report.known += 1
                state.known(job)
                # Else the denied jobs that the breaker let go on would be most of those that a sweep judges.
                self.guard.count_judged(job.arn)
                continue
            pending[job.arn] = job
            if batches.took():
                # The last of those that are judged together: if they are what kills this sweep, the next one begins behind them.
                state.begin_batch(walk)
            yield job

    def _record_result(self, report: Report, record: Record, state: SweepState) -> None:
        """Count the record, and see to a job that could not be judged for too long."""
        report.judged += 1
        report.outcomes[record.outcome.value if record.outcome else "none"] += 1
        if record.evaluation is not None:
            report.revision = record.evaluation.revision
        if record.outcome is not Outcome.FAILED or record.decision == "deny":
            # A job that could not be judged is told of by name, in time; what was judged and not done is a failure of the sweep.
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
        """Name a job that nobody could judge for too long; what can't be told keeps no other job from being judged."""
        try:
            self.notice("undecided job", facts)
        except Exception as exc:
            report.failures.add(caused_by(exc, LogError, "an undecided job could not be told of", **facts))

    def _report_exemptions(self, report: Report) -> None:
        """The exemptions that have ended or end soon, the first to end first."""
        until = (self.clock() + ENDS_SOON).date().isoformat()
        try:
            read = self.exemptions()
        except Exception as exc:  # also a fault of the engine: what the sweep did is still to be saved
            report.failures.add(policy_error(exc))
            return
        # No decision has told the revision where there was no job to judge.
        report.revision = report.revision or read.revision
        found = [exemption for exemption in read.listed if str(exemption.get("expires", "")) <= until]
        shown = ("id", "owner", "rules", "expires")
        found.sort(key=lambda exemption: str(exemption.get("expires", "")))
        report.exemptions = [{name: exemption.get(name) for name in shown} for exemption in found[:_MOST_EXEMPTIONS]]

    def _basis(self, report: Report) -> str:
        """What a decision depends on besides the job as it is listed.

        Exemptions end with a day: that of the decisions of this sweep, which may end on the next one. Tags, models and
        schedules' definitions change without a trace in the list, and are looked at again on the next day at the latest.
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
