"""The whole flow: event, job, document, decision, stop, record."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from guard.collect import collect
from guard.document import DenyList, Document
from guard.enforce import Outcome, stop
from guard.errors import JobNotFound, StopError
from guard.events import Ignored, JobRef, Scope, job_from_arn, parse_event
from guard.jobs import TUNING
from guard.normalize import normalize
from guard.opa.client import Evaluation
from guard.record import Journal, Record


class PolicyEngine(Protocol):
    """Decides on documents."""

    def evaluate(self, document: Document) -> Evaluation:
        """Return the decision, or raise PolicyError: never a default."""
        ...


@dataclass(frozen=True)
class Guard:
    """The guard with all that it depends on."""

    engine: PolicyEngine
    sagemaker: Any
    journal: Journal
    mode: Literal["enforce", "audit"]
    deny_list: DenyList

    def handle(self, event: object, scope: Scope) -> list[Record]:
        """Act on one EventBridge event: a record for its job, and one for the tuning job of a child that doesn't go on.

        Raises GuardError for whatever should reach Lambda's retries and the dead-letter queue.
        """
        ref = parse_event(event, scope)
        if isinstance(ref, Ignored):
            return [self._keep(Record(_event_id(event), Outcome.IGNORED, reason=ref.reason))]
        record = self.judge(ref, scope)
        parent = _tuning_parent(record, ref)
        return [record] if parent is None else [record, self.judge(parent, scope)]

    def judge(self, ref: JobRef, scope: Scope) -> Record:
        """Decide on one job and act on the decision."""
        started = time.perf_counter()
        record = Record(ref.source.id, Outcome.NOT_DENIED, job_arn=ref.arn, job_kind=ref.kind.kind)
        try:
            collected = collect(self.sagemaker, ref)
        except JobNotFound:
            return self._keep(replace(record, outcome=Outcome.GONE), started)
        document = normalize(ref, collected, scope, self.deny_list)
        record = replace(record, document=document)
        status = collected.description.get(ref.kind.status_field)
        if status in ref.kind.stopping | ref.kind.ended:
            return self._keep(replace(record, outcome=Outcome.ALREADY_FINISHED, reason=f"status {status}"), started)
        record = replace(record, evaluation=self.engine.evaluate(document))
        if record.decision != "deny":
            return self._keep(record, started)
        with self._recorded_failure(record, started):
            outcome = Outcome.AUDITED if self.mode == "audit" else stop(self.sagemaker, ref)
        return self._keep(replace(record, outcome=outcome), started)

    @contextmanager
    def _recorded_failure(self, record: Record, started: float) -> Iterator[None]:
        try:
            yield
        except StopError as exc:
            self._keep(replace(record, outcome=Outcome.STOP_FAILED, reason=str(exc)), started)
            raise

    def _keep(self, record: Record, started: float | None = None) -> Record:
        if started is not None:
            record = replace(record, milliseconds=(time.perf_counter() - started) * 1000)
        self.journal.write(record)
        return record


def _tuning_parent(record: Record, ref: JobRef) -> JobRef | None:
    """A tuning job starts the next child after a denied one: it is judged by its own definition.

    So is that of a child which has ended or is being stopped: it may have been too short to be stopped, or an earlier
    attempt stopped it and failed at its parent.
    """
    doomed = record.decision == "deny" or record.outcome is Outcome.ALREADY_FINISHED
    arn = record.document.job.parent_arn if record.document else None
    if not doomed or arn is None or f":{TUNING.arn_resource}/" not in arn:
        return None
    return job_from_arn(arn, TUNING, ref.source)


def _event_id(event: object) -> str:
    return str(event.get("id", "")) if isinstance(event, dict) else ""
