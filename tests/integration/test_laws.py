"""A known denial always stops, and the decision is kept before anything is done; OPA and its bundle are the real ones."""

from __future__ import annotations

from typing import Any

import pytest

from guard.errors import CollectError, LogError
from guard.jobs import TRAINING
from guard.record import Outcome, Record
from guard.refs import job_arn
from guard.sources.events import parse_event
from tests.support.cloudtrail import called_event
from tests.support.jobs import ALLOWED, DENIED, HOME, started_event, status, training_request
from tests.support.threads import no_threads

BUSY = ["ThrottlingException", "InternalFailure", "ServiceUnavailable"]


@pytest.fixture
def start(sagemaker) -> Any:
    """Create a training job and return the event of its start."""

    def create(name: str = "job-1", image: str = DENIED, **request: Any) -> dict[str, Any]:
        sagemaker.create_training_job(TrainingJobName=name, **training_request(image, **request))
        return started_event(sagemaker, "training", name)

    return create


class FailingSink:
    """A sink that is down."""

    name = "objects"

    def write(self, record: Record) -> None:
        raise OSError("the bucket is gone")


class TestASecondaryCall:
    @pytest.mark.parametrize("code", BUSY)
    def test_busy_tags_do_not_keep_a_denied_job_alive(self, guard, start, sagemaker, control, log, code) -> None:
        event = start()
        control.fail("ListTags", code)
        with pytest.raises(CollectError) as failed:
            guard().handle(event, HOME)
        assert failed.value.evidence["operation"] == "ListTags"
        assert [(record.decision, record.outcome) for record in log.records] == [("deny", Outcome.STOPPED)]
        assert status(sagemaker, "training", "job-1") in {"Stopping", "Stopped"}

    def test_busy_tags_of_a_good_job_are_completed_by_the_retry(self, guard, start, control, log) -> None:
        event = start(image=ALLOWED)
        control.fail("ListTags", "ThrottlingException")
        with pytest.raises(CollectError):
            guard().handle(event, HOME)
        (record,) = guard().handle(event, HOME)
        assert [record.outcome for record in log.records] == [Outcome.FAILED, Outcome.NOT_DENIED]
        assert (record.decision, record.document.unavailable) == ("allow", None)

    def test_a_busy_algorithm_does_not_hide_the_denied_image_beside_it(self, guard, start, control, log) -> None:
        rule = {"RuleConfigurationName": "r", "RuleEvaluatorImage": DENIED}
        event = start(
            AlgorithmSpecification={"TrainingInputMode": "File", "AlgorithmName": "mine"},
            DebugRuleConfigurations=[rule],
        )
        control.fail("DescribeAlgorithm", "ThrottlingException")
        with pytest.raises(CollectError):
            guard().handle(event, HOME)
        (record,) = log.records
        assert ("denied_image" in record.rule_ids, record.outcome) == (True, Outcome.STOPPED)

    def test_a_busy_algorithm_alone_stops_nothing(self, guard, start, control, log) -> None:
        event = start(AlgorithmSpecification={"TrainingInputMode": "File", "AlgorithmName": "mine"})
        control.fail("DescribeAlgorithm", "ThrottlingException")
        with pytest.raises(CollectError):
            guard().handle(event, HOME)
        assert control.operations("Stop") == []
        (record,) = log.records
        assert (record.outcome, record.document.unavailable[0].fields) == (Outcome.FAILED, ("images", "storage"))


class TestADescribeThatFails:
    """The event's own data about the job is judged instead."""

    @pytest.mark.parametrize("code", [*BUSY, "AccessDeniedException", "ValidationException"])
    def test_a_denied_image_of_a_state_change_is_stopped(self, guard, start, sagemaker, control, log, code) -> None:
        event = start()
        control.fail("DescribeTrainingJob", code)
        with pytest.raises(CollectError) as failed:
            guard().handle(event, HOME)
        assert failed.value.evidence["code"] == code
        assert [(record.decision, record.outcome) for record in log.records] == [("deny", Outcome.STOPPED)]
        assert status(sagemaker, "training", "job-1") in {"Stopping", "Stopped"}

    def test_a_denied_image_of_an_api_call_is_stopped(self, guard, start, sagemaker, control, log) -> None:
        start()
        event = called_event(sagemaker, TRAINING, "CreateTrainingJob")
        control.fail("DescribeTrainingJob", "ThrottlingException")
        with pytest.raises(CollectError):
            guard().handle(event, HOME)
        assert [(record.decision, record.outcome) for record in log.records] == [("deny", Outcome.STOPPED)]

    def test_a_job_not_found_yet_is_stopped_all_the_same(self, guard, start, control, log) -> None:
        event = start()
        control.fail("DescribeTrainingJob", "ValidationException", "Requested resource not found.")
        with pytest.raises(CollectError):
            guard().handle(event, HOME)
        assert [record.outcome for record in log.records] == [Outcome.STOPPED]

    def test_what_the_event_leaves_out_denies_nothing(self, guard, start, control, engine_with, log) -> None:
        """The same job is denied once it can be described: its image is missing."""
        strict = engine_with(rules={"unresolved_image": {"level": "deny", "tolerated": []}})
        event = start(AlgorithmSpecification={"TrainingInputMode": "File"})
        del event["detail"]["AlgorithmSpecification"]
        control.fail("DescribeTrainingJob", "ThrottlingException")
        with pytest.raises(CollectError):
            guard(engine=strict).handle(event, HOME)
        assert (control.operations("Stop"), log.records[0].outcome) == ([], Outcome.FAILED)
        (record,) = guard(engine=strict).handle(event, HOME)
        assert ("unresolved_image" in record.rule_ids, record.outcome) == (True, Outcome.STOPPED)

    def test_a_good_job_goes_on_and_the_event_is_tried_again(self, guard, start, sagemaker, control) -> None:
        event = start(image=ALLOWED)
        control.fail("DescribeTrainingJob", "AccessDeniedException")
        with pytest.raises(CollectError):
            guard().handle(event, HOME)
        assert status(sagemaker, "training", "job-1") == "InProgress"


class TestRecordFirst:
    def test_the_decision_is_in_the_log_before_the_stop_is_called(self, guard, start, control, log) -> None:
        event = start()
        seen: list[Any] = []
        control.before("StopTrainingJob", lambda: seen.extend((r.decision, r.outcome) for r in log.written))
        (record,) = guard().handle(event, HOME)
        assert seen == [("deny", None)]
        assert [(r.decision_id, r.outcome) for r in log.written] == [
            (record.decision_id, None),
            (record.decision_id, Outcome.STOPPED),
        ]

    def test_a_crash_while_stopping_leaves_the_decision(self, guard, start, log, monkeypatch) -> None:
        class Killed(BaseException):
            """What ends an invocation can't be caught."""

        def crash(client: object, ref: object, patience: object) -> Outcome:
            raise Killed

        monkeypatch.setattr("guard.pipeline.stop", crash)
        with pytest.raises(Killed):
            guard().handle(start(), HOME)
        assert [(r.decision, r.rule_ids) for r in log.written] == [("deny", ("denied_image",))]

    def test_the_retry_after_a_crash_has_the_decision_too(self, guard, start, log) -> None:
        event = start()
        guard().handle(event, HOME)
        (again,) = guard().handle(event, HOME)
        assert (again.decision, again.outcome) == ("deny", Outcome.ALREADY_FINISHED)

    def test_a_sink_that_fails_neither_keeps_the_job_alive_nor_the_other_sinks_empty(
        self, guard, start, sagemaker, log
    ) -> None:
        with pytest.raises(LogError) as failed:
            guard(sinks=[FailingSink()]).handle(start(), HOME)
        assert (failed.value.evidence["sink"], isinstance(failed.value.__cause__, OSError)) == ("objects", True)
        assert [(r.decision, r.outcome) for r in log.written] == [("deny", None), ("deny", Outcome.STOPPED)]
        assert status(sagemaker, "training", "job-1") in {"Stopping", "Stopped"}

    def test_a_failing_sink_gets_the_decision_at_the_retry(self, guard, start) -> None:
        event, kept = start(), []

        class Flaky:
            name = "objects"

            def write(self, record: Record) -> None:
                kept.append(record)
                if len(kept) <= 2:
                    raise OSError("busy")

        sink = Flaky()
        with pytest.raises(LogError):
            guard(sinks=[sink]).handle(event, HOME)
        guard(sinks=[sink]).handle(event, HOME)
        assert [(r.decision, r.rule_ids) for r in kept[2:]] == [("deny", ("denied_image",))]

    def test_a_record_says_where_when_and_why(self, guard, start) -> None:
        event = start()
        (record,) = guard(mode="audit").handle(event, HOME)
        assert (record.event_id, record.ref.source.type, record.mode, record.home) == (
            event["id"],
            "state-change",
            "audit",
            HOME,
        )
        assert record.started_at <= record.decided_at <= record.finished_at


class TestManyJobs:
    def test_one_throttled_job_of_three_leaves_three_records(self, guard, start, control, log) -> None:
        refs = [parse_event(start(f"job-{number}"), HOME) for number in range(3)]
        control.fail("DescribeTrainingJob", "ThrottlingException")
        control.fail("StopTrainingJob", "AccessDeniedException", times=1)
        records = list(guard().judge_all(refs))
        assert [record.job_arn for record in records] == [job_arn(f"job-{n}", TRAINING, HOME) for n in range(3)]
        assert log.records == records
        assert [len(record.failures) for record in records] == [2, 0, 0]
        assert [record.outcome for record in records] == [Outcome.STOP_FAILED, Outcome.STOPPED, Outcome.STOPPED]

    def test_where_no_thread_can_be_started_all_are_judged(self, guard, start, monkeypatch) -> None:
        refs = [parse_event(start(f"job-{number}"), HOME) for number in range(3)]
        refused = no_threads(monkeypatch, "ThreadPoolExecutor")
        assert [record.outcome for record in guard().judge_all(refs, together=lambda: 3)] == [Outcome.STOPPED] * 3
        assert len(refused) > 3

    def test_an_unexpected_fault_of_one_job_is_its_record(self, guard, start, log, monkeypatch) -> None:
        refs = [parse_event(start(f"job-{number}"), HOME) for number in range(2)]
        from guard.pipeline import collect

        def faulty(client: Any, ref: Any) -> Any:
            if ref.name == "job-0":
                raise RecursionError("a fault")
            return collect(client, ref)

        monkeypatch.setattr("guard.pipeline.collect", faulty)
        first, second = guard().judge_all(refs)
        assert (first.outcome, type(first.failures[0].__cause__)) == (Outcome.FAILED, RecursionError)
        assert second.outcome is Outcome.STOPPED
