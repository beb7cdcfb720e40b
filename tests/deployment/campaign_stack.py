"""Deploy the stack with the AWS CLI, let EventBridge invoke it, update it, roll it back and delete it.

The steps run in order on one stack; the first failure ends the campaign.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from examples.demo.jobs import JOBS
from examples.demo.local_sagemaker import create, describe, started_event
from guard.jobs import BY_KIND
from tests.deployment.conftest import Client, Deploy, Make

STACK = "guard-here"
PATIENCE = 120
DENIED = next(job for job in JOBS if job.kind == "training" and "1.10" in job.image and not job.ended)


def wait_for(found: Callable[[], Any], what: str) -> Any:
    """Call `found` until it returns something, and return that: EventBridge and Lambda work asynchronously."""
    deadline = time.monotonic() + PATIENCE
    while not (result := found()):
        assert time.monotonic() < deadline, f"{what} did not happen within {PATIENCE} s: see build/deployment/*.log"
        time.sleep(0.2)
    return result


def outputs(client: Client, stack: str = STACK) -> dict[str, str]:
    (described,) = client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}


def parameters(client: Client) -> dict[str, str]:
    (stack,) = client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    given = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
    given.pop("Release")
    return given


def running_version(client: Client) -> str:
    alias = client("lambda").get_alias(FunctionName=outputs(client)["FunctionName"], Name="live")
    return str(alias["FunctionVersion"])


def start_job(client: Client, name: str, number: int) -> None:
    """Create a denied training job and send the event of its start."""
    sagemaker, job = client("sagemaker"), replace(DENIED, name=name)
    create(sagemaker, job)
    send(client, started_event(sagemaker, job, number))


def send(client: Client, event: dict[str, Any]) -> None:
    entry = {"Source": event["source"], "DetailType": event["detail-type"], "Detail": json.dumps(event["detail"])}
    assert client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


def status(client: Client, name: str) -> str:
    return str(describe(client("sagemaker"), replace(DENIED, name=name))[BY_KIND[DENIED.kind].status_field])


def decision_of(client: Client, name: str) -> dict[str, Any] | None:
    """Return the last line about the job in the decision log."""
    for group in client("logs").describe_log_groups()["logGroups"]:
        pages = client("logs").filter_log_events(logGroupName=group["logGroupName"])["events"]
        lines = [json.loads(event["message"]) for event in pages if event["message"].startswith("{")]
        about = [line for line in lines if str(line.get("job_arn", "")).endswith(f"/{name}") and line.get("outcome")]
        if about:
            return about[-1]
    return None


def test_a_stack_in_audit_mode_decides_without_stopping_the_job(deploy: Deploy, client: Client) -> None:
    deploy(f"STACK={STACK}", "MODE=audit", "ARCH=x86_64", "PARAMETERS=LogRetentionDays=30")
    start_job(client, "audited", 1)
    line = wait_for(lambda: decision_of(client, "audited"), "a decision")
    assert (line["decision"], line["outcome"], status(client, "audited")) == ("deny", "audited", "InProgress")


def test_an_update_to_enforce_stops_the_next_denied_job(deploy: Deploy, client: Client) -> None:
    before, audited = parameters(client), running_version(client)
    deploy(f"STACK={STACK}", "MODE=enforce")
    assert parameters(client) == {**before, "Mode": "enforce", "Architecture": "x86_64", "LogRetentionDays": "30"}
    assert running_version(client) != audited
    start_job(client, "enforced", 2)
    wait_for(lambda: status(client, "enforced") in {"Stopping", "Stopped"}, "the stop")
    line = wait_for(lambda: decision_of(client, "enforced"), "the record")
    assert (line["decision"], line["outcome"], line["rule_ids"]) == ("deny", "stopped", ["denied_image"])


def test_a_rollback_runs_the_previous_version_again(make: Make, client: Client) -> None:
    enforcing = running_version(client)
    make("rollback", f"STACK={STACK}")
    start_job(client, "rolled-back", 3)
    line = wait_for(lambda: decision_of(client, "rolled-back"), "a decision")
    assert running_version(client) != enforcing
    assert (line["mode"], line["outcome"]) == ("audit", "audited")


def test_a_deployment_that_changes_no_function_publishes_a_version_too(deploy: Deploy, client: Client) -> None:
    name = outputs(client)["FunctionName"]
    pages = client("lambda").list_versions_by_function(FunctionName=name)["Versions"]
    published = {each["Version"] for each in pages}
    deploy(f"STACK={STACK}", "PARAMETERS=LogRetentionDays=60")
    assert running_version(client) not in published


def test_a_deployment_without_changes_succeeds_and_changes_nothing(deploy: Deploy, client: Client) -> None:
    before = outputs(client)
    assert "No changes to deploy" in deploy(f"STACK={STACK}")
    assert outputs(client) == before


def look_up_failures_by_version(client: Client) -> None:
    """Copy the alias's settings for failed invocations to the running version, where LocalStack, unlike Lambda, reads them."""
    functions, name = client("lambda"), outputs(client)["FunctionName"]
    of_alias = functions.get_function_event_invoke_config(FunctionName=name, Qualifier="live")
    keys = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
    functions.put_function_event_invoke_config(
        FunctionName=name, Qualifier=running_version(client), **{key: of_alias[key] for key in keys}
    )


def test_an_event_that_cannot_be_judged_is_a_dead_letter_with_its_event(client: Client) -> None:
    look_up_failures_by_version(client)
    broken = {"TrainingJobName": "", "TrainingJobStatus": "InProgress", "SecondaryStatus": "Starting"}
    send(client, {"source": "aws.sagemaker", "detail-type": BY_KIND["training"].detail_type, "detail": broken})
    queue = outputs(client)["DeadLetterQueueUrl"]
    received = wait_for(lambda: client("sqs").receive_message(QueueUrl=queue).get("Messages"), "a dead letter")
    letter = json.loads(received[0]["Body"])
    assert letter["requestPayload"]["detail"] == broken
    assert letter["responsePayload"]["errorType"] == "EventError"


def may_be_moved_to(client: Client, queue: str) -> list[str]:
    """Return the queues whose messages SQS may move to this one."""
    sqs = client("sqs")
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["RedriveAllowPolicy"])["Attributes"]
    arns = json.loads(found["RedriveAllowPolicy"]).get("sourceQueueArns", [])
    return [sqs.get_queue_url(QueueName=arn.rsplit(":", 1)[1])["QueueUrl"] for arn in arns]


def test_a_second_stack_runs_beside_the_first_and_is_deleted_with_its_data(deploy: Deploy, client: Client) -> None:
    deploy("STACK=guard-too", "MODE=audit", "ARCH=x86_64", "PARAMETERS=OnDelete=delete NoticeBus=default")
    letters = outputs(client, "guard-too")["DeadLetterQueueUrl"]
    assert (
        may_be_moved_to(client, letters) == client("sqs").list_dead_letter_source_queues(QueueUrl=letters)["queueUrls"]
    )
    table = outputs(client, "guard-too")["StateTableName"]
    client("cloudformation").delete_stack(StackName="guard-too")
    client("cloudformation").get_waiter("stack_delete_complete").wait(
        StackName="guard-too", WaiterConfig={"Delay": 1, "MaxAttempts": PATIENCE}
    )
    assert table not in client("dynamodb").list_tables()["TableNames"]
    assert outputs(client)["StateTableName"] in client("dynamodb").list_tables()["TableNames"]
    assert status(client, "enforced") in {"Stopping", "Stopped"}


def test_the_stack_is_deleted_with_its_function(client: Client) -> None:
    function = outputs(client)["FunctionName"]
    client("cloudformation").delete_stack(StackName=STACK)
    client("cloudformation").get_waiter("stack_delete_complete").wait(
        StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": PATIENCE}
    )
    left = [each["FunctionName"] for each in client("lambda").list_functions()["Functions"]]
    assert function not in left
