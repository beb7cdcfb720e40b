"""The complete record of one decision, with the field names of OPA's decision-log event (`EventV1`).

`schemas/record.json` is generated from these models (`make docs`). New fields have a default and keep the version;
any other change raises `schema_version`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from guard.document import Model
from guard.log.masking import Masked, MaskPolicy, masked
from guard.log.plain import cut, failure
from guard.record import Mode, Outcome, Record

PATH = "guard/main/decision"
BUNDLE = "guard"
_TEXTS, _ENTRIES = 2000, 100


class Bundle(Model):
    """The policies that decided."""

    revision: str | None


class Failure(Model):
    """An error as data."""

    error: Annotated[str, Field(description="Type of the error, e.g. StopError.")]
    message: str
    evidence: dict[str, Any]
    cause: str | None = None
    rule_id: Annotated[str | None, Field(description="The rule that could not be evaluated.")] = None


class DecisionEvent(Model):
    """One decision. For a denied job it is written twice with one decision id: before the stop, without outcome, and after it."""

    schema_version: Literal[1] = 1
    labels: Annotated[
        dict[str, str], Field(description="Identify the guard: app, account, region, partition, and OPA's version.")
    ]
    decision_id: str
    timestamp: Annotated[AwareDatetime, Field(description="When the decision was made, or failed.")]
    bundles: Annotated[dict[str, Bundle], Field(description="The bundles by name, with their revision.")]
    path: Annotated[str, Field(description="The entrypoint that was queried.")]
    input: Annotated[
        dict[str, Any] | None,
        Field(description="The input document (schemas/input.json), masked; null without one, or if it is erased."),
    ]
    result: Annotated[
        dict[str, Any] | None, Field(description="The decision with its findings, masked; null without a decision.")
    ]
    erased: Annotated[tuple[str, ...], Field(description="JSON pointers of fields that the masking policy removed.")]
    masked: Annotated[tuple[str, ...], Field(description="JSON pointers of values that the masking policy replaced.")]
    metrics: Annotated[dict[str, int], Field(description="Nanoseconds from the start to the decision and to the end.")]
    event_id: Annotated[str, Field(description="Id of the event, or of the run, that made the guard examine the job.")]
    source: Annotated[str | None, Field(description="Type of that source: state-change, api-call, sweep, ...")]
    mode: Mode
    job_arn: str | None
    job_kind: str | None
    decision: Annotated[
        str | None,
        Field(
            description="allow, warn or deny; null without a decision, or if a rule failed and no other rule denies."
        ),
    ]
    rule_ids: Annotated[tuple[str, ...], Field(description="Rules with findings that aren't exempted, sorted.")]
    outcome: Annotated[str | None, Field(description="What the guard did; null while the job is being stopped.")]
    reason: str | None
    withheld_by: Annotated[
        str | None,
        Field(description="What kept a denied job from being stopped: the switch, the breaker, or a rule's share."),
    ] = None
    failures: tuple[Failure, ...]
    warnings: Annotated[
        tuple[Failure, ...],
        Field(
            description="Errors that aren't raised: the breaker's counter or the switch can't be read; a missing permission."
        ),
    ] = ()
    rule_failures: Annotated[
        tuple[Failure, ...], Field(description="Rules that failed when they were evaluated one by one.")
    ]
    started_at: AwareDatetime
    decided_at: AwareDatetime | None
    finished_at: AwareDatetime | None
    seconds_to_stop: Annotated[
        float | None, Field(description="From the job's creation to the response of the Stop call, if it was stopped.")
    ]


def masked_event(record: Record, policy: MaskPolicy) -> tuple[DecisionEvent, Masked]:
    """Return the masked record, and the result of the masking."""
    subject = {
        "input": record.document.model_dump(mode="json") if record.document else None,
        "result": record.evaluation.decision.model_dump(mode="json") if record.evaluation else None,
    }
    hidden = masked(subject, policy)
    return _event(record, hidden), hidden


def _event(record: Record, hidden: Masked) -> DecisionEvent:
    evaluation, source = record.evaluation, record.ref.source if record.ref else None
    home = record.home
    labels = {"app": "sagemaker-guard", "account": home.account, "region": home.region, "partition": home.partition}
    if evaluation and evaluation.opa_version:
        labels["version"] = evaluation.opa_version
    return DecisionEvent(
        labels=labels,
        decision_id=record.decision_id,
        timestamp=record.decided_at or record.finished_at or record.started_at,
        bundles={BUNDLE: Bundle(revision=evaluation.revision)} if evaluation else {},
        path=PATH,
        input=hidden.input,
        result=hidden.result,
        erased=hidden.erased,
        masked=hidden.masked,
        metrics=_metrics(record),
        event_id=cut(record.event_id, _TEXTS),
        source=source.type if source else None,
        mode=record.mode,
        job_arn=record.job_arn,
        job_kind=record.job_kind,
        decision=record.decision,
        rule_ids=record.rule_ids,
        outcome=record.outcome.value if record.outcome else None,
        reason=cut(record.reason, _TEXTS),
        withheld_by=record.withheld_by,
        warnings=tuple(Failure(**failure(error, _TEXTS, _ENTRIES)) for error in record.warnings[:_ENTRIES]),
        failures=tuple(Failure(**failure(error, _TEXTS, _ENTRIES)) for error in record.failures[:_ENTRIES]),
        rule_failures=tuple(
            Failure(rule_id=failed.rule_id, **failure(failed.error, _TEXTS, _ENTRIES))
            for failed in record.rule_failures[:_ENTRIES]
        ),
        started_at=record.started_at,
        decided_at=record.decided_at,
        finished_at=record.finished_at,
        seconds_to_stop=record.seconds_to_stop,
    )


def _metrics(record: Record) -> dict[str, int]:
    ends = {"timer_guard_decision_ns": record.decided_at, "timer_guard_total_ns": record.finished_at}
    return {name: _nanoseconds(end - record.started_at) for name, end in ends.items() if isinstance(end, datetime)}


def _nanoseconds(time: timedelta) -> int:
    return time // timedelta(microseconds=1) * 1000


def is_kept(record: Record) -> bool:
    """Return whether the record is stored: an event that the guard ignores has a log line only."""
    return record.outcome is not Outcome.IGNORED
