"""From event to stopped job, and each failure of SageMaker in between; OPA and its bundle are the real ones."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from guard.decision import EachRule, Evaluation
from guard.denylist.deployment import deny_list
from guard.errors import CollectError, DecisionMissing, EventError, JobNotFound, OpaUnavailable, ScopeError, StopError
from guard.record import Outcome
from guard.refs import Home
from guard.sources.events import parse_event
from tests.integration.conftest import LATER
from tests.support.jobs import (
    ACCOUNT,
    ALLOWED,
    DENIED,
    HOME,
    processing_request,
    started_event,
    status,
    training_request,
)
from tests.support.shipped_model import shipped_client
from tools.local_sagemaker import set_status


@pytest.fixture
def start(sagemaker) -> Any:
    """Create a job and return the event of its start."""

    def create(name: str, image: str | None = DENIED, kind: str = "training") -> dict[str, Any]:
        if kind == "training":
            sagemaker.create_training_job(TrainingJobName=name, **training_request(image))
        else:
            sagemaker.create_processing_job(ProcessingJobName=name, **processing_request(image))
        return started_event(sagemaker, kind, name)

    return create


@pytest.mark.parametrize("kind", ["training", "processing"])
def test_a_job_on_a_denied_image_is_stopped(guard, start, sagemaker, kind) -> None:
    event = start("job-1", kind=kind)
    (record,) = guard().handle(event, HOME)
    assert (record.decision, record.outcome, record.evaluation.decision.rule_ids) == (
        "deny",
        Outcome.STOPPED,
        ("denied_image",),
    )
    assert status(sagemaker, kind, "job-1") in {"Stopping", "Stopped"}


@pytest.mark.parametrize("kind", ["training", "processing"])
def test_a_job_on_an_allowed_image_goes_on(guard, start, sagemaker, control, kind) -> None:
    event = start("job-1", ALLOWED, kind)
    (record,) = guard().handle(event, HOME)
    assert (record.outcome, control.operations("Stop")) == (Outcome.NOT_DENIED, [])
    assert status(sagemaker, kind, "job-1") == "InProgress"


def test_a_denied_job_costs_three_calls(guard, start, control) -> None:
    event = start("job-1")
    control.reset()
    guard().handle(event, HOME)
    assert sorted(control.operations()) == ["DescribeTrainingJob", "ListTags", "StopTrainingJob"]


def test_audit_mode_decides_and_stops_nothing(guard, start, sagemaker, control) -> None:
    (record,) = guard(mode="audit").handle(start("job-1"), HOME)
    assert (record.decision, record.outcome, control.operations("Stop")) == ("deny", Outcome.AUDITED, [])
    assert status(sagemaker, "training", "job-1") == "InProgress"


def test_the_events_own_fields_decide_nothing(guard, start) -> None:
    """An event that shows an allowed image, of a job that runs a denied one."""
    event = start("job-1")
    event["detail"]["AlgorithmSpecification"]["TrainingImage"] = ALLOWED
    (record,) = guard().handle(event, HOME)
    assert record.outcome == Outcome.STOPPED


def test_a_duplicate_event_stops_once(guard, start, control) -> None:
    event = start("job-1")
    outcomes = [guard().handle(event, HOME)[0].outcome for _ in range(3)]
    assert outcomes == [Outcome.STOPPED, Outcome.ALREADY_FINISHED, Outcome.ALREADY_FINISHED]
    assert control.operations("Stop") == ["StopTrainingJob"]


def test_a_job_that_ended_before_describe_is_left_alone(guard, start, control) -> None:
    event = start("job-1")
    set_status("job-1", "Completed")
    (record,) = guard().handle(event, HOME)
    assert (record.decision, record.outcome, control.operations("Stop")) == ("deny", Outcome.ALREADY_FINISHED, [])


def test_a_job_that_ends_between_describe_and_stop_counts_as_finished(guard, start, control) -> None:
    event = start("job-1")
    control.before("StopTrainingJob", lambda: set_status("job-1", "Completed"))
    (record,) = guard().handle(event, HOME)
    assert (record.decision, record.outcome) == ("deny", Outcome.ALREADY_FINISHED)


def test_a_refusal_whose_text_says_ended_is_ignored_while_the_job_runs(guard, start, control, log) -> None:
    event = start("job-1")
    control.fail("StopTrainingJob", "ValidationException", "The request was rejected because ... is in status Stopped.")
    with pytest.raises(StopError, match="still running"):
        guard().handle(event, HOME)
    assert [record.outcome for record in log.records] == [Outcome.STOP_FAILED]


def test_a_job_that_nobody_knows_is_gone(guard, start, control) -> None:
    event = start("job-1")
    event["detail"] |= {"TrainingJobName": "job-2"}
    (record,) = guard(now=LATER).handle(event, HOME)
    assert (record.outcome, control.operations("Stop")) == (Outcome.GONE, [])


def test_a_young_job_that_is_not_found_may_not_be_there_yet(guard, start, control, log) -> None:
    """SageMaker is eventually consistent, and kinds that only CloudTrail reports have a single event."""
    event = start("job-1", ALLOWED)
    control.fail("DescribeTrainingJob", "ValidationException", "Requested resource not found.")
    with pytest.raises(JobNotFound):
        guard().handle(event, HOME)
    assert [record.outcome for record in log.records] == [Outcome.FAILED]
    (record,) = guard().handle(event, HOME)
    assert record.outcome == Outcome.NOT_DENIED


def test_a_job_that_goes_between_describe_and_stop_is_gone(guard, start, control) -> None:
    event = start("job-1")
    control.fail("StopTrainingJob", "ValidationException", "Requested resource not found.")
    control.before(
        "StopTrainingJob",
        lambda: control.fail("DescribeTrainingJob", "ValidationException", "Requested resource not found."),
    )
    (record,) = guard(now=LATER).handle(event, HOME)
    assert record.outcome == Outcome.GONE


def test_a_young_job_that_is_gone_when_it_is_to_be_stopped_is_an_error(guard, start, control) -> None:
    event = start("job-1")
    control.fail("StopTrainingJob", "ValidationException", "Requested resource not found.")
    control.before(
        "StopTrainingJob",
        lambda: control.fail("DescribeTrainingJob", "ValidationException", "Requested resource not found."),
    )
    with pytest.raises(JobNotFound):
        guard().handle(event, HOME)


def test_a_throttled_describe_is_tried_again(guard, start, control) -> None:
    event = start("job-1")
    control.fail("DescribeTrainingJob", "ThrottlingException", times=2)
    (record,) = guard(client=shipped_client(attempts=3)).handle(event, HOME)
    assert record.outcome == Outcome.STOPPED


def test_a_denied_describe_is_an_error_for_the_dead_letter_queue(guard, start, control) -> None:
    event = start("job-1")
    control.fail("DescribeTrainingJob", "AccessDeniedException")
    with pytest.raises(CollectError) as failed:
        guard().handle(event, HOME)
    assert isinstance(failed.value.__cause__, ClientError)


def test_a_throttled_stop_is_tried_again(guard, start, control, sagemaker) -> None:
    event = start("job-1")
    control.fail("StopTrainingJob", "ThrottlingException", times=2)
    (record,) = guard(client=shipped_client(attempts=3)).handle(event, HOME)
    assert record.outcome == Outcome.STOPPED


@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException"])
def test_a_stop_that_stays_refused_is_recorded_with_its_decision_and_raised(guard, start, control, log, code) -> None:
    event = start("job-1")
    control.fail("StopTrainingJob", code, times=9)
    with pytest.raises(StopError) as failed:
        guard().handle(event, HOME)
    assert code in str(failed.value.evidence["refusal"])
    assert [(record.decision, record.outcome) for record in log.records] == [("deny", Outcome.STOP_FAILED)]


def test_a_refused_stop_of_a_job_in_unknown_state_is_an_error(guard, start, control) -> None:
    event = start("job-1")
    control.fail("StopTrainingJob", "AccessDeniedException")
    control.before("StopTrainingJob", lambda: control.fail("DescribeTrainingJob", "AccessDeniedException"))
    with pytest.raises(StopError, match="state is unknown"):
        guard().handle(event, HOME)


def test_tags_that_cannot_be_read_do_not_keep_a_denied_job_alive(guard, start, control) -> None:
    event = start("job-1")
    control.fail("ListTags", "AccessDeniedException")
    (record,) = guard().handle(event, HOME)
    assert (record.document.job.tags, record.outcome) == (None, Outcome.STOPPED)


def test_a_training_job_without_an_image_is_judged_not_forgotten(guard, start) -> None:
    event = start("job-1", None)
    (record,) = guard().handle(event, HOME)
    assert [image.error.code for image in record.document.images] == ["missing"]
    assert "unresolved_image" in record.evaluation.decision.rule_ids


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"source": "aws.ec2"}, "aws.ec2", id="another service"),
        pytest.param({"detail-type": "SageMaker Endpoint State Change"}, "Endpoint", id="another detail-type"),
        pytest.param(
            {"detail": {"TrainingJobName": "job-1", "TrainingJobStatus": "Completed"}}, "Completed", id="ended"
        ),
    ],
)
def test_an_event_that_is_not_the_guards_business_is_ignored_with_a_reason(
    guard, start, control, change, reason
) -> None:
    event = start("job-1") | change
    control.reset()
    (record,) = guard().handle(event, HOME)
    assert (record.outcome, control.operations()) == (Outcome.IGNORED, [])
    assert reason in record.reason


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({}, id="empty"),
        pytest.param([], id="a list"),
        pytest.param("event", id="text"),
        pytest.param({"source": "aws.sagemaker", "detail-type": "SageMaker Training Job State Change"}, id="no detail"),
    ],
)
def test_a_malformed_event_is_an_error_for_the_dead_letter_queue(guard, control, event) -> None:
    with pytest.raises(EventError):
        guard().handle(event, HOME)
    assert control.operations() == []


@pytest.mark.parametrize(
    "scope",
    [Home("999999999999", "eu-west-1", "aws"), Home(ACCOUNT, "eu-west-2", "aws")],
    ids=["account", "region"],
)
def test_an_event_of_another_account_or_region_is_refused(guard, start, scope) -> None:
    event = start("job-1")
    with pytest.raises(ScopeError):
        guard().handle(event, scope)


@pytest.mark.parametrize("error", [OpaUnavailable, DecisionMissing])
def test_without_a_decision_nothing_is_stopped_and_the_event_fails(guard, start, control, error) -> None:
    class Broken:
        def evaluate(self, document: object) -> Evaluation:
            raise error("broken")

        def evaluate_each(self, document: object, seconds: float) -> EachRule:
            return EachRule(None, ())

    event = start("job-1")
    with pytest.raises(error):
        guard(engine=Broken()).handle(event, HOME)
    assert control.operations("Stop") == []


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [("training", Outcome.STOPPED), ("processing", Outcome.NOT_DENIED)],
    ids=["its kind", "another"],
)
def test_an_image_list_of_the_deployment_denies_for_its_kind(guard, start, kind, outcome) -> None:
    event = start("job-1", ALLOWED, kind)
    denied = deny_list({"training": " pytorch-training:2.4-cpu-py311 ,", "processing": ""})
    (record,) = guard(deny_list=denied).handle(event, HOME)
    assert record.outcome == outcome


def test_a_recorded_document_is_decided_again_exactly(guard, start, shipped_engine) -> None:
    denied = deny_list({"training": "pytorch-training:2.4-cpu-py311"})
    (record,) = guard(deny_list=denied).handle(start("job-1", ALLOWED), HOME)
    recorded = type(record.document).model_validate_json(record.document.model_dump_json())
    assert shipped_engine.evaluate(recorded) == record.evaluation


@pytest.mark.parametrize("together", [1, 2])
def test_a_job_that_is_named_twice_is_judged_once(guard, start, sagemaker, together: int) -> None:
    ref = parse_event(start("job-1"), HOME)
    records = list(guard().judge_all([ref, ref], lambda: together))
    assert [record.outcome for record in records] == [Outcome.STOPPED]
