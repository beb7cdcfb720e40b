"""Jobs that a sweep began to stop, until record and notice are written: unlike an event, a sweep isn't retried by Lambda."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from guard.document import Source
from guard.errors import LogError, StateError
from guard.jobs import BY_KIND
from guard.limits.permit import Limits, Permit
from guard.record import Outcome, Record
from guard.refs import Home, JobRef
from guard.store import KEPT, Store, mapping

ITEM = "sweep#untold"
# Each takes about 200 bytes in an item of 400 KB.
_MOST = 1500
# Limits the work while channels are down for hours, and ends the retries for a channel that never works.
_AT_ONCE = 50
_TRIES = 24


@dataclass(frozen=True)
class _Job:
    """What identifies the job besides its ARN, and how many sweeps have tried to report its stop."""

    kind: str
    name: str
    tries: int = 0


class Unreported:
    """Wraps the limits of a sweep and stores each job that is about to be stopped; never raises by itself.

    A stopped job isn't listed any more. If a sweep ends between the stop and the notice, or if all channels fail, the next sweeps
    judge the job again, find that it has ended, and notify its owner.
    """

    def __init__(self, limits: Limits, store: Store, clock: Callable[[], datetime]) -> None:
        self._limits = limits
        self._store = store
        self._clock = clock
        self.failures: list[StateError] = []
        self._jobs: dict[str, _Job] = {}
        try:
            self._jobs = dict(_read(mapping(store.read(ITEM).get("jobs"))))
        except StateError as exc:
            self.failures.append(exc)
        self._before = self._earlier = dict(self._jobs)
        self._noted: set[str] = set()

    def judged(self, job_arn: str) -> None:
        """Count a job that isn't denied."""
        self._limits.judged(job_arn)

    def permit(self, record: Record) -> Permit:
        """Return the wrapped limits' permit; store the job if it will be stopped now."""
        permit = self._limits.permit(record)
        if permit.withheld_by is None:
            self._keep(record)
            self.save()
        return permit

    def update(self, record: Record) -> None:
        """Note a job's result: store it if its denial could not be reported; remove it if its result was reported."""
        arn = record.job_arn or ""
        self._noted.add(arn)
        unwritten = any(isinstance(failure, LogError) for failure in record.failures)
        if unwritten and record.decision == "deny":
            self._keep(record)
        elif not unwritten and record.outcome is not Outcome.FAILED:
            self._jobs.pop(arn, None)

    def retries(self, home: Home, source: Source) -> Iterator[JobRef]:
        """Yield the jobs that earlier sweeps stored and this one hasn't judged, those with the fewest attempts first.

        The attempt is counted before the job is judged.
        """
        unmet = [(arn, job) for arn, job in self._earlier.items() if arn not in self._noted]
        for arn, job in sorted(unmet, key=lambda item: item[1].tries)[:_AT_ONCE]:
            if job.kind not in BY_KIND or job.tries >= _TRIES:
                self._jobs.pop(arn, None)
                continue
            self._jobs[arn] = replace(job, tries=job.tries + 1)
            self.save()
            yield JobRef(BY_KIND[job.kind], job.name, arn, home, source, actor=None, reported={})

    def save(self) -> None:
        """Write the jobs. After a failure nothing more is written, because each stop would wait for a hanging table."""
        if self.failures or self._jobs == self._before:
            return
        newest = {arn: [job.kind, job.name, job.tries] for arn, job in list(self._jobs.items())[-_MOST:]}
        try:
            self._store.write(ITEM, {"jobs": json.dumps(newest)}, self._clock() + KEPT)
        except StateError as exc:
            self.failures.append(exc)
        else:
            self._before = dict(self._jobs)

    def _keep(self, record: Record) -> None:
        if record.ref is not None:
            self._jobs.setdefault(record.ref.arn, _Job(record.ref.kind.id, record.ref.name))


def _read(kept: dict[str, Any]) -> Iterator[tuple[str, _Job]]:
    for arn, values in kept.items():
        match values:
            case [str(kind), str(name), int(tries)]:
                yield arn, _Job(kind, name, tries)
