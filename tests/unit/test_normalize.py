"""The document of a job: from SageMaker's responses, from an event alone, and from broken responses."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guard.aws.collect import Collected
from guard.document import DenyList, Document, ImageError, Source
from guard.errors import CollectError
from guard.jobs import AUTOML, BY_KIND, JOB_KINDS, PROCESSING, TRAINING, TRANSFORM, JobKind
from guard.normalize import PIPELINE_TAG, normalize, offline
from guard.refs import JobRef, job_arn
from guard.resources import MODEL, RESOURCE_KINDS, Resource
from guard.sources.events import home_of, parse_event
from tests.support.events import HOME, RUNNING, load_event
from tests.support.jobs import DENIED
from tests.support.shapes import WRONG, answer, with_nulls

NOTHING = DenyList(images={}, patterns=())
TOLD = datetime(2024, 3, 5, 10, 15, tzinfo=UTC)
SOURCE = Source(type="state-change", id="event-1", time=TOLD)
NAMES = ("a", "B-7", "x")


def ref(kind: JobKind, **detail: Any) -> JobRef:
    return JobRef(kind, "job-1", job_arn("job-1", kind, HOME), HOME, SOURCE, None, detail)


def document(kind: JobKind, description: Any, tags: dict[str, str] | None = None) -> Document:
    return normalize(ref(kind), Collected(description, tags, {}), NOTHING)


def of_event(name: str, **detail: Any) -> Document:
    event = load_event(name, **detail)
    found = parse_event(event, home_of(event))
    assert isinstance(found, JobRef)
    return normalize(found, offline(found), NOTHING)


def test_an_image_of_an_undescribed_job_is_unavailable_and_not_missing() -> None:
    failure = CollectError("busy", operation="DescribeTrainingJob", code="ThrottlingException")
    told = normalize(ref(TRAINING), Collected({}, {}, {}, (failure,)), NOTHING)
    assert [(image.slot, image.error) for image in told.images] == [
        (
            "AlgorithmSpecification.TrainingImage",
            ImageError(code="unavailable", message="the job could not be described"),
        )
    ]
    assert [(call.operation, call.resource, call.message) for call in told.unavailable or ()] == [
        ("DescribeTrainingJob", None, "ThrottlingException")
    ]


def test_a_failure_of_another_call_leaves_the_job_as_it_is_described() -> None:
    failure = CollectError("no connection", operation="ListTags")
    told = normalize(ref(TRAINING), Collected({}, None, {}, (failure,)), NOTHING)
    assert [image.error.code for image in told.images if image.error] == ["missing"]
    assert [call.message for call in told.unavailable or ()] == ["no connection"]


def test_the_job_is_read_from_its_description() -> None:
    description = {
        "TrainingJobArn": "arn:aws:sagemaker:eu-west-1:111122223333:training-job/JOB-1",
        "TrainingJobStatus": "InProgress",
        "SecondaryStatus": "Training",
        "TuningJobArn": "arn:aws:sagemaker:eu-west-1:111122223333:hyper-parameter-tuning-job/t",
        "CreationTime": TOLD,
        "RoleArn": "arn:aws:iam::111122223333:role/r",
    }
    told = {
        "kind": "training",
        "name": "job-1",
        "arn": description["TrainingJobArn"],
        "status": "InProgress",
        "secondary_status": "Training",
        "parent_arn": description["TuningJobArn"],
        "created_at": TOLD,
        "role_arn": description["RoleArn"],
        "role_arns": (description["RoleArn"],),
        "tags": {"team": "a"},
        "parts": tuple(sorted(TRAINING.parts)),
    }
    job = document(TRAINING, description, {"team": "a"}).job.model_dump()
    assert {name: job[name] for name in told} == told


@pytest.mark.parametrize("kind", JOB_KINDS, ids=lambda kind: kind.id)
def test_a_job_that_nothing_started_is_not_its_own_parent(kind) -> None:
    assert document(kind, {kind.arn_field: job_arn("job-1", kind, HOME)}).job.parent_arn is None


def test_a_role_that_two_definitions_share_is_the_jobs_one_role() -> None:
    definitions = [{"RoleArn": "r"}, {"RoleArn": "r"}]
    job = document(BY_KIND["hyperparameter-tuning"], {"TrainingJobDefinitions": definitions}).job
    assert (job.role_arn, job.role_arns) == ("r", ("r",))


def test_what_a_description_lacks_is_null() -> None:
    job = document(TRAINING, {}).job
    assert (job.arn, job.status) == (ref(TRAINING).arn, "")
    assert {job.secondary_status, job.parent_arn, job.created_at, job.role_arn, job.tags} == {None}


def test_a_job_with_two_roles_has_no_single_role() -> None:
    description = {"RoleArn": "s", "AutoMLComputeConfig": {"EmrServerlessComputeConfig": {"ExecutionRoleARN": "r"}}}
    job = document(AUTOML, description | {"AutoMLJobSecondaryStatus": "Starting"}).job
    assert (job.role_arn, job.role_arns, job.secondary_status) == (None, ("r", "s"), "Starting")


@pytest.mark.parametrize(("told", "roles"), [({}, ()), ({"RoleArn": "own"}, ("own",))], ids=["not told", "told"])
def test_roles_in_an_event_are_not_the_roles_that_an_undescribed_job_runs_as(told, roles) -> None:
    failure = CollectError("busy", operation="DescribeTransformJob", resource="m", code="ThrottlingException")
    model = {"ModelName": "m"} | told
    references = {Resource(MODEL.id, "m"): {"ExecutionRoleArn": "r", "PrimaryContainer": {"Image": "x"}}}
    job = normalize(ref(TRANSFORM), Collected(model, {}, references, (failure,)), NOTHING).job
    assert (job.execution_role_arns, "r" in job.role_arns) == (roles, True)
    described = normalize(ref(TRANSFORM), Collected(model, {}, references, ()), NOTHING).job
    assert described.execution_role_arns == (roles or ("r",))


PACKAGE = {"InputConfig": {"ModelPackageVersionArn": "p"}}
ALGORITHM = {"LabelingJobAlgorithmSpecificationArn": "a"}
CLUSTER = {"InstanceType": "ml.m5.large", "InstanceCount": 1}


@pytest.mark.parametrize(
    ("kind", "description", "lacking"),
    [
        pytest.param("training", {}, set(), id="training"),
        pytest.param(
            "training",
            {"ServerlessJobConfig": {}},
            {"image", "instances", "instance-count", "volumes", "spot", "warm-pool"},
            id="serverless training",
        ),
        pytest.param(
            "training",
            {
                "ServerlessJobConfig": {},
                "ResourceConfig": {**CLUSTER, "KeepAlivePeriodInSeconds": 60},
                "EnableManagedSpotTraining": True,
                "AlgorithmSpecification": {"TrainingImage": "a:1"},
            },
            set(),
            id="serverless in name alone",
        ),
        pytest.param(
            "training",
            {
                "ServerlessJobConfig": {},
                "DebugRuleConfigurations": [{"InstanceType": "x", "RuleEvaluatorImage": "a:1"}],
            },
            {"volumes", "spot", "warm-pool"},
            id="serverless training with a rule of its own",
        ),
        pytest.param("labeling", {}, {"image", "volumes", "vpc"}, id="labeling by people"),
        pytest.param("labeling", {"LabelingJobAlgorithmsConfig": ALGORITHM}, {"image"}, id="automated labeling"),
        pytest.param(
            "labeling",
            {"LabelingJobAlgorithmsConfig": ALGORITHM | {"InitialActiveLearningModelArn": "m"}},
            set(),
            id="labeling from a model",
        ),
        pytest.param("optimization", {"DeploymentInstanceType": "x"}, {"image"}, id="optimization without an image"),
        pytest.param(
            "optimization",
            {"OptimizationConfigs": [{"ModelQuantizationConfig": {"Image": "a:1"}}]},
            set(),
            id="optimization with an image",
        ),
        pytest.param("inference-recommendations", PACKAGE, {"instances", "network-isolation"}, id="recommendations"),
        pytest.param(
            "inference-recommendations",
            {"InputConfig": {"ModelName": "m", "EndpointConfigurations": [{"InstanceType": "x"}]}},
            set(),
            id="recommendations on endpoints of its own",
        ),
        pytest.param("transform", {"ModelName": "m"}, set(), id="transform"),
    ],
)
def test_the_parts_are_those_of_the_kind_without_what_the_variant_lacks(kind, description, lacking) -> None:
    assert set(document(BY_KIND[kind], description).job.parts) == BY_KIND[kind].parts - lacking


@pytest.mark.parametrize("kind", JOB_KINDS, ids=lambda row: row.id)
@settings(max_examples=50)
@given(seed=st.integers(0, 2**32))
def test_what_the_document_shows_is_among_the_parts(kind, seed) -> None:
    """Regardless of job kind and variant: a rule about a fact in the document must be evaluated."""
    found = document(kind, answer(kind.describe_operation, seed))
    facts = {
        "vpc": found.network.vpc,
        "network-isolation": found.network.isolated,
        "traffic-encryption": found.network.encrypted_traffic,
        "max-runtime": found.compute.max_runtime_seconds,
        "instances": found.compute.instances or None,
        "volumes": found.storage.volumes or None,
        "spot": found.compute.spot or None,
        "warm-pool": found.compute.keep_alive_seconds or None,
        "image": next((image.raw for image in found.images if image.raw is not None), None),
    }
    assert {part for part, fact in facts.items() if fact is not None} <= set(found.job.parts)


def test_a_description_may_lie_within_the_response() -> None:
    nested = dataclasses.replace(TRAINING, within=("TrainingDetail", "Body"))
    description = {"TrainingJobStatus": "InProgress"}
    response = {"TrainingDetail": {"Body": description}}
    assert [nested.described(found) for found in (response, description, {"TrainingDetail": None})] == [
        description,
        description,
        {"TrainingDetail": None},
    ]


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("training", "TuningJobArn"),
        ("training", "AutoMLJobArn"),
        ("training", "LabelingJobArn"),
        ("processing", "TrainingJobArn"),
        ("processing", "MonitoringScheduleArn"),
        ("transform", "AutoMLJobArn"),
    ],
)
def test_the_parent_is_the_job_that_started_it(kind, field) -> None:
    assert document(BY_KIND[kind], {field: "arn:parent"}).job.parent_arn == "arn:parent"


def test_the_tuning_job_comes_before_its_own_parent() -> None:
    description = {"AutoMLJobArn": "arn:automl", "TuningJobArn": "arn:tuning"}
    assert document(TRAINING, description).job.parent_arn == "arn:tuning"


@pytest.mark.parametrize("name", RUNNING)
def test_every_running_event_makes_a_document_by_itself(name) -> None:
    found = of_event(name)
    assert (found.job.kind, found.job.name) == RUNNING[name]
    assert len(found.images) >= 1


@pytest.mark.parametrize(
    ("name", "image"),
    [
        ("training_starting", DENIED),
        ("api_create_training_job", DENIED),
        ("tuning_in_progress", DENIED),
        (
            "processing_in_progress",
            "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:0.23-1-cpu-py3",
        ),
    ],
)
def test_an_event_alone_tells_its_image(name, image) -> None:
    assert [found.raw for found in of_event(name).images] == [image]


def test_a_call_and_a_state_change_make_the_same_document() -> None:
    """Both are about the same job; only the actor and fields that just one of them has differ."""
    called, changed = of_event("api_create_training_job"), of_event("training_starting")
    same = ("images", "compute", "network", "storage", "command", "remote_access")
    for part in same:
        assert getattr(called, part) == getattr(changed, part)
    assert called.job.tags == changed.job.tags == {"project": "churn"}
    assert (called.job.name, called.job.arn, called.job.role_arn) == (
        changed.job.name,
        changed.job.arn,
        changed.job.role_arn,
    )


def test_the_names_of_a_users_own_settings_keep_their_case() -> None:
    parameters = {
        "trainingJobName": "job-1",
        "hyperParameters": {"learning_rate": "1", "Epochs": "2"},
        "environment": {"path": "x"},
        "debugRuleConfigurations": [{"ruleEvaluatorImage": "a:1", "ruleParameters": {"rule_to_invoke": "x"}}],
    }
    found = of_event("api_create_training_job", requestParameters=parameters)
    names = [one.name for one in (*found.hyperparameters, *found.environment)]
    assert names == ["learning_rate", "Epochs", "path", "rule_to_invoke"]
    assert found.images[1].raw == "a:1"


def test_a_call_without_parameters_makes_a_document_of_unknowns() -> None:
    found = of_event("api_create_training_job", requestParameters=None)
    assert [image.error.code for image in found.images if image.error] == ["missing"]


def test_a_resource_stays_unknown_without_aws() -> None:
    (image,) = of_event("training_starting_algorithm_name").images
    assert image.error == ImageError(
        code="failed",
        message=f"algorithm {image.origin.name}: not resolved: offline evaluation makes no Describe calls",
    )


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        pytest.param({"a": "1"}, {"a": "1"}, id="map"),
        pytest.param([{"Key": "a", "Value": "1"}], {"a": "1"}, id="list"),
        pytest.param([{"key": "a", "value": "1"}], {"a": "1"}, id="list, lower case"),
        pytest.param([], {}, id="empty list"),
        pytest.param(None, None, id="null"),
        pytest.param("a=1", None, id="text"),
        pytest.param([{"Key": None}, "x", {"Key": "a", "Value": None}], {"a": ""}, id="broken pairs"),
    ],
)
def test_tags_come_in_three_forms(tags, expected) -> None:
    assert of_event("training_starting", Tags=tags).job.tags == expected


@pytest.mark.parametrize("time", ["1709633700000", 1709633700000, 1709633700.0, "2024-03-05T10:15:00Z"])
def test_times_come_in_four_forms(time) -> None:
    assert of_event("training_starting", CreationTime=time).job.created_at == TOLD


def test_half_a_surrogate_pair_becomes_a_question_mark() -> None:
    found = document(PROCESSING, {"AppSpecification": {"ImageUri": "a:\ud800"}, "RoleArn": "r\udfff"}, {"k": "v"})
    assert (found.images[0].raw, found.job.role_arn) == ("a:?", "r?")


@pytest.mark.parametrize("kind", JOB_KINDS, ids=lambda row: row.id)
@settings(max_examples=60)
@given(seeds=st.lists(st.integers(0, 2**32), min_size=9, max_size=9))
def test_no_answer_of_sagemaker_breaks_the_document(kind, seeds) -> None:
    """Complete responses, responses with gaps, and responses with wrong types: each gives a valid document."""
    first, *others = seeds
    resources = {
        Resource(row.id, name): described
        for row, seed in zip(RESOURCE_KINDS, others, strict=False)
        for described in [answer(row.describe_operation, seed)]
        for name in NAMES
    }
    collected = Collected(answer(kind.describe_operation, first), None, resources)
    found = normalize(ref(kind), collected, NOTHING)
    assert Document.model_validate_json(found.model_dump_json()) == found
    assert all((image.repository is None) == (image.error is not None) for image in found.images)


@pytest.mark.parametrize("kind", JOB_KINDS, ids=lambda row: row.id)
@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_a_wrong_type_in_any_field_breaks_nothing(kind, wrong) -> None:
    description = dict.fromkeys(answer(kind.describe_operation, 1), wrong)
    found = normalize(ref(kind), offline(ref(kind, **description)), NOTHING)
    assert found.job.name == "job-1"


@pytest.mark.parametrize("kind", JOB_KINDS, ids=lambda row: row.id)
def test_a_null_counts_as_a_missing_field(kind) -> None:
    for seed in range(60):
        described = answer(kind.describe_operation, seed)
        whole, sparse = (
            normalize(ref(kind), offline(ref(kind), given), NOTHING)
            for given in (with_nulls(kind.describe_operation, described), described)
        )
        assert whole == sparse, f"seed {seed}"


@given(seed=st.integers(0, 2**32))
def test_the_same_answer_makes_the_same_document(seed) -> None:
    assert document(TRAINING, answer("DescribeTrainingJob", seed)) == document(
        TRAINING, answer("DescribeTrainingJob", seed)
    )


@pytest.mark.parametrize(
    ("tags", "execution"),
    [
        ({PIPELINE_TAG: "arn:aws:sagemaker:eu-west-1:111122223333:pipeline/p/execution/e"}, True),
        ({"team": "a"}, False),
        (None, False),
    ],
    ids=["a step", "no step", "unknown"],
)
def test_the_step_of_a_pipeline_names_its_execution(tags, execution) -> None:
    found = document(TRAINING, {}, tags).job.pipeline_execution_arn
    assert found == (tags[PIPELINE_TAG] if execution else None)


def test_every_parent_is_listed() -> None:
    description = {"TuningJobArn": "arn:t", "AutoMLJobArn": "arn:a", "TrainingJobArn": "arn:own"}
    job = document(TRAINING, description).job
    assert (job.parent_arn, job.parent_arns) == ("arn:t", ("arn:t", "arn:a"))
