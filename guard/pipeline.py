"""The whole flow: event, job, document, decision, stop, record."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from guard.aws.collect import collect
from guard.aws.enforce import stop
from guard.decision import Evaluation
from guard.document import DenyList, Document
from guard.errors import GuardError, JobNotFound, StopError
from guard.jobs import TUNING
from guard.normalize import normalize
from guard.record import Journal, Outcome, Record
from guard.refs import Home, JobRef, job_from_arn
from guard.sources.events import Ignored, parse_event


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

    def handle(self, event: object, home: Home) -> list[Record]:
        """Act on one EventBridge event: a record for its job, and one for the tuning job of a denied or finished child job.

        Raises GuardError for whatever should reach Lambda's retries and the dead-letter queue; a stop that failed is raised
        after both were judged.
        """
        ref = parse_event(event, home)
        if isinstance(ref, Ignored):
            return [self._keep(Record(event_id(event), Outcome.IGNORED, reason=ref.reason))]
        records = [self._judge(ref)]
        if parent := _tuning_parent(records[0], ref):
            records.append(self._judge(parent))
        for record in records:
            if record.failure is not None:
                raise record.failure
        return records

    def _judge(self, ref: JobRef) -> Record:
        """Decide on one job and act on the decision; a failed stop is stored in the record; the caller raises it."""
        started = time.perf_counter()
        try:
            record = self._decided(ref)
            if record.decision == "deny":
                record = self._enforced(record, ref)
        except GuardError as exc:
            exc.evidence.setdefault("job", ref.arn)
            raise
        return self._keep(replace(record, milliseconds=(time.perf_counter() - started) * 1000))

    def _decided(self, ref: JobRef) -> Record:
        record = Record(ref.source.id, Outcome.NOT_DENIED, job_arn=ref.arn, job_kind=ref.kind.id)
        try:
            collected = collect(self.sagemaker, ref)
        except JobNotFound:
            return replace(record, outcome=Outcome.GONE)
        document = normalize(ref, collected, self.deny_list)
        status = collected.description.get(ref.kind.status_field)
        if status in ref.kind.stopping | ref.kind.ended:
            return replace(record, document=document, outcome=Outcome.ALREADY_FINISHED, reason=f"status {status}")
        return replace(record, document=document, evaluation=self.engine.evaluate(document))

    def _enforced(self, record: Record, ref: JobRef) -> Record:
        if self.mode == "audit":
            return replace(record, outcome=Outcome.AUDITED)
        try:
            return replace(record, outcome=stop(self.sagemaker, ref))
        except StopError as exc:
            return replace(record, outcome=Outcome.STOP_FAILED, reason=str(exc), failure=exc)

    def _keep(self, record: Record) -> Record:
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
    return job_from_arn(arn, TUNING, ref.home, ref.source)


def event_id(event: object) -> str:
    """Return the id of an EventBridge event, or nothing where it has none."""
    return str(event.get("id", "")) if isinstance(event, dict) else ""
