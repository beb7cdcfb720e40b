"""The record of a job when a part of the guard fails or returns something invalid; without OPA and SageMaker."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from guard.decision import Decision, EachRule, Evaluation
from guard.denylist.deployment import deny_list
from guard.document import Document
from guard.errors import EvaluationFailed, GuardError, PolicyError, StateError, StopError
from guard.jobs import INFERENCE_RECOMMENDATIONS
from guard.limits.permit import Permit
from guard.log.sinks import DecisionLog
from guard.pipeline import Guard
from guard.record import Outcome, Record
from guard.refs import JobRef, job_arn
from guard.sources.events import parse_event
from tests.support.events import HOME, load_event
from tests.support.fakes import FakeSageMaker, refused

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
EVENT = load_event("training_starting") | {"time": NOW.isoformat()}
ARN = EVENT["detail"]["TrainingJobArn"]


class Engine:
    """Returns the same decision for every document, or none."""

    def __init__(self, verdict: Any = "deny", error: Exception | None = None, most: int = 100) -> None:
        self.decision = Evaluation(Decision(decision=verdict, findings=()), "r1", "1.22.2")
        self.error = error
        self.most = most
        self.seconds: list[float] = []

    def evaluate(self, document: Document) -> Evaluation:
        if self.error is not None:
            raise self.error
        return self.decision

    def evaluate_many(self, documents: Iterable[Document]) -> Iterable[Evaluation | PolicyError]:
        return [self.decision for document in documents if document.job.name][: self.most]

    def evaluate_each(self, document: Document, seconds: float) -> EachRule:
        self.seconds.append(seconds)
        return EachRule(None, ())


class Limits:
    """Returns or raises the given result."""

    def __init__(self, answer: Permit | Exception) -> None:
        self.answer = answer
        self.counted = 0

    def judged(self, job_arn: str) -> None:
        self.counted += 1
        if isinstance(self.answer, Exception):
            raise self.answer

    def permit(self, record: Record) -> Permit:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Kept:
    """Stores each record that is written to the log."""

    name = "kept"

    def __init__(self) -> None:
        self.records: list[Record] = []

    def write(self, record: Record) -> None:
        self.records.append(record)


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def make(kept: Kept) -> Callable[..., Guard]:
    """Make a guard over a training job that runs."""

    def guard(**changes: Any) -> Guard:
        answers = {
            "DescribeTrainingJob": EVENT["detail"],
            "ListTags": {"Tags": []},
            "StopTrainingJob": {},
        } | changes.pop("answers", {})
        fields: dict[str, Any] = {
            "engine": Engine(),
            "sagemaker": FakeSageMaker(**answers),
            "log": DecisionLog(kept),
            "mode": "enforce",
            "deny_list": deny_list({}),
            "clock": lambda: NOW,
            "new_id": lambda: "decision-1",
        }
        return Guard(**(fields | changes))

    return guard


def _ref(**changes: Any) -> JobRef:
    found = parse_event(EVENT, HOME)
    assert isinstance(found, JobRef)
    return replace(found, **changes)


def test_failing_limits_keep_no_denied_job_running_and_are_reported(make: Any) -> None:
    failure = OSError("no limits")
    record = make(limits=Limits(failure)).judge(_ref())
    assert (record.outcome, record.failures) == (Outcome.STOPPED, ())
    (warning,) = record.warnings
    assert (warning.evidence, warning.__cause__) == ({"error": "OSError: no limits"}, failure)


def test_whatever_keeps_a_denied_job_from_being_stopped_is_a_failed_stop_with_its_warnings(make: Any) -> None:
    fault, warning = OSError("no call"), StateError("the switch could not be read: jobs are stopped")
    guard = make(answers={"StopTrainingJob": fault}, limits=Limits(Permit(warnings=(warning,))))
    record = guard.judge(_ref())
    (failure,) = record.failures
    assert (record.outcome, record.warnings, type(failure)) == (Outcome.STOP_FAILED, (warning,), StopError)
    assert (failure.evidence, failure.__cause__) == ({"error": "OSError: no call"}, fault)


ONLY_TOLD = {"OutputConfig": {"CompiledOutputConfig": {"S3OutputUri": "s3://elsewhere/x"}}}


@pytest.mark.parametrize(
    ("by", "told", "outcome"),
    [
        pytest.param("breaker", ONLY_TOLD, Outcome.STOPPED, id="by the breaker"),
        pytest.param("rule", ONLY_TOLD, Outcome.STOPPED, id="by its suspicion"),
        pytest.param("switch", ONLY_TOLD, Outcome.WITHHELD, id="by the switch"),
        pytest.param("breaker", {}, Outcome.WITHHELD, id="told nothing alone"),
    ],
)
def test_the_breaker_withholds_no_job_that_no_sweep_would_deny(
    make: Any, by: Any, told: dict[str, Any], outcome: Outcome
) -> None:
    """Only this invocation has the fields that Describe lacks, so a sweep would never make a withheld stop."""
    kind = INFERENCE_RECOMMENDATIONS
    answers = {
        kind.describe_operation: {"JobName": "job-1", "Status": "IN_PROGRESS"},
        kind.stop_operation: {},
    }
    arn = job_arn("job-1", kind, HOME)
    ref = _ref(kind=kind, name="job-1", arn=arn, reported=told)
    assert make(answers=answers, limits=Limits(Permit(by, "so"))).judge(ref).outcome is outcome


def test_an_allowed_job_that_can_not_be_counted_is_no_failure(make: Any) -> None:
    record = make(engine=Engine("allow"), limits=Limits(OSError("no count"))).judge(_ref())
    assert (record.outcome, record.failures) == (Outcome.NOT_DENIED, ())


def test_a_fault_is_recorded_with_its_job_and_what_it_was(make: Any) -> None:
    fault = ZeroDivisionError("a defect")

    def broken(**_: Any) -> Any:
        raise fault

    record = make(answers={"DescribeTrainingJob": broken}).judge(_ref())
    (failure,) = record.failures
    assert (record.outcome, record.reason) == (Outcome.FAILED, failure.message)
    assert failure.evidence == {"job": ARN, "error": "ZeroDivisionError: a defect"}
    assert failure.__cause__ is fault


def test_after_a_fault_of_the_engine_the_rules_are_evaluated(make: Any) -> None:
    """For example, if a gateway responds instead of OPA."""
    fault = AttributeError("'str' object has no attribute 'get'")
    engine = Engine(error=fault)
    record = make(engine=engine, fallback_seconds=7).judge(_ref())
    assert (engine.seconds, record.failures[0].message, record.failures[0].__cause__) == (
        [7],
        "a fault of the engine",
        fault,
    )


def test_a_failed_decision_names_the_job_and_gives_the_rules_their_time(make: Any) -> None:
    engine = Engine(error=EvaluationFailed("a policy failed"))
    record = make(engine=engine, fallback_seconds=7).judge(_ref())
    assert (record.outcome, record.failures[0].evidence["job"], engine.seconds) == (Outcome.FAILED, ARN, [7])


def test_an_engine_that_answers_too_little_fails_the_jobs_without_an_answer(make: Any) -> None:
    other = _ref(arn=f"{ARN}-2", name=f"{_ref().name}-2")
    first, second = make(engine=Engine(most=1)).judge_all([_ref(), other], together=lambda: 2)
    assert (first.outcome, second.outcome) == (Outcome.STOPPED, Outcome.FAILED)
    assert "fewer decisions" in second.failures[0].message


def test_a_job_that_can_not_be_described_keeps_no_other_from_being_decided(make: Any) -> None:
    def describe(TrainingJobName: str) -> Any:  # noqa: N803 - the API's name
        if TrainingJobName == "gone":
            raise refused("ThrottlingException")
        return EVENT["detail"]

    unknown = _ref(arn=f"{ARN}-2", name="gone", reported={})
    first, second = make(answers={"DescribeTrainingJob": describe}).judge_all([unknown, _ref()], together=lambda: 2)
    assert (first.outcome, second.outcome) == (Outcome.FAILED, Outcome.STOPPED)


@pytest.mark.parametrize(
    "parent",
    [
        "arn:aws:sagemaker:eu-west-1:999999999999:hyper-parameter-tuning-job/elsewhere",
        "arn:aws:sagemaker:eu-west-1:111122223333:hyper-parameter-tuning-job/",
    ],
    ids=["of another account", "without a name"],
)
def test_a_tuning_job_that_can_not_be_named_fails_its_child_and_keeps_no_other_job_alive(
    make: Any, parent: str
) -> None:
    child = EVENT["detail"] | {"TuningJobArn": parent}
    other = _ref(arn=f"{ARN}-2", name=f"{_ref().name}-2")
    first, second = make(answers={"DescribeTrainingJob": child}).judge_all([_ref(), other])
    assert (first.outcome, second.outcome) == (Outcome.STOPPED, Outcome.STOPPED)
    assert [type(failure) for failure in first.failures] == [type(failure) for failure in second.failures]
    assert first.failures[-1].evidence["value"] == parent


@pytest.mark.parametrize(("verdict", "counted"), [("allow", 1), ("warn", 1), ("deny", 0)])
def test_an_allowed_job_is_counted_and_a_denied_one_is_counted_by_its_stop(
    make: Any, verdict: str, counted: int
) -> None:
    limits = Limits(Permit())
    make(engine=Engine(verdict), limits=limits).judge(_ref())
    assert limits.counted == counted


def test_a_job_without_a_decision_is_not_counted(make: Any) -> None:
    limits = Limits(Permit())
    make(engine=Engine(error=EvaluationFailed("a policy failed")), limits=limits).judge(_ref())
    assert limits.counted == 0


WITHHELD = Permit("breaker", "the breaker is open")


@pytest.mark.parametrize(
    ("mode", "permit", "outcome", "reason"),
    [
        pytest.param("enforce", Permit(), Outcome.STOPPED, "undecided", id="enforce"),
        pytest.param("enforce", WITHHELD, Outcome.WITHHELD, "undecided; the breaker is open", id="breaker"),
        pytest.param("audit", Permit(), Outcome.AUDITED, "undecided", id="audit"),
    ],
)
def test_an_undecided_job_is_stopped_where_denied_ones_are(
    make: Any, kept: Kept, mode: Any, permit: Permit, outcome: Outcome, reason: str
) -> None:
    undecided = make(engine=Engine(error=EvaluationFailed("a policy failed"))).judge(_ref())
    kept.records.clear()
    record = make(mode=mode, limits=Limits(permit)).stop_undecided(undecided, "undecided")
    assert (record.outcome, record.reason, record.withheld_by) == (outcome, reason, permit.withheld_by)
    assert (record.ref, record.document, record.evaluation) == (undecided.ref, undecided.document, None)
    assert kept.records[-1] == record
    assert [each.outcome for each in kept.records[:-1]] == ([None] if mode == "enforce" else [])


def test_a_record_without_a_job_stops_nothing(make: Any) -> None:
    record = Record("decision-1", "event-1", HOME, "enforce", NOW)
    assert make().stop_undecided(record, "undecided") is record


@pytest.mark.parametrize(
    ("age", "source", "outcome"),
    [
        pytest.param(timedelta(seconds=149), "state-change", Outcome.FAILED, id="young"),
        pytest.param(timedelta(seconds=150), "state-change", Outcome.GONE, id="old enough to be known"),
        pytest.param(timedelta(0), "sweep", Outcome.GONE, id="listed by SageMaker itself"),
    ],
)
@pytest.mark.parametrize("known", [0, 1], ids=["when it is described", "when it is stopped"])
def test_a_job_that_nobody_knows_is_gone_once_it_is_old_enough(
    make: Any, age: timedelta, source: str, outcome: Outcome, known: int
) -> None:
    missing = refused("ValidationException", "Requested resource not found.")
    times = iter(range(2))

    def describe(**_: Any) -> Any:
        if next(times) < known:
            return EVENT["detail"]
        raise missing

    answers = {"DescribeTrainingJob": describe, "StopTrainingJob": missing}
    met = _ref().source.model_copy(update={"time": NOW - age, "type": source})
    record = make(answers=answers).judge(_ref(source=met, reported={}))
    assert record.outcome is outcome
    assert [failure.evidence.get("job") for failure in record.failures] == ([ARN] if outcome is Outcome.FAILED else [])


@pytest.mark.parametrize(
    ("event", "found"), [({"id": "event-1", "source": "x"}, "event-1"), ({"source": "x"}, ""), ("text", "")], ids=str
)
def test_a_record_of_an_invalid_event_has_the_available_id(make: Any, kept: Kept, event: Any, found: str) -> None:
    with suppress(GuardError):
        make().handle(event, HOME)
    assert [record.event_id for record in kept.records] == [found]


@pytest.mark.parametrize(
    ("late", "outcomes"),
    [
        pytest.param(0, [Outcome.FAILED, Outcome.FAILED, Outcome.GONE], id="delivered at once"),
        pytest.param(29, [Outcome.FAILED, Outcome.FAILED, Outcome.GONE], id="half a minute late"),
        pytest.param(100, [Outcome.FAILED, Outcome.GONE, Outcome.GONE], id="later"),
    ],
)
def test_a_job_that_was_deleted_at_once_is_no_dead_letter(make: Any, late: int, outcomes: list[Outcome]) -> None:
    """Lambda tries again after one minute and two more: the last attempt finds the job gone."""
    missing = refused("ValidationException", "Requested resource not found.")
    found = []
    for attempt in (0, 60, 180):
        met = _ref().source.model_copy(update={"time": NOW - timedelta(seconds=late + attempt)})
        found.append(make(answers={"DescribeTrainingJob": missing}).judge(_ref(source=met, reported={})).outcome)
    assert found == outcomes
