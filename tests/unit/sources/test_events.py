"""EventBridge events: which of them name a running job of the guard's own, and which name none."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from guard.document import Actor
from guard.errors import EventError, ScopeError
from guard.jobs import BY_KIND, JOB_KINDS, TRAINING, JobKind
from guard.refs import Home, JobRef
from guard.sources.events import Ignored, home_of, parse_event
from tests.support.events import HOME, NAMES, RUNNING, load_event, without

ARN = f"arn:aws:sagemaker:eu-west-1:{HOME.account}"

ASKS_NOTHING = {
    "api_create_model": "CreateModel",
    "endpoint_config_created": "SageMaker Endpoint Config State Change",
    "labeling_completed": "Completed",
    "processing_failed": "Failed",
    "processing_stopping": "Stopping",
    "training_completed": "Completed",
    "training_failed": "Failed",
    "training_stopped": "Stopped",
}


def parsed(event: Any) -> JobRef | Ignored:
    return parse_event(event, home_of(event))


def state_change(kind: JobKind, status: str = "", **detail: Any) -> dict[str, Any]:
    """Return an event of the guard's own account with just what such an event must have."""
    fields = {kind.name_field: "job-1", kind.status_field: status or min(kind.running), **detail}
    return load_event("training_starting") | {"detail-type": kind.detail_type, "resources": [], "detail": fields}


def call(name: str, parameters: dict[str, Any] | None, **detail: Any) -> dict[str, Any]:
    return load_event("api_create_training_job", eventName=name, requestParameters=parameters, **detail)


def test_every_recorded_event_has_its_answer() -> None:
    assert sorted(RUNNING | ASKS_NOTHING) == NAMES


@pytest.mark.parametrize("name", RUNNING)
def test_parse_event_names_the_running_job(name) -> None:
    event = load_event(name)
    ref = parsed(event)
    kind, job = RUNNING[name]
    assert isinstance(ref, JobRef)
    assert (ref.kind.id, ref.name, ref.source.id) == (kind, job, event["id"])
    assert ref.arn == f"arn:aws:sagemaker:{event['region']}:{event['account']}:{BY_KIND[kind].arn_resource}/{job}"


@pytest.mark.parametrize("name", ASKS_NOTHING)
def test_parse_event_returns_why_an_event_is_ignored(name) -> None:
    ignored = parsed(load_event(name))
    assert isinstance(ignored, Ignored)
    assert ASKS_NOTHING[name] in ignored.reason


@pytest.mark.parametrize("name", NAMES)
def test_parse_event_leaves_the_event_as_it_was(name) -> None:
    event = load_event(name)
    before = copy.deepcopy(event)
    parsed(event)
    assert event == before


@pytest.mark.parametrize("kind", [row for row in JOB_KINDS if row.detail_type], ids=lambda row: row.id)
class TestStatus:
    """Each kind that has state change events."""

    def test_every_running_status_counts(self, kind) -> None:
        for status in kind.running:
            assert isinstance(parse_event(state_change(kind, status), HOME), JobRef)

    def test_every_other_status_is_ignored(self, kind) -> None:
        for status in kind.stopping | kind.ended:
            assert isinstance(parse_event(state_change(kind, status), HOME), Ignored)

    def test_the_spelling_of_a_status_does_not_matter(self, kind) -> None:
        for status in kind.ended:
            in_words = re.sub("(?<=[a-z])(?=[A-Z])", "_", status)
            for spelling in (status.upper(), in_words, in_words.upper()):
                assert isinstance(parse_event(state_change(kind, spelling), HOME), Ignored)

    def test_an_unknown_status_counts_as_running(self, kind) -> None:
        assert isinstance(parse_event(state_change(kind, "Levitating"), HOME), JobRef)

    def test_an_absent_status_is_an_error_with_the_field(self, kind) -> None:
        event = without(state_change(kind), "detail", kind.status_field)
        with pytest.raises(EventError) as failed:
            parse_event(event, HOME)
        assert failed.value.evidence["field"] == f"detail.{kind.status_field}"


@pytest.mark.parametrize("secondary", ["Starting", "Pending", "Downloading", "Training", "Uploading", "Brewing", None])
def test_the_secondary_status_does_not_matter(secondary) -> None:
    assert isinstance(parsed(load_event("training_starting", SecondaryStatus=secondary)), JobRef)


def test_the_name_field_decides_over_the_arn() -> None:
    """The documentation's sample has an ARN with another name in it."""
    ref = parsed(load_event("training_completed", TrainingJobStatus="InProgress"))
    assert isinstance(ref, JobRef)
    assert ref.name == "89c96cc8-dded-4739-afcc-6f1dc936701d"
    assert ref.arn.endswith(f":training-job/{ref.name}")


def test_the_envelope_decides_over_the_arn() -> None:
    """The documentation's sample has an ARN of another account and region in it."""
    ref = parsed(load_event("processing_failed", ProcessingJobStatus="InProgress"))
    assert isinstance(ref, JobRef)
    assert ref.arn.startswith("arn:aws:sagemaker:us-east-1:111122223333:processing-job/integ-test")


@pytest.mark.parametrize("name", ["training_completed", "processing_failed"])
def test_reported_data_has_the_jobs_own_arn(name) -> None:
    """While Describe fails, the event is all that is known: another job's tags must not be taken for its own."""
    kind = BY_KIND[name.partition("_")[0]]
    event = load_event(name, **{kind.status_field: "InProgress"})
    ref = parsed(event)
    assert isinstance(ref, JobRef)
    assert event["detail"][kind.arn_field] != ref.arn
    assert ref.reported == event["detail"] | {kind.arn_field: ref.arn}


@pytest.mark.parametrize(
    ("detail", "resources", "arn"),
    [
        pytest.param({}, [], f"{ARN}:training-job/job-1", id="no ARN"),
        pytest.param({}, [f"{ARN}:training-job/Other"], f"{ARN}:training-job/job-1", id="another job's ARN"),
        pytest.param({"TrainingJobArn": None}, None, f"{ARN}:training-job/job-1", id="nulls"),
        pytest.param({"TrainingJobArn": 5}, [7], f"{ARN}:training-job/job-1", id="numbers"),
        pytest.param(
            {"TrainingJobName": "Job-1"}, [f"{ARN}:training-job/job-1"], f"{ARN}:training-job/job-1", id="case"
        ),
        pytest.param(
            {"TrainingJobName": None}, [f"{ARN}:training-job/job-2"], f"{ARN}:training-job/job-2", id="only an ARN"
        ),
    ],
)
def test_the_arn_is_the_events_or_built(detail, resources, arn) -> None:
    event = state_change(TRAINING, **detail) | {"resources": resources}
    ref = parse_event(event, HOME)
    assert isinstance(ref, JobRef)
    assert ref.arn == arn


@pytest.mark.parametrize(
    ("name", "resources"),
    [
        pytest.param(None, [], id="nothing"),
        pytest.param("", None, id="empty name"),
        pytest.param(5, [], id="number"),
        pytest.param(None, ["arn:aws:s3:::bucket"], id="another service's ARN"),
        pytest.param(None, [f"{ARN}:processing-job/x"], id="another kind's ARN"),
    ],
)
def test_a_job_without_a_name_is_an_error_with_the_field(name, resources) -> None:
    event = state_change(TRAINING, TrainingJobName=name) | {"resources": resources}
    with pytest.raises(EventError) as failed:
        parse_event(event, HOME)
    assert failed.value.evidence == {"field": "detail.TrainingJobName", "value": name}


@pytest.mark.parametrize("scope", [Home("9" * 12, "eu-west-1", "aws"), Home(HOME.account, "eu-west-2", "aws")])
@pytest.mark.parametrize("name", ["training_starting", "training_completed", "api_create_training_job"])
def test_another_account_or_region_is_a_scope_error(name, scope) -> None:
    with pytest.raises(ScopeError) as failed:
        parse_event(load_event(name), scope)
    told = load_event(name)
    assert failed.value.evidence == {
        "account": told["account"],
        "region": told["region"],
        "guard_account": scope.account,
        "guard_region": scope.region,
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("source", None),
        ("source", 5),
        ("detail-type", ""),
        ("id", None),
        ("account", 111122223333),
        ("region", None),
        ("time", "soon"),
        ("detail", None),
        ("detail", "text"),
    ],
)
@pytest.mark.parametrize("name", ["training_starting", "api_create_training_job"])
def test_an_unreadable_envelope_is_an_error_with_the_field(name, field, value) -> None:
    with pytest.raises(EventError) as failed:
        parse_event(load_event(name) | {field: value}, HOME)
    told = {"type": type(value).__name__} if field == "detail" else {"value": value}
    assert failed.value.evidence == {"field": field, **told}


@pytest.mark.parametrize("event", [None, [], "event", 5])
def test_a_value_that_is_not_an_object_is_an_error_with_its_type(event) -> None:
    with pytest.raises(EventError) as failed:
        parse_event(event, HOME)
    assert failed.value.evidence == {"field": "event", "type": type(event).__name__}


@pytest.mark.parametrize("change", [{"source": "aws.ec2"}, {"source": "my.app"}, {"detail-type": "SageMaker X"}])
def test_a_foreign_event_is_ignored_wherever_it_comes_from(change) -> None:
    event = load_event("training_starting") | change | {"account": "999999999999"}
    assert isinstance(parse_event(event, HOME), Ignored)


def test_a_call_has_its_actor() -> None:
    ref = parsed(load_event("api_create_training_job_rule"))
    assert isinstance(ref, JobRef)
    assert ref.source.type == "api-call"
    assert ref.actor == Actor(
        type="AssumedRole",
        arn="arn:aws:sts::111122223333:assumed-role/SageMakerExecutionRole/SageMaker",
        source_identity="jane-doe",
        session_issuer_arn="arn:aws:iam::111122223333:role/SageMakerExecutionRole",
        user_agent="Boto3/1.34.0 md/Botocore#1.34.0",
        source_ip="192.0.2.10",
        invoked_by=None,
    )


@pytest.mark.parametrize("identity", [None, "root", {"sessionContext": None}, {"sessionContext": {"sessionIssuer": 5}}])
def test_a_missing_actor_is_null(identity) -> None:
    ref = parsed(load_event("api_create_training_job", userIdentity=identity, userAgent=None, sourceIPAddress=""))
    assert isinstance(ref, JobRef)
    assert ref.actor is not None
    assert set(ref.actor.model_dump().values()) == {None}


@pytest.mark.parametrize("kind", JOB_KINDS, ids=lambda row: row.id)
def test_every_call_that_starts_or_changes_a_job_is_seen(kind) -> None:
    keys = dict.fromkeys(kind.key_fields, "k") | {kind.name_field: "job-1"}
    parameters = {field[0].lower() + field[1:]: value for field, value in keys.items()}
    for operation in (*kind.create_operations, *kind.update_operations):
        ref = parse_event(call(operation, parameters, responseElements=None), HOME)
        assert isinstance(ref, JobRef)
        path = "/".join([kind.arn_resource, *("k" for _ in kind.key_fields), "job-1"])
        assert (ref.kind, ref.name, ref.arn) == (kind, "job-1", f"{ARN}:{path}")


def test_reported_data_has_no_nulls() -> None:
    """A channel that has a null beside its file system is one of a file system."""
    system = {"FileSystemId": "fs-1"}
    channels = [{"DataSource": {"S3DataSource": None, "FileSystemDataSource": system}}]
    changed = parsed(state_change(TRAINING, InputDataConfig=channels, VpcConfig=None))
    assert isinstance(changed, JobRef)
    assert changed.reported["InputDataConfig"] == [{"DataSource": {"FileSystemDataSource": system}}]
    assert "VpcConfig" not in changed.reported
    called = parsed(call("CreateInferenceRecommendationsJob", {"jobName": "job-1", "outputConfig": None}))
    assert isinstance(called, JobRef)
    assert called.reported == {"JobName": "job-1"}


def test_a_name_that_the_owner_chose_stays_whatever_its_value() -> None:
    """A variable without a value is set all the same, and a rule may be about its name."""
    nulls = {"Environment": {"LD_PRELOAD": None}, "HyperParameters": {"debug": None}, "Tags": {"team": None}}
    changed = parsed(state_change(TRAINING, **nulls))
    assert isinstance(changed, JobRef)
    assert {field: changed.reported[field] for field in nulls} == nulls
    called = parsed(call("CreateTrainingJob", {"trainingJobName": "job-1", "environment": {"LD_PRELOAD": None}}))
    assert isinstance(called, JobRef)
    assert called.reported["Environment"] == {"LD_PRELOAD": None}


def test_an_event_may_be_as_deep_as_it_likes() -> None:
    deep: dict[str, Any] = {}
    for _ in range(10_000):
        deep = {"Deeper": deep}
    assert isinstance(parsed(state_change(TRAINING, Deep=deep)), JobRef)


@pytest.mark.parametrize("operation", ["StopTrainingJob", "DescribeTrainingJob", "CreateEndpoint", "AddTags"])
def test_another_call_is_ignored(operation) -> None:
    assert isinstance(parse_event(call(operation, {"trainingJobName": "job-1"}), HOME), Ignored)


@pytest.mark.parametrize("service", ["sagemaker.amazonaws.com", "sagemaker.amazonaws.com.cn"])
def test_the_service_is_known_by_its_name_in_each_partition(service) -> None:
    assert isinstance(parsed(load_event("api_create_training_job", eventSource=service)), JobRef)


def test_a_call_of_another_service_is_ignored() -> None:
    event = load_event("api_create_training_job", eventSource="sagemaker-edge.amazonaws.com")
    assert isinstance(parse_event(event, HOME), Ignored)


def test_a_failed_call_is_ignored_with_its_error() -> None:
    event = load_event("api_create_training_job", errorCode="ResourceInUse", responseElements=None)
    ignored = parse_event(event, HOME)
    assert isinstance(ignored, Ignored)
    assert "ResourceInUse" in ignored.reason


@pytest.mark.parametrize(
    "detail",
    [
        pytest.param({"requestParameters": {"trainingJobName": "child-1"}}, id="parameters"),
        pytest.param({"responseElements": {"trainingJobArn": f"{ARN}:training-job/child-1"}}, id="response"),
        pytest.param({"serviceEventDetails": {"trainingJobName": "child-1"}}, id="details"),
    ],
)
def test_a_service_event_names_its_job_in_one_of_three_places(detail) -> None:
    """The training jobs of a tuning job are started by the service, not by a call."""
    nothing = {"requestParameters": None, "responseElements": None, "eventType": "AwsServiceEvent"}
    event = load_event("api_create_training_job", **{**nothing, **detail})
    ref = parse_event(event | {"detail-type": "AWS Service Event via CloudTrail"}, HOME)
    assert isinstance(ref, JobRef)
    assert (ref.name, ref.arn) == ("child-1", f"{ARN}:training-job/child-1")


def test_a_call_that_names_no_job_is_an_error() -> None:
    with pytest.raises(EventError) as failed:
        parse_event(call("CreateTrainingJob", None, responseElements=None), HOME)
    assert failed.value.evidence["field"] == "detail.TrainingJobName"


@pytest.mark.parametrize("field", ["eventSource", "eventName"])
def test_an_unreadable_call_is_an_error_with_the_field(field) -> None:
    with pytest.raises(EventError) as failed:
        parse_event(load_event("api_create_training_job", **{field: None}), HOME)
    assert failed.value.evidence["field"] == f"detail.{field}"


@pytest.mark.parametrize("field", ["account", "region"])
def test_home_of_needs_account_and_region(field) -> None:
    with pytest.raises(EventError) as failed:
        home_of(without({"account": "111122223333", "region": "eu-west-1"}, field))
    assert failed.value.evidence == {"field": field, "value": None}


def test_home_of_something_else_than_an_event_is_an_error() -> None:
    with pytest.raises(EventError) as failed:
        home_of([])
    assert failed.value.evidence == {"field": "event", "type": "list"}


def test_half_a_surrogate_pair_does_not_reach_the_document() -> None:
    ref = parse_event(state_change(TRAINING, TrainingJobName="job-\ud800"), HOME)
    assert isinstance(ref, JobRef)
    assert ref.name == "job-?"
