"""Jobs that a sweep began to stop, until record and notice have told of it: no event comes a second time for a sweep."""

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
# Some 200 bytes each in an item of 400 KB.
_MOST = 1500
# Channels that are down for hours don't keep a sweep from its work, and one that never works ends.
_AT_ONCE = 50
_TRIES = 24


@dataclass(frozen=True)
class _Job:
    """By what the job is known, and how many sweeps have tried to tell of it."""

    kind: str
    name: str
    tries: int = 0


class Unreported:
    """The limits of a sweep: other limits, by which it keeps each job that it is about to stop; never raises by itself.

    A job that was stopped isn't listed any more. Where a sweep ends between the stop and the notice, or its channels all fail,
    the next ones judge the job again, find that it has ended, and tell its owner.
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
        """Count the job that goes on."""
        self._limits.judged(job_arn)

    def permit(self, record: Record) -> Permit:
        """Return the other limits' answer, and keep the job if it is to be stopped now."""
        permit = self._limits.permit(record)
        if permit.withheld_by is None:
            self._keep(record)
            self.save()
        return permit

    def update(self, record: Record) -> None:
        """Note what became of a job: while a denial can't be told, and of one that is kept anything, it is kept."""
        arn = record.job_arn or ""
        self._noted.add(arn)
        unwritten = any(isinstance(failure, LogError) for failure in record.failures)
        if unwritten and record.decision == "deny":
            self._keep(record)
        elif not unwritten and record.outcome is not Outcome.FAILED:
            self._jobs.pop(arn, None)

    def retries(self, home: Home, source: Source) -> Iterator[JobRef]:
        """Yield what earlier sweeps have kept and this one hasn't met, the least tried first.

        Each counts as tried before it is judged.
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
        """Write what is kept. After a failure nothing more is written: each stop would wait for that."""
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
