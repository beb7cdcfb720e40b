"""Ways around the guard by what events say, when they come, how often, and by what is listed for which kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from guard.denylist.deployment import deny_list
from guard.errors import CollectError, EventError, ScopeError, StopError
from guard.jobs import BY_KIND
from guard.log.line import line
from guard.record import Outcome
from tests.support.cloudtrail import called_event
from tests.support.jobs import (
    ACCOUNT,
    ALLOWED,
    DENIED,
    HOME,
    ROLE,
    processing_request,
    started_event,
    status,
    training_request,
)
from tests.support.minimal import minimal
from tools.local_sagemaker import set_members, set_status

TRAINING = BY_KIND["training"]
REASON = {"reason": "denied by the security team"}
LISTED = "pytorch-training:2.4-cpu-py311"

Start = Callable[..., dict[str, Any]]


@pytest.fixture
def start(sagemaker) -> Start:
    """Create a job and return the event of its start."""

    def create(name: str, image: str = DENIED, kind: str = "training", **detail: Any) -> dict[str, Any]:
        if kind == "training":
            sagemaker.create_training_job(TrainingJobName=name, **training_request(image))
        else:
            sagemaker.create_processing_job(ProcessingJobName=name, **processing_request(image))
        return started_event(sagemaker, kind, name, **detail)

    return create


@pytest.mark.parametrize(
    "secondary",
    ["Starting", "Pending", "Downloading", "Training", "Uploading", "Interrupted", "Restarting", "Updating", "NewOne"],
)
@pytest.mark.parametrize(
    ("image", "outcome"), [(DENIED, Outcome.STOPPED), (ALLOWED, Outcome.NOT_DENIED)], ids=["denied", "allowed"]
)
def test_whatever_a_running_job_is_busy_with_it_is_judged(guard, start: Start, secondary, image, outcome) -> None:
    """The event of the start may be lost: every later one is another chance."""
    event = start("job-1", image, SecondaryStatus=secondary)
    set_members("job-1", SecondaryStatus=secondary)
    (record,) = guard().handle(event, HOME)
    assert record.outcome == outcome


@pytest.mark.parametrize(
    ("image", "outcome"), [(DENIED, Outcome.STOPPED), (ALLOWED, Outcome.NOT_DENIED)], ids=["denied", "allowed"]
)
def test_a_status_that_the_guard_does_not_know_counts_as_running(guard, start: Start, image, outcome) -> None:
    event = start("job-1", image, TrainingJobStatus="Reviving")
    set_status("job-1", "Reviving")
    (record,) = guard().handle(event, HOME)
    assert record.outcome == outcome


@pytest.mark.parametrize("first", ["state change", "call"])
def test_state_change_and_call_of_one_job_make_one_stop(guard, sagemaker, control, start: Start, first) -> None:
    change = start("job-1")
    call = called_event(sagemaker, TRAINING, "CreateTrainingJob")
    events = [change, call] if first == "state change" else [call, change]
    outcomes = [guard().handle(event, HOME)[0].outcome for event in events]
    assert outcomes == [Outcome.STOPPED, Outcome.ALREADY_FINISHED]
    assert control.operations("Stop") == ["StopTrainingJob"]


def test_the_call_tells_who_made_it(guard, sagemaker, start: Start) -> None:
    start("job-1")
    (record,) = guard().handle(called_event(sagemaker, TRAINING, "CreateTrainingJob"), HOME)
    assert record.document.actor.arn.endswith("assumed-role/DataScientist/jane")


def test_a_call_without_its_parameters_is_enough(guard, sagemaker, start: Start) -> None:
    """CloudTrail leaves out the parameters of big requests."""
    start("Job-1")
    event = called_event(sagemaker, TRAINING, "CreateTrainingJob", requestParameters=None)
    event["detail"]["responseElements"]["trainingJobArn"] = TRAINING_ARN + "Job-1"
    (record,) = guard().handle(event, HOME)
    assert record.outcome == Outcome.STOPPED


def test_a_call_that_failed_says_nothing_of_the_job_that_has_the_name(guard, sagemaker, control, start: Start) -> None:
    start("job-1", ALLOWED)
    event = called_event(sagemaker, TRAINING, "CreateTrainingJob", errorCode="ResourceInUse", responseElements=None)
    event["detail"]["requestParameters"]["algorithmSpecification"]["trainingImage"] = DENIED
    (record,) = guard().handle(event, HOME)
    assert (record.outcome, control.operations("Stop")) == (Outcome.IGNORED, [])


def test_each_relaunch_is_stopped(guard, control, start: Start) -> None:
    for number in range(3):
        guard().handle(start(f"job-{number}"), HOME)
    assert control.operations("Stop") == ["StopTrainingJob"] * 3


def test_a_stop_that_failed_is_made_up_for_by_the_events_retry(guard, control, start: Start) -> None:
    event = start("job-1")
    control.fail("StopTrainingJob", "ThrottlingException")
    with pytest.raises(StopError):
        guard().handle(event, HOME)
    (record,) = guard().handle(event, HOME)
    assert record.outcome == Outcome.STOPPED


def test_a_job_too_short_to_be_stopped_leaves_its_images_in_the_log(guard, start: Start) -> None:
    event = start("job-1")
    set_status("job-1", "Completed")
    (record,) = guard().handle(event, HOME)
    assert (line(record)["outcome"], line(record)["images"]) == ("already_finished", [DENIED])


TRAINING_ARN = f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:training-job/"


@pytest.mark.parametrize(
    "arn",
    [
        pytest.param(TRAINING_ARN + "allowed", id="tail of another job"),
        pytest.param(TRAINING_ARN.replace(ACCOUNT, "999999999999") + "denied", id="another account"),
        pytest.param(TRAINING_ARN.replace("eu-west-1", "us-east-1") + "denied", id="another region"),
        pytest.param(TRAINING_ARN.replace("training", "processing") + "denied", id="another kind"),
        pytest.param("nonsense", id="no ARN"),
        pytest.param(None, id="null"),
    ],
)
def test_the_named_job_is_stopped_and_no_other(guard, sagemaker, start: Start, arn) -> None:
    start("allowed", ALLOWED)
    event = start("denied", DENIED, TrainingJobArn=arn)
    event["resources"] = [arn]
    (record,) = guard().handle(event, HOME)
    assert record.outcome == Outcome.STOPPED
    assert [status(sagemaker, "training", name) for name in ("denied", "allowed")] == ["Stopping", "InProgress"]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        pytest.param({"account": "999999999999"}, ScopeError, id="another account"),
        pytest.param({"region": "us-east-1"}, ScopeError, id="another region"),
        pytest.param({"account": None}, EventError, id="no account"),
        pytest.param({"detail": None}, EventError, id="no detail"),
        pytest.param({"detail": {"TrainingJobStatus": "InProgress"}, "resources": []}, EventError, id="no name"),
        pytest.param({"detail": {"TrainingJobName": "job-1"}}, EventError, id="no status"),
        pytest.param({"detail-type": "AWS API Call via CloudTrail"}, EventError, id="the shape of another type"),
    ],
)
def test_an_event_that_cannot_be_trusted_is_an_error_and_stops_nothing(
    guard, control, start: Start, change, error
) -> None:
    event = start("job-1") | change
    with pytest.raises(error):
        guard().handle(event, HOME)
    assert control.operations("Stop") == []


def test_the_events_own_fields_keep_no_denied_job_alive(guard, start: Start) -> None:
    """All that an event says of the job is a hint; what decides is the description."""
    specification = {"TrainingImage": ALLOWED, "AlgorithmName": None}
    event = start("job-1", AlgorithmSpecification=specification, Tags={"guard": "exempt"}, FailureReason=None)
    (record,) = guard().handle(event, HOME)
    assert record.outcome == Outcome.STOPPED


@pytest.mark.parametrize("other", ["allowed", "denied"], ids=["another job's ARN", "its own ARN"])
def test_while_describe_fails_the_tags_are_still_the_jobs_own(guard, sagemaker, control, engine_with, other) -> None:
    """Real events have carried another job's ARN beside the name: that one's tags say nothing of this job."""
    for name, team in (("denied", "b"), ("allowed", "a")):
        request = training_request(ALLOWED) | {"Tags": [{"Key": "team", "Value": team}]}
        sagemaker.create_training_job(TrainingJobName=name, **request)
    event = started_event(sagemaker, "training", "denied", TrainingJobArn=TRAINING_ARN + other)
    engine = engine_with(rules={"required_tags": {"level": "deny", "tags": {"team": ["a"]}}})
    control.fail("DescribeTrainingJob", "ThrottlingException")
    with pytest.raises(CollectError):
        guard(engine=engine).handle(event, HOME)
    assert [status(sagemaker, "training", name) for name in ("denied", "allowed")] == ["Stopping", "InProgress"]


class TestLists:
    def test_one_list_holds_for_every_kind(self, guard, start: Start) -> None:
        """An image denied for training is no less denied as a processing job."""
        records = [guard().handle(start(f"job-{kind}", kind=kind), HOME)[0] for kind in ("training", "processing")]
        assert [record.outcome for record in records] == [Outcome.STOPPED, Outcome.STOPPED]

    @pytest.mark.parametrize(
        ("kind", "outcome"),
        [("processing", Outcome.STOPPED), ("training", Outcome.NOT_DENIED)],
        ids=["its kind", "another kind"],
    )
    def test_an_entry_for_some_kinds(self, guard, engine_with, start: Start, kind, outcome) -> None:
        images = {LISTED: {**REASON, "job_kinds": ["processing", "transform"]}}
        engine = engine_with(rules={"denied_image": {"images": images}})
        (record,) = guard(engine=engine).handle(start("job-1", ALLOWED, kind), HOME)
        assert record.outcome == outcome

    @pytest.mark.parametrize(
        "parameter",
        [
            pytest.param(LISTED, id="as it should be"),
            pytest.param(f"xgboost:1, {LISTED}", id="space after the comma"),
            pytest.param(f"\n{LISTED} \n,", id="line breaks and a last comma"),
            pytest.param(f"{ALLOWED.partition('/')[0].upper()}/{LISTED}", id="host in capitals"),
            pytest.param("pytorch-training", id="repository only"),
            pytest.param("pytorch-*:2.4-*", id="pattern"),
        ],
    )
    def test_a_parameters_entry_counts_however_it_is_written(self, guard, start: Start, parameter) -> None:
        denied = deny_list({"training": parameter, "processing": ""})
        (record,) = guard(deny_list=denied).handle(start("job-1", ALLOWED), HOME)
        assert record.outcome == Outcome.STOPPED

    @pytest.mark.parametrize("parameter", ["", " ", ",", " ,\n, "])
    def test_an_empty_parameter_denies_nothing(self, guard, control, start: Start, parameter) -> None:
        denied = deny_list({"training": parameter, "processing": parameter})
        (record,) = guard(deny_list=denied).handle(start("job-1", ALLOWED), HOME)
        assert (record.outcome, control.operations("Stop")) == (Outcome.NOT_DENIED, [])

    def test_an_empty_parameter_does_not_match_an_empty_image(self, guard, engine_with, start: Start) -> None:
        """Where an empty image is tolerated, an empty list has no say in it."""
        engine = engine_with(rules={"unresolved_image": {"tolerated": ["managed", "missing"]}})
        denied = deny_list({"training": ",", "processing": ""})
        (record,) = guard(engine=engine, deny_list=denied).handle(start("job-1", ""), HOME)
        assert record.outcome == Outcome.NOT_DENIED


@pytest.mark.parametrize(
    ("bucket", "outcome"),
    [("elsewhere", Outcome.STOPPED), ("approved", Outcome.NOT_DENIED)],
    ids=["denied", "allowed"],
)
def test_a_place_that_only_the_call_tells_is_judged(guard, sagemaker, engine_with, bucket, outcome) -> None:
    """No description of a recommendations job has its output."""
    kind = BY_KIND["inference-recommendations"]
    sagemaker.create_model(ModelName="model", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": ALLOWED})
    output = {"CompiledOutputConfig": {"S3OutputUri": f"s3://{bucket}/compiled"}}
    call = minimal(kind.create_operations[0], JobName="job-1", InputConfig={"ModelName": "model"}, OutputConfig=output)
    sagemaker.create_inference_recommendations_job(**call)
    engine = engine_with(rules={"data_location": {"level": "deny", "buckets": ["approved"]}})
    (record,) = guard(engine=engine).handle(called_event(sagemaker, kind, kind.create_operations[0]), HOME)
    assert (record.outcome, [one.bucket for one in record.document.storage.outputs]) == (outcome, [bucket])
