"""Each place in which a job can hide a denied image, and the same job with an allowed one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from moto.sagemaker import models

from guard.errors import RightMissing, StateError
from guard.jobs import BY_KIND
from guard.limits.permit import Permit
from guard.record import Outcome, Record
from tests.support.carriers import CARRIERS, monitoring_config
from tests.support.cloudtrail import called_event
from tests.support.jobs import (
    ACCOUNT,
    ALLOWED,
    DENIED,
    HOME,
    OWN_ECR,
    REGION,
    processing_request,
    started_event,
    status,
    training_request,
)
from tests.support.minimal import minimal
from tools.local_sagemaker import set_members

NAME = "job-1"
SCHEDULE = BY_KIND["monitoring-schedule"]


def event_of(sagemaker: Any, kind: str) -> dict[str, Any]:
    row = BY_KIND[kind]
    if row.detail_type is None:
        return called_event(sagemaker, row, row.create_operations[0])
    return started_event(sagemaker, kind, NAME)


def denied_slots(record: Any) -> list[str]:
    return [finding.details["slot"] for finding in record.findings if finding.rule_id == "denied_image"]


@pytest.mark.parametrize("carrier", CARRIERS, ids=str)
class TestPlaces:
    def test_stopped(self, guard, sagemaker, control, carrier) -> None:
        carrier.create(sagemaker, NAME, DENIED)
        (record,) = guard().handle(event_of(sagemaker, carrier.kind), HOME)
        assert (record.outcome, denied_slots(record)) == (Outcome.STOPPED, [carrier.slot])
        assert control.operations("Stop") == [BY_KIND[carrier.kind].stop_operation]
        assert status(sagemaker, carrier.kind, NAME) not in BY_KIND[carrier.kind].running

    def test_near_miss_goes_on(self, guard, sagemaker, control, carrier) -> None:
        carrier.create(sagemaker, NAME, ALLOWED)
        (record,) = guard().handle(event_of(sagemaker, carrier.kind), HOME)
        assert (record.outcome, control.operations("Stop")) == (Outcome.NOT_DENIED, [])
        assert carrier.slot in [image.slot for image in record.document.images]
        assert status(sagemaker, carrier.kind, NAME) in BY_KIND[carrier.kind].running


@pytest.mark.parametrize(
    ("field", "resource"),
    [
        pytest.param("TrainingJobArn", "training-job", id="debugger rule of a training job"),
        pytest.param("MonitoringScheduleArn", "monitoring-schedule", id="run of a monitoring schedule"),
        pytest.param("AutoMLJobArn", "automl-job", id="step of an AutoML job"),
    ],
)
@pytest.mark.parametrize(
    ("image", "outcome"), [(DENIED, Outcome.STOPPED), (ALLOWED, Outcome.NOT_DENIED)], ids=["denied", "allowed"]
)
def test_a_processing_job_that_another_job_started_is_judged_by_itself(
    guard, sagemaker, field, resource, image, outcome
) -> None:
    sagemaker.create_processing_job(ProcessingJobName=NAME, **processing_request(image))
    set_members(NAME, **{field: f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:{resource}/parent"})
    (record,) = guard().handle(started_event(sagemaker, "processing", NAME), HOME)
    assert record.outcome == outcome


class TestUnresolved:
    """An image behind a resource that doesn't tell it is denied for that."""

    @pytest.fixture
    def codes(self, guard, sagemaker) -> Any:
        def handled(kind: str) -> tuple[Outcome, list[str]]:
            (record,) = guard().handle(started_event(sagemaker, kind, NAME), HOME)
            found = [f.details["error"] for f in record.findings if f.rule_id == "unresolved_image"]
            return record.outcome, found

        return handled

    @pytest.fixture
    def on_algorithm(self, sagemaker) -> None:
        specification = {"TrainingInputMode": "File", "AlgorithmName": "mine"}
        request = training_request(None, AlgorithmSpecification=specification)
        sagemaker.create_training_job(TrainingJobName=NAME, **request)
        set_members(NAME, CreationTime=datetime.now(UTC) - timedelta(minutes=1))

    @pytest.fixture
    def on_model(self, sagemaker) -> None:
        sagemaker.create_model(ModelName="model", PrimaryContainer={"Image": DENIED})
        sagemaker.create_transform_job(**minimal("CreateTransformJob", TransformJobName=NAME, ModelName="model"))
        set_members(NAME, CreationTime=datetime.now(UTC) - timedelta(minutes=1))

    def test_a_deleted_algorithm(self, codes, on_algorithm) -> None:
        assert codes("training") == (Outcome.STOPPED, ["not-found"])

    def test_an_algorithm_that_may_not_be_described(self, codes, sagemaker, control, on_algorithm) -> None:
        sagemaker.create_algorithm(**algorithm(ALLOWED))
        control.fail("DescribeAlgorithm", "AccessDeniedException")
        assert codes("training") == (Outcome.STOPPED, ["access-denied"])

    def test_a_model_that_the_guard_has_lost_the_right_to_see(self, guard, sagemaker, control, on_model) -> None:
        """The job is denied as before, and the record tells that it is the guard which is at fault."""
        control.fail("DescribeModel", "AccessDeniedException", "explicit deny in a service control policy")
        (record,) = guard().handle(started_event(sagemaker, "transform", NAME), HOME)
        assert (record.decision, record.outcome, record.failures) == ("deny", Outcome.STOPPED, ())
        told = [
            (type(warning), warning.evidence["operation"], warning.evidence["account"]) for warning in record.warnings
        ]
        assert told == [(RightMissing, "DescribeModel", ACCOUNT)]

    def test_the_warnings_of_limits_stand_before_that_of_a_right(self, guard, sagemaker, control, on_model) -> None:
        """A metric of the log looks for them in the first place."""

        class Unreadable:
            def judged(self, job_arn: str) -> None: ...

            def permit(self, _record: Record) -> Permit:
                return Permit(warnings=(StateError("no table"),))

        control.fail("DescribeModel", "AccessDeniedException")
        (record,) = guard(limits=Unreadable()).handle(started_event(sagemaker, "transform", NAME), HOME)
        assert [type(warning) for warning in record.warnings] == [StateError, RightMissing]

    def test_an_algorithm_that_was_replaced_after_the_start(self, codes, sagemaker, on_algorithm) -> None:
        sagemaker.create_algorithm(**algorithm(ALLOWED))
        assert codes("training") == (Outcome.STOPPED, ["not-found"])

    def test_an_algorithm_without_an_image(self, codes, sagemaker) -> None:
        sagemaker.create_algorithm(**algorithm(""))
        specification = {"TrainingInputMode": "File", "AlgorithmName": "mine"}
        request = training_request(None, AlgorithmSpecification=specification)
        sagemaker.create_training_job(TrainingJobName=NAME, **request)
        assert codes("training") == (Outcome.STOPPED, ["missing"])

    def test_a_deleted_model(self, codes, sagemaker, on_model) -> None:
        sagemaker.delete_model(ModelName="model")
        assert codes("transform") == (Outcome.STOPPED, ["not-found"])

    def test_a_model_that_was_replaced_after_the_start(self, codes, sagemaker, on_model) -> None:
        sagemaker.delete_model(ModelName="model")
        sagemaker.create_model(ModelName="model", PrimaryContainer={"Image": ALLOWED})
        assert codes("transform") == (Outcome.STOPPED, ["not-found"])

    @pytest.mark.parametrize(
        ("minutes", "expected"),
        [
            pytest.param(2, (Outcome.STOPPED, ["not-found"]), id="after the model was made"),
            pytest.param(4, (Outcome.NOT_DENIED, []), id="before it, as is usual"),
        ],
    )
    def test_a_model_package_that_was_made_again(self, codes, sagemaker, monkeypatch, minutes, expected) -> None:
        """SageMaker tells of the package what it is now, and of the model that it names it."""

        def at(minutes_ago: int) -> None:
            time = datetime.now(UTC).replace(tzinfo=None) - timedelta(minutes=minutes_ago)
            monkeypatch.setattr(models, "utcnow", lambda: time)

        at(3)
        package = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/p"
        sagemaker.create_model(ModelName="model", PrimaryContainer={"ModelPackageName": package})
        at(minutes)
        serving = {"Containers": [{"Image": ALLOWED}], "SupportedContentTypes": [], "SupportedResponseMIMETypes": []}
        sagemaker.create_model_package(ModelPackageName="p", InferenceSpecification=serving)
        sagemaker.create_transform_job(**minimal("CreateTransformJob", TransformJobName=NAME, ModelName="model"))
        assert codes("transform") == expected

    @pytest.mark.parametrize(
        ("exempted", "outcome"),
        [
            pytest.param("team/model@{claim}", Outcome.STOPPED, id="the digest alone"),
            pytest.param("team/model:1", Outcome.STOPPED, id="the tag alone"),
            pytest.param("team/model:1@{claim}", Outcome.NOT_DENIED, id="both"),
        ],
    )
    def test_a_digest_that_the_maker_of_the_model_package_wrote(
        self, guard, engine_with, sagemaker, exempted, outcome
    ) -> None:
        """SageMaker may pull by the tag or by the digest: what was reviewed must be both."""
        claim = f"sha256:{'a' * 64}"
        exemption = {
            "id": "EX-1",
            "owner": "team",
            "reason": "reviewed",
            "rules": ["denied_image"],
            "scope": {"image": exempted.format(claim=claim)},
            "expires": "2026-12-01",
        }
        rules = {"denied_image": {"images": {"team/model": {"reason": "under review"}}}}
        container = {"Image": f"{OWN_ECR}/team/model:1", "ImageDigest": claim}
        serving = {"Containers": [container], "SupportedContentTypes": [], "SupportedResponseMIMETypes": []}
        sagemaker.create_model_package(ModelPackageName="p", InferenceSpecification=serving)
        package = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/p"
        sagemaker.create_model(ModelName="model", PrimaryContainer={"ModelPackageName": package})
        sagemaker.create_transform_job(**minimal("CreateTransformJob", TransformJobName=NAME, ModelName="model"))
        event = started_event(sagemaker, "transform", NAME)
        (record,) = guard(engine=engine_with(rules=rules, exemptions=[exemption])).handle(event, HOME)
        assert record.outcome is outcome

    def test_neither_image_nor_algorithm(self, codes, sagemaker) -> None:
        sagemaker.create_training_job(TrainingJobName=NAME, **training_request(None))
        assert codes("training") == (Outcome.STOPPED, ["missing"])


def algorithm(image: str) -> dict[str, Any]:
    request = minimal("CreateAlgorithm", AlgorithmName="mine")
    request["TrainingSpecification"] |= {"TrainingImage": image}
    return request


@pytest.mark.parametrize(
    ("image", "outcome"), [(DENIED, Outcome.STOPPED), (ALLOWED, Outcome.NOT_DENIED)], ids=["denied", "allowed"]
)
class TestAfterTheStart:
    """A job that began harmless and is changed; no state change tells of it, but the call does."""

    def test_a_rule_added_to_a_training_job(self, guard, sagemaker, image, outcome) -> None:
        sagemaker.create_training_job(TrainingJobName=NAME, **training_request(ALLOWED))
        (before,) = guard().handle(started_event(sagemaker, "training", NAME), HOME)
        rules = [{"RuleConfigurationName": "rule", "RuleEvaluatorImage": image}]
        sagemaker.update_training_job(TrainingJobName=NAME, ProfilerRuleConfigurations=rules)
        (record,) = guard().handle(called_event(sagemaker, BY_KIND["training"], "UpdateTrainingJob"), HOME)
        assert (before.outcome, record.outcome) == (Outcome.NOT_DENIED, outcome)

    def test_another_image_for_a_monitoring_schedule(self, guard, sagemaker, image, outcome) -> None:
        names = {"MonitoringScheduleName": NAME}
        sagemaker.create_monitoring_schedule(**names, MonitoringScheduleConfig=monitoring_config(ALLOWED))
        (before,) = guard().handle(started_event(sagemaker, "monitoring-schedule", NAME), HOME)
        sagemaker.update_monitoring_schedule(**names, MonitoringScheduleConfig=monitoring_config(image))
        (record,) = guard().handle(called_event(sagemaker, SCHEDULE, "UpdateMonitoringSchedule"), HOME)
        assert (before.outcome, record.outcome) == (Outcome.NOT_DENIED, outcome)

    def test_a_stopped_schedule_that_is_started_again(self, guard, sagemaker, image, outcome) -> None:
        names = {"MonitoringScheduleName": NAME}
        sagemaker.create_monitoring_schedule(**names, MonitoringScheduleConfig=monitoring_config(image))
        sagemaker.stop_monitoring_schedule(**names)
        sagemaker.start_monitoring_schedule(**names)
        (record,) = guard().handle(called_event(sagemaker, SCHEDULE, "StartMonitoringSchedule"), HOME)
        assert record.outcome == outcome

    def test_a_job_definition_made_after_its_schedule(self, guard, sagemaker, image, outcome) -> None:
        """Each run takes what the name means then, so that what it means now is believed."""
        config = {"MonitoringJobDefinitionName": "quality", "MonitoringType": "DataQuality"}
        sagemaker.create_monitoring_schedule(MonitoringScheduleName=NAME, MonitoringScheduleConfig=config)
        request = minimal("CreateDataQualityJobDefinition", JobDefinitionName="quality")
        request["DataQualityAppSpecification"] |= {"ImageUri": image}
        sagemaker.create_data_quality_job_definition(**request)
        (record,) = guard().handle(started_event(sagemaker, "monitoring-schedule", NAME), HOME)
        assert record.outcome == outcome


@pytest.mark.parametrize(
    ("own", "named", "outcome"),
    [
        pytest.param(ALLOWED, DENIED, Outcome.STOPPED, id="the named one is denied"),
        pytest.param(DENIED, ALLOWED, Outcome.STOPPED, id="its own is denied"),
        pytest.param(ALLOWED, ALLOWED, Outcome.NOT_DENIED, id="both are allowed"),
    ],
)
def test_a_schedule_with_two_definitions_is_judged_by_both(guard, sagemaker, own, named, outcome) -> None:
    """The API's reference doesn't say which one counts."""
    request = minimal("CreateDataQualityJobDefinition", JobDefinitionName="quality")
    request["DataQualityAppSpecification"] |= {"ImageUri": named}
    sagemaker.create_data_quality_job_definition(**request)
    config = monitoring_config(own) | {"MonitoringJobDefinitionName": "quality"}
    sagemaker.create_monitoring_schedule(MonitoringScheduleName=NAME, MonitoringScheduleConfig=config)
    (record,) = guard().handle(started_event(sagemaker, "monitoring-schedule", NAME), HOME)
    assert record.outcome == outcome
