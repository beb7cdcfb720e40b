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

# SageMaker is eventually consistent: a job that was just created may not be found yet, and some kinds have a single event. Lambda
# makes its three attempts at once, after one minute and after three: the last one of an event that came promptly must find the
# job gone, or whoever creates and deletes schedules, which costs nothing, fills the dead-letter queue. The sweep finds the rest.
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
        """Return what the rules answer one by one within this time; never raises PolicyError."""
        ...


def _new_id() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True)
class Guard:
    """The guard with all that it depends on; `patience` are the seconds between its attempts at a throttled stop."""

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
        """Act on one EventBridge event: a record for its job, and one for the tuning job of a denied or finished child job.

        Raises GuardError for whatever should reach Lambda's retries and the dead-letter queue, once every job was judged.
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
        """Judge jobs, and the tuning job of each denied or finished child once, however many children it has.

        So many are described and decided `together`, asked before each batch: no Describe waits for another job's stop.
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

        Every end is a record that the decision log has: what failed is in its `failures`, for the caller to raise. A denied job's
        record is in the log before the job is stopped.

        >>> record = guard.judge(ref)
        >>> record.decision, record.rule_ids, record.outcome.value, record.failures
        ('deny', ('denied_image',), 'stopped', ())
        """
        record = self._described(ref)
        return self._finish(record, self.engine.evaluate)

    def count_judged(self, job_arn: str) -> None:
        """Count a job that goes on, also one whose earlier decision still holds, beside those that are denied; never raises."""
        with suppress(Exception):  # a decision that isn't counted is no failure of the decision
            self.limits.judged(job_arn)

    def stop_undecided(self, record: Record, reason: str) -> Record:
        """Stop the job of a record without a decision, where the deployment wants that; never raises.

        The record of it is one of its own, in the log before the stop as that of a denied job is.
        """
        if record.ref is None:
            return record
        ref = record.ref
        begun = replace(self._started(ref.source.id, ref.home), ref=ref, document=record.document, reason=reason)
        if self.mode == "audit":
            return self._close(replace(begun, outcome=Outcome.AUDITED))
        return self._close(_safely(begun, lambda: self._enforce(begun, ref)))

    def _judge_batch(self, refs: list[JobRef]) -> Iterator[Record]:
        """Judge several jobs, described at the same time and decided in one go; one that fails fails alone."""
        if len(refs) == 1:
            yield self.judge(refs[0])
            return
        with ThreadPoolExecutor(max_workers=_PARALLEL) as pool:
            records = [described.result() for described in [submit(pool, self._described, ref) for ref in refs]]
        answers = self._answers([record.document for record in records if record.document is not None])
        for record in records:
            yield self._finish(record, lambda _: _next_evaluation(answers))

    def _answers(self, documents: list[Document]) -> Iterator[Evaluation | PolicyError]:
        """What the engine returns for the documents, asked with the first answer: no error goes past `_finish`."""
        yield from self.engine.evaluate_many(documents)

    def _started(self, source_id: str, home: Home) -> Record:
        return Record(self.new_id(), source_id, home, self.mode, self.clock())

    def _described(self, ref: JobRef) -> Record:
        """The record with the job's document, or with the outcome of a job that there is nothing to decide on."""
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
        """Decide on the described job and act on the decision; return the record, which the decision log has."""
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
        """The record with its decision; with an outcome, too, unless the job has to be stopped."""
        record = self._evaluated(record, document, evaluate)
        status = document.job.status
        if status in ref.kind.stopping | ref.kind.ended:
            return replace(record, outcome=Outcome.ALREADY_FINISHED, reason=f"status {status}")
        if record.decision == "deny":
            return replace(record, outcome=Outcome.AUDITED if self.mode == "audit" else None)
        return replace(record, outcome=Outcome.FAILED if record.failures else Outcome.NOT_DENIED)

    def _evaluated(self, record: Record, document: Document, evaluate: Callable[[Document], Evaluation]) -> Record:
        """The record with the decision; when the whole one fails, with that of the rules that answer by themselves."""
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
        """Stop a denied job, once its decision is in the log, if the limits permit it; return what became of it."""
        record = self._write(record)
        permit = self._permit(record)
        if permit.withheld_by in {"breaker", "rule"} and event_only(ref):
            # A sweep, which takes up what the breaker withholds, would not know why the job is denied.
            permit = permit.overruled("only the event tells all of the job, so its stop can't wait")
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
                with suppress(Exception):  # A stop that counts although it wasn't made is no failure of the decision.
                    permit.give_back()
        if outcome is Outcome.GONE and self._is_young(ref):
            return failed(record, JobNotFound("the job to be stopped doesn't exist", job=ref.arn))
        return replace(record, outcome=outcome)

    def _permit(self, record: Record) -> Permit:
        """Ask for the job to be stopped, which counts its stop; whatever goes wrong here keeps no denied job alive."""
        try:
            return self.limits.permit(record)
        except Exception as exc:
            return Permit(warnings=(caused_by(exc, UnexpectedError, "the limits of enforcement failed"),))

    def _is_young(self, ref: JobRef) -> bool:
        """Whether SageMaker may not know the job yet; what it listed itself, it knows."""
        return ref.source.type != "sweep" and self.clock() - ref.source.time < YOUNG

    def _close(self, record: Record) -> Record:
        """End the record and write it."""
        return self._write(replace(record, finished_at=self.clock()))

    def _write(self, record: Record) -> Record:
        """Write the record to every sink; return it with their failures, to be raised after the stop."""
        return replace(record, failures=(*record.failures, *self.log.write(record)))


def _safely(record: Record, step: Callable[[], Record]) -> Record:
    """What the step makes of the record, or the record with the error that ended it."""
    try:
        return step()
    except GuardError as exc:
        return failed(record, exc)
    except Exception as exc:
        return failed(record, caused_by(exc, UnexpectedError, "a fault of the guard", job=record.job_arn))


def _next_evaluation(answers: Iterator[Evaluation | PolicyError]) -> Evaluation:
    """The engine's next decision; an error of its own is raised for the document that it is about."""
    answer = next(answers, PolicyError("the engine returned fewer decisions than it was given documents"))
    if isinstance(answer, PolicyError):
        raise answer
    return answer


def failed(record: Record, error: GuardError) -> Record:
    """Return the record of a job that could not be judged or stopped, with the error first among its failures."""
    return replace(record, outcome=Outcome.FAILED, reason=error.message, failures=(error, *record.failures))


def raise_first_failure(record: Record) -> Record:
    """Return the record, or raise the first of its failures."""
    if record.failures:
        raise record.failures[0]
    return record


def _with_tuning_parent(record: Record) -> tuple[Record, JobRef | None]:
    """The record, and the tuning job that has to be judged; an ARN of another account is a failure of the record."""
    try:
        return record, _tuning_parent(record)
    except EventError as exc:
        return replace(record, failures=(*record.failures, exc)), None


def _tuning_parent(record: Record) -> JobRef | None:
    """A tuning job starts the next child after a denied one: it is judged by its own definition.

    So is that of a child which has ended or is being stopped: it may have been too short to be stopped, or an earlier
    attempt stopped it and failed at its parent.
    """
    doomed = record.decision == "deny" or record.outcome is Outcome.ALREADY_FINISHED
    arn = record.document.job.parent_arn if record.document else None
    if record.ref is None or not doomed or arn is None or f":{TUNING.arn_resource}/" not in arn:
        return None
    return job_from_arn(arn, TUNING, record.ref.home, record.ref.source)


def _event_id(event: object) -> str:
    """Return the id of an EventBridge event, or nothing where it has none."""
    return str(event.get("id", "")) if isinstance(event, dict) else ""
