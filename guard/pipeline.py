"""The whole flow: source, description, document, decision, stop, record."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Protocol

from guard.aws.collect import collect, event_only
from guard.aws.enforce import stop
from guard.decision import EachRule, Evaluation
from guard.document import DenyList, Document
from guard.errors import (
    EventError,
    GuardError,
    JobNotFound,
    PolicyError,
    UnexpectedError,
    caused_by,
    policy_error,
    stop_error,
)
from guard.jobs import TUNING
from guard.limits.permit import NO_LIMITS, Limits, Permit
from guard.log.sinks import DecisionLog
from guard.normalize import normalize
from guard.record import Mode, Outcome, Record
from guard.refs import Home, JobRef, job_from_arn
from guard.sources.events import Ignored, parse_event
from guard.threads import submit
from guard.times import utc_now

# SageMaker is eventually consistent: Describe may not find a job that was just created, and some kinds send a single event. So an
# unknown job younger than this is an error, which Lambda retries: it makes three attempts, at once, after one minute and after
# three. The last attempt at a prompt event must accept that the job is gone; otherwise anyone could fill the dead-letter queue by
# creating and deleting schedules, which costs nothing. The sweep covers the rest.
YOUNG = timedelta(minutes=2, seconds=30)
_PARALLEL = 8


class PolicyEngine(Protocol):
    """Decides on documents."""

    def evaluate(self, document: Document) -> Evaluation:
        """Return the decision, or raise PolicyError: never a default."""
        ...

    def evaluate_many(self, documents: Iterable[Document]) -> Iterable[Evaluation | PolicyError]:
        """Return the decision on each document, in order; one that fails is an error in its place."""
        ...

    def evaluate_each(self, document: Document, seconds: float) -> EachRule:
        """Evaluate the rules one by one within this time and return the results; never raises PolicyError."""
        ...


def _new_id() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True)
class Guard:
    """The guard with all its dependencies; `patience` are the pauses, in seconds, between attempts at a throttled stop."""

    engine: PolicyEngine
    sagemaker: Any
    log: DecisionLog
    mode: Mode
    deny_list: DenyList
    fallback_seconds: float = 20.0
    limits: Limits = NO_LIMITS
    patience: Iterable[float] = ()
    clock: Callable[[], datetime] = utc_now
    new_id: Callable[[], str] = _new_id

    def handle(self, event: object, home: Home) -> list[Record]:
        """Handle one EventBridge event. Return a record for its job, and one for the tuning job of a denied or finished child.

        Raises GuardError, after every job was judged, for a failure that Lambda should retry and send to the dead-letter queue.
        """
        record = self._started(_event_id(event), home)
        try:
            ref = parse_event(event, home)
        except EventError as exc:
            return [raise_first_failure(self._close(failed(record, exc)))]
        if isinstance(ref, Ignored):
            return [raise_first_failure(self._close(replace(record, outcome=Outcome.IGNORED, reason=ref.reason)))]
        records = list(self.judge_all([ref]))
        for record in records:
            raise_first_failure(record)
        return records

    def judge_all(self, refs: Iterable[JobRef], together: Callable[[], int] = lambda: 1) -> Iterator[Record]:
        """Judge the jobs and yield their records; judge the tuning job of denied or finished child jobs too, once each.

        `together` returns the size of the next batch. Jobs of a batch are described and decided before any of them is stopped,
        so that no Describe waits for another job's stop.
        """
        judged: set[str] = set()
        waiting = iter(refs)
        while batch := list(islice(waiting, together())):
            new = {ref.arn: ref for ref in batch if ref.arn not in judged}
            judged.update(new)
            for child in self._judge_batch(list(new.values())):
                record, parent = _with_tuning_parent(child)
                yield record
                if parent is not None and parent.arn not in judged:
                    judged.add(parent.arn)
                    yield self.judge(parent)

    def judge(self, ref: JobRef) -> Record:
        """Decide on one job and act on the decision; never raises.

        Always returns a record, which is also written to the decision log; errors are in its `failures`, for the caller to raise.
        A denied job's record is in the log before the job is stopped.

        >>> record = guard.judge(ref)
        >>> record.decision, record.rule_ids, record.outcome.value, record.failures
        ('deny', ('denied_image',), 'stopped', ())
        """
        record = self._described(ref)
        return self._finish(record, self.engine.evaluate)

    def count_judged(self, job_arn: str) -> None:
        """Count a job that isn't denied, by a new decision or an earlier one that still holds, for the breaker; never raises."""
        with suppress(Exception):  # the decision stands even if it can't be counted
            self.limits.judged(job_arn)

    def stop_undecided(self, record: Record, reason: str) -> Record:
        """Stop a job that could not be decided on, for deployments that want this; never raises.

        The stop has a record of its own, which is written to the log before the stop, like that of a denied job.
        """
        if record.ref is None:
            return record
        ref = record.ref
        begun = replace(self._started(ref.source.id, ref.home), ref=ref, document=record.document, reason=reason)
        if self.mode == "audit":
            return self._close(replace(begun, outcome=Outcome.AUDITED))
        return self._close(_safely(begun, lambda: self._enforce(begun, ref)))

    def _judge_batch(self, refs: list[JobRef]) -> Iterator[Record]:
        """Judge several jobs: describe them in parallel and decide on them together. A failure affects only its own job."""
        if len(refs) == 1:
            yield self.judge(refs[0])
            return
        with ThreadPoolExecutor(max_workers=_PARALLEL) as pool:
            records = [described.result() for described in [submit(pool, self._described, ref) for ref in refs]]
        answers = self._answers([record.document for record in records if record.document is not None])
        for record in records:
            yield self._finish(record, lambda _: _next_evaluation(answers))

    def _answers(self, documents: list[Document]) -> Iterator[Evaluation | PolicyError]:
        """Yield the engine's results. As a generator, it calls the engine within `_finish`, which handles the errors."""
        yield from self.engine.evaluate_many(documents)

    def _started(self, source_id: str, home: Home) -> Record:
        return Record(self.new_id(), source_id, home, self.mode, self.clock())

    def _described(self, ref: JobRef) -> Record:
        """Return the record with the job's document, or with an outcome if there is no document to decide on."""
        record = replace(self._started(ref.source.id, ref.home), ref=ref)
        return _safely(record, lambda: self._document(record, ref))

    def _document(self, record: Record, ref: JobRef) -> Record:
        collected = collect(self.sagemaker, ref)
        record = replace(record, failures=collected.failures, warnings=collected.warnings)
        if any(isinstance(failure, JobNotFound) for failure in collected.failures) and not self._is_young(ref):
            return replace(record, outcome=Outcome.GONE, failures=())
        if not collected.description:
            return replace(record, outcome=Outcome.FAILED)
        return replace(record, document=normalize(ref, collected, self.deny_list))

    def _finish(self, record: Record, evaluate: Callable[[Document], Evaluation]) -> Record:
        """Decide on the described job, act on the decision, write the record to the decision log and return it."""
        if record.document is not None and record.ref is not None:
            document, ref = record.document, record.ref
            record = _safely(record, lambda: self._decided(record, document, ref, evaluate))
            if record.outcome is None:
                denied = record
                record = _safely(record, lambda: self._enforce(denied, ref))
            elif record.decision in {"allow", "warn"}:
                self.count_judged(ref.arn)
        return self._close(record)

    def _decided(
        self, record: Record, document: Document, ref: JobRef, evaluate: Callable[[Document], Evaluation]
    ) -> Record:
        """Return the record with its decision, and with its outcome unless the job has to be stopped."""
        record = self._evaluated(record, document, evaluate)
        status = document.job.status
        if status in ref.kind.stopping | ref.kind.ended:
            return replace(record, outcome=Outcome.ALREADY_FINISHED, reason=f"status {status}")
        if record.decision == "deny":
            return replace(record, outcome=Outcome.AUDITED if self.mode == "audit" else None)
        return replace(record, outcome=Outcome.FAILED if record.failures else Outcome.NOT_DENIED)

    def _evaluated(self, record: Record, document: Document, evaluate: Callable[[Document], Evaluation]) -> Record:
        """Return the record with the decision; if it fails, with the decision of the rules that can be evaluated one by one."""
        try:
            return replace(record, evaluation=evaluate(document), decided_at=self.clock())
        except Exception as fault:
            exc = policy_error(fault)
            exc.evidence.setdefault("job", document.job.arn)
            each = self.engine.evaluate_each(document, self.fallback_seconds)
            return replace(
                record,
                evaluation=each.evaluation,
                rule_failures=each.failures,
                failures=(exc, *record.failures),
                decided_at=self.clock(),
            )

    def _enforce(self, record: Record, ref: JobRef) -> Record:
        """Write the decision to the log, then stop the job if the limits permit it; return the record with the outcome."""
        record = self._write(record)
        permit = self._permit(record)
        if permit.withheld_by in {"breaker", "rule"} and event_only(ref):
            # A sweep retries what the breaker withholds, but has no event: it might not see what the job is denied for.
            permit = permit.overruled("only the event has all data about the job, so its stop can't wait")
        reason = "; ".join(filter(None, (record.reason, permit.reason))) or None
        record = replace(record, warnings=(*permit.warnings, *record.warnings), reason=reason)
        if permit.withheld_by is not None:
            return replace(record, outcome=Outcome.WITHHELD, withheld_by=permit.withheld_by)
        outcome = None
        try:
            outcome = stop(self.sagemaker, ref, self.patience)
        except Exception as fault:
            exc = stop_error(fault)
            return replace(record, outcome=Outcome.STOP_FAILED, reason=exc.message, failures=(exc, *record.failures))
        finally:
            if outcome is not Outcome.STOPPED:
                with suppress(Exception):  # the decision stands even if the count of stops is one too high
                    permit.give_back()
        if outcome is Outcome.GONE and self._is_young(ref):
            return failed(record, JobNotFound("the job to be stopped doesn't exist", job=ref.arn))
        return replace(record, outcome=outcome)

    def _permit(self, record: Record) -> Permit:
        """Return the limits' permit, which counts the stop; if the limits fail, permit it: errors never keep a job running."""
        try:
            return self.limits.permit(record)
        except Exception as exc:
            return Permit(warnings=(caused_by(exc, UnexpectedError, "the limits of enforcement failed"),))

    def _is_young(self, ref: JobRef) -> bool:
        """Return whether SageMaker may not find the job yet; never for jobs of a sweep, which SageMaker itself listed."""
        return ref.source.type != "sweep" and self.clock() - ref.source.time < YOUNG

    def _close(self, record: Record) -> Record:
        """Set the time of the end and write the record."""
        return self._write(replace(record, finished_at=self.clock()))

    def _write(self, record: Record) -> Record:
        """Write the record to every sink; return it with their failures, to be raised after the stop."""
        return replace(record, failures=(*record.failures, *self.log.write(record)))


def _safely(record: Record, step: Callable[[], Record]) -> Record:
    """Return the step's record, or the given record with the error that the step raised."""
    try:
        return step()
    except GuardError as exc:
        return failed(record, exc)
    except Exception as exc:
        return failed(record, caused_by(exc, UnexpectedError, "a fault of the guard", job=record.job_arn))


def _next_evaluation(answers: Iterator[Evaluation | PolicyError]) -> Evaluation:
    """Return the engine's next decision, or raise the error that it returned for this document."""
    answer = next(answers, PolicyError("the engine returned fewer decisions than it was given documents"))
    if isinstance(answer, PolicyError):
        raise answer
    return answer


def failed(record: Record, error: GuardError) -> Record:
    """Return the record with the outcome FAILED and the error as its first failure."""
    return replace(record, outcome=Outcome.FAILED, reason=error.message, failures=(error, *record.failures))


def raise_first_failure(record: Record) -> Record:
    """Return the record; raise its first failure if there is one."""
    if record.failures:
        raise record.failures[0]
    return record


def _with_tuning_parent(record: Record) -> tuple[Record, JobRef | None]:
    """Return the record and the tuning job to judge, if any; a parent's ARN of another account is a failure of the record."""
    try:
        return record, _tuning_parent(record)
    except EventError as exc:
        return replace(record, failures=(*record.failures, exc)), None


def _tuning_parent(record: Record) -> JobRef | None:
    """Return the tuning job of a child job that was denied or has already finished; None for any other job.

    A tuning job starts another child after a denied one, so it is judged by its own definition. A finished or stopping child
    counts as well: it may have been too short to be stopped, or an earlier attempt stopped it and failed at the tuning job.
    """
    doomed = record.decision == "deny" or record.outcome is Outcome.ALREADY_FINISHED
    arn = record.document.job.parent_arn if record.document else None
    if record.ref is None or not doomed or arn is None or f":{TUNING.arn_resource}/" not in arn:
        return None
    return job_from_arn(arn, TUNING, record.ref.home, record.ref.source)


def _event_id(event: object) -> str:
    """Return the id of an EventBridge event, or an empty string if it has none."""
    return str(event.get("id", "")) if isinstance(event, dict) else ""
