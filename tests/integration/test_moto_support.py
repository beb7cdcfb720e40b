"""The simulated SageMaker behaves as the real one where moto alone does not."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.server import ThreadedMotoServer

from tests.support.jobs import ACCOUNT
from tests.support.minimal import minimal
from tools.local_sagemaker import CONTROL, KINDS, Kind, install, set_members, set_status

CONFIG = Config(retries={"total_max_attempts": 1})
STOPPABLE = [kind for kind in KINDS if kind.stoppable]
CREATIONS = [
    pytest.param(kind, create, describe, id=create)
    for kind in KINDS
    for create, describe in zip(kind.create_operations, kind.describe_operations, strict=True)
]
NAME = "Report-42"


def client(**arguments: Any) -> Any:
    return boto3.client("sagemaker", region_name="eu-west-1", config=CONFIG, **arguments)


@pytest.fixture(scope="module")
def shared_client() -> Any:
    """Reading the API model is most of a client's price."""
    return client(aws_access_key_id="testing", aws_secret_access_key="testing")


@pytest.fixture
def sagemaker(shared_client: Any) -> Iterator[Any]:
    install()
    CONTROL.reset()
    with mock_aws():
        yield shared_client


def call(sagemaker: Any, operation: str, **parameters: Any) -> dict[str, Any]:
    return getattr(sagemaker, xform_name(operation))(**parameters)


def refer(kind: Kind, name: str = NAME) -> dict[str, str]:
    category = {"JobCategory": minimal("CreateJob")["JobCategory"]} if kind.noun == "Job" else {}
    return {kind.name: name, **category}


def create(sagemaker: Any, kind: Kind, name: str = NAME, **members: Any) -> str:
    operation = kind.create_operations[0]
    response = call(sagemaker, operation, **minimal(operation, **{kind.name: name}, **members))
    # Not every response of a Create operation has the ARN.
    return response.get(kind.arn) or described(sagemaker, kind, name=name)[kind.arn]


def described(sagemaker: Any, kind: Kind, operation: str = "", name: str = NAME) -> dict[str, Any]:
    response = call(sagemaker, operation or kind.describe_operations[0], **refer(kind, name))
    return response[kind.within] if kind.within else response


def status(sagemaker: Any, kind: Kind, name: str = NAME) -> str:
    return described(sagemaker, kind, name=name)[kind.status]


def refusal(sagemaker: Any, operation: str, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(sagemaker, operation, **parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.parametrize(("kind", "operation", "describe"), CREATIONS)
def test_describe_returns_every_member_of_the_request(
    sagemaker: Any, kind: Kind, operation: str, describe: str
) -> None:
    request = minimal(operation, **{kind.name: NAME})
    response = call(sagemaker, operation, **request)
    description = described(sagemaker, kind, describe)
    output = sagemaker.meta.service_model.operation_model(describe).output_shape.members
    members = output[kind.within].members if kind.within else output
    assert {name: value for name, value in request.items() if name in members}.items() <= description.items()
    path = [kind.arn_resource, *([request[kind.category]] if kind.category else []), NAME.lower()]
    arn = f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:{'/'.join(path)}"
    assert (description[kind.arn], description[kind.status]) == (arn, kind.initial)
    assert response.get(kind.arn, arn) == arn


@pytest.mark.parametrize("kind", STOPPABLE, ids=lambda kind: kind.noun)
def test_a_stopped_job_is_stopping_for_one_describe(sagemaker: Any, kind: Kind) -> None:
    create(sagemaker, kind)
    before = [status(sagemaker, kind) for _ in range(3)]
    call(sagemaker, kind.stop_operation, **refer(kind))
    after = [status(sagemaker, kind) for _ in range(3)]
    assert before == [kind.initial] * 3
    assert after == [kind.stopping or kind.stopped, kind.stopped, kind.stopped]


@pytest.mark.parametrize("kind", STOPPABLE, ids=lambda kind: kind.noun)
def test_a_job_that_has_ended_refuses_to_stop(sagemaker: Any, kind: Kind) -> None:
    create(sagemaker, kind)
    set_status(NAME, kind.stopped)
    assert refusal(sagemaker, kind.stop_operation, **refer(kind)) == (
        "ValidationException",
        f"The request was rejected because the {kind.label} is in status {kind.stopped}.",
    )


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.noun)
def test_a_name_is_taken_once(sagemaker: Any, kind: Kind) -> None:
    create(sagemaker, kind)
    operation = kind.create_operations[0]
    assert refusal(sagemaker, operation, **minimal(operation, **{kind.name: NAME}))[0] == "ResourceInUse"


UNKNOWN = {
    "DescribeTrainingJob": ("ValidationException", "Requested resource not found."),
    "StopTrainingJob": ("ValidationException", "Requested resource not found."),
    "DescribeProcessingJob": ("ValidationException", f"Could not find requested job with name: {NAME}"),
    "StopTransformJob": ("ValidationException", f"Could not find job to update with name: {NAME}"),
    "StopHyperParameterTuningJob": (
        "ResourceNotFound",
        f"Amazon SageMaker can't find a tuning job with the name {NAME}.",
    ),
}


@pytest.mark.parametrize("operation", UNKNOWN)
def test_an_unknown_job_is_refused_in_the_words_of_the_service(sagemaker: Any, operation: str) -> None:
    kind = next(kind for kind in KINDS if operation in {kind.stop_operation, *kind.describe_operations})
    assert refusal(sagemaker, operation, **refer(kind)) == UNKNOWN[operation]


def test_a_tuning_job_is_known_by_its_name_in_any_case(sagemaker: Any) -> None:
    tuning = next(kind for kind in KINDS if kind.noun == "HyperParameterTuningJob")
    create(sagemaker, tuning)
    described = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=NAME.lower())
    assert described["HyperParameterTuningJobName"] == NAME


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.noun)
def test_tags_of_a_job_are_kept(sagemaker: Any, kind: Kind) -> None:
    arn = create(sagemaker, kind, Tags=[{"Key": "team", "Value": "a"}])
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "cost", "Value": "1"}, {"Key": "team", "Value": "b"}])
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["cost"])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "b"}]


@pytest.mark.parametrize("kind", STOPPABLE, ids=lambda kind: kind.noun)
def test_list_filters_by_status(sagemaker: Any, kind: Kind) -> None:
    for name in ("first", "second"):
        create(sagemaker, kind, name)
    set_status("first", kind.stopped)
    category = {key: value for key, value in refer(kind).items() if key == "JobCategory"}
    answer = call(sagemaker, kind.list_operation, StatusEquals=kind.stopped, **category)
    (field,) = (name for name, value in answer.items() if isinstance(value, list))
    # Not every summary has the name beside the ARN.
    assert [row[kind.arn].rpartition("/")[2] for row in answer[field]] == ["first"]


def test_list_pages(sagemaker: Any) -> None:
    for number in range(5):
        create(sagemaker, KINDS[0], f"job-{number}")
    pages = sagemaker.get_paginator("list_training_jobs").paginate(PaginationConfig={"PageSize": 2})
    assert [len(page["TrainingJobSummaries"]) for page in pages] == [2, 2, 1]


def test_update_adds_to_the_description(sagemaker: Any) -> None:
    create(sagemaker, KINDS[0])
    rules = [{"RuleConfigurationName": "profile", "RuleEvaluatorImage": "evil:1"}]
    sagemaker.update_training_job(TrainingJobName=NAME, ProfilerRuleConfigurations=rules)
    assert sagemaker.describe_training_job(TrainingJobName=NAME)["ProfilerRuleConfigurations"] == rules


def test_a_stopped_schedule_starts_again(sagemaker: Any) -> None:
    schedule = next(kind for kind in KINDS if kind.noun == "MonitoringSchedule")
    create(sagemaker, schedule)
    sagemaker.stop_monitoring_schedule(MonitoringScheduleName=NAME)
    sagemaker.start_monitoring_schedule(MonitoringScheduleName=NAME)
    assert status(sagemaker, schedule) == "Scheduled"


def test_members_that_no_request_has_can_be_set(sagemaker: Any) -> None:
    create(sagemaker, KINDS[0])
    set_members(NAME, TuningJobArn=f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:hyper-parameter-tuning-job/parent")
    assert sagemaker.describe_training_job(TrainingJobName=NAME)["TuningJobArn"].endswith("/parent")


def test_a_model_keeps_its_network_isolation(sagemaker: Any) -> None:
    sagemaker.create_model(ModelName="model", EnableNetworkIsolation=True, PrimaryContainer={"Image": "image:1"})
    model = sagemaker.describe_model(ModelName="model")
    assert (model["EnableNetworkIsolation"], model["PrimaryContainer"]["Image"]) == (True, "image:1")


def test_a_model_package_can_be_described_by_its_arn(sagemaker: Any) -> None:
    inference = {"Containers": [{"Image": "image:1"}], "SupportedContentTypes": [], "SupportedResponseMIMETypes": []}
    arn = sagemaker.create_model_package(ModelPackageName="package", InferenceSpecification=inference)[
        "ModelPackageArn"
    ]
    description = sagemaker.describe_model_package(ModelPackageName=arn, IncludedData="MetadataOnly")
    assert description["InferenceSpecification"]["Containers"][0]["Image"] == "image:1"


def test_faults_refuse_as_often_as_asked(sagemaker: Any) -> None:
    create(sagemaker, KINDS[0])
    CONTROL.fail("DescribeTrainingJob", "AccessDeniedException", "User is not authorized", times=2)
    refusals = [refusal(sagemaker, "DescribeTrainingJob", TrainingJobName=NAME) for _ in range(2)]
    assert refusals == [("AccessDeniedException", "User is not authorized")] * 2
    assert status(sagemaker, KINDS[0]) == "InProgress"


def test_a_fault_can_be_retried_away(sagemaker: Any) -> None:
    create(sagemaker, KINDS[0])
    CONTROL.fail("StopTrainingJob", "ThrottlingException", "Rate exceeded")
    patient = boto3.client("sagemaker", config=Config(retries={"mode": "standard", "total_max_attempts": 2}))
    assert patient.stop_training_job(TrainingJobName=NAME)["ResponseMetadata"]["RetryAttempts"] == 1


def test_a_job_can_end_just_before_a_call(sagemaker: Any) -> None:
    create(sagemaker, KINDS[0])
    CONTROL.before("StopTrainingJob", lambda: set_status(NAME, "Completed"))
    code, message = refusal(sagemaker, "StopTrainingJob", TrainingJobName=NAME)
    assert (code, message.split()[-1]) == ("ValidationException", "Completed.")


def test_calls_are_recorded_in_order(sagemaker: Any) -> None:
    create(sagemaker, KINDS[0])
    status(sagemaker, KINDS[0])
    refusal(sagemaker, "StopTrainingJob", TrainingJobName="other")
    assert CONTROL.operations() == ["CreateTrainingJob", "DescribeTrainingJob", "StopTrainingJob"]
    assert CONTROL.operations("Stop") == ["StopTrainingJob"]
    assert CONTROL.calls[-1].parameters == {"TrainingJobName": "other"}


def test_the_threaded_server_behaves_alike(sagemaker: Any) -> None:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        remote = client(endpoint_url=f"http://{host}:{port}")
        create(remote, KINDS[0])
        remote.stop_training_job(TrainingJobName=NAME)
        assert status(remote, KINDS[0]) == "Stopping"
    finally:
        server.stop()


def test_it_serves_as_a_process() -> None:
    command = [sys.executable, "-m", "tools.local_sagemaker", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            remote = client(endpoint_url=json.loads(process.stdout.readline())["url"])
            create(remote, KINDS[1])
            remote.stop_processing_job(ProcessingJobName=NAME)
            assert status(remote, KINDS[1]) == "Stopping"
        finally:
            process.send_signal(signal.SIGTERM)
    assert process.returncode == 0
