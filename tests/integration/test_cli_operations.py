"""`sagemaker-guard redrive` and `status` as an operator runs them, on moto's SQS, DynamoDB and SSM."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.hooks import HierarchicalEmitter
from click.testing import Result
from typer.testing import CliRunner

from guard.aws.refusals import ForeignAnswer
from guard.aws.table import StateTable
from guard.cli.app import app
from guard.operations.redrive import HIDDEN_SECONDS
from guard.settings import PREFIX
from guard.sweep.run import LAST
from tests.integration.test_limits import NAME, ssm
from tests.support.fakes import FakeSageMaker
from tests.support.jobs import aws_client
from tests.unit.operations.test_letters import UNDELIVERED

__all__ = ["ssm"]

EVENT = {"detail-type": "x", "detail": {"TrainingJobName": "churn"}}
VARIABLES = {PREFIX + "STATE_TABLE": "state", PREFIX + "SWITCH_PARAMETER": NAME}


class Cloud:
    """A deployed stack with fake CloudFormation and Lambda clients that record their calls; other services are moto's."""

    def __init__(self, outcome: str) -> None:
        self.sqs = aws_client("sqs")
        self.url = str(self.sqs.create_queue(QueueName="dead-letters")["QueueUrl"])
        outputs = {"FunctionArn": "guard:live", "DeadLetterQueueUrl": self.url}
        stack = {"Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]}
        body = json.dumps({"results": [{"outcome": outcome}]}).encode()
        self.cloudformation = FakeSageMaker(DescribeStacks={"Stacks": [stack]})
        self.function = FakeSageMaker(
            GetFunctionConfiguration={"Environment": {"Variables": VARIABLES}},
            Invoke=lambda **_: {"Payload": io.BytesIO(body)},
        )
        self.configs: dict[str, Any] = {}
        self.events = HierarchicalEmitter()

    def client(self, service: str, config: Any = None) -> Any:
        self.configs[service] = config
        made = {"cloudformation": self.cloudformation, "lambda": self.function, "sqs": self.sqs}
        return made.get(service) or aws_client(service)

    def send(self) -> None:
        attributes = {name: {"DataType": "String", "StringValue": value} for name, value in UNDELIVERED.items()}
        self.sqs.send_message(QueueUrl=self.url, MessageBody=json.dumps(EVENT), MessageAttributes=attributes)

    def left(self) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return sum(map(int, found.values()))


@pytest.fixture
def cloud(ssm: Any, table: StateTable, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """The stack."""
    made = Cloud("stopped")
    monkeypatch.setattr("guard.cli.operations.new_session", lambda: made)
    return made


@pytest.fixture
def run(cloud: Cloud) -> Callable[..., Result]:
    """Run a command."""
    return lambda *arguments: CliRunner().invoke(app, arguments)


def test_redrive_shows_the_letters_and_invokes_nothing(run: Any, cloud: Cloud) -> None:
    cloud.send()
    shown = run("redrive", "--json")
    (letter,) = json.loads(shown.stdout)["letters"]
    assert (shown.exit_code, letter["result"]) == (1, "kept: shown only; --yes sends it again")
    assert (cloud.function.operations(), cloud.left()) == ([], 1)
    assert cloud.cloudformation.calls == [("DescribeStacks", {"StackName": "sagemaker-guard"})]


def test_redrive_with_yes_sends_them_through_the_function(run: Any, cloud: Cloud) -> None:
    cloud.send()
    redriven = run("redrive", "--yes", "--stack", "other", "--json")
    (letter,) = json.loads(redriven.stdout)["letters"]
    assert (redriven.exit_code, letter["result"], letter["done"], letter["event"]) == (0, "stopped", True, EVENT)
    assert (cloud.left(), cloud.function.calls[-1][1]["FunctionName"]) == (0, "guard:live")
    assert cloud.cloudformation.calls == [("DescribeStacks", {"StackName": "other"})]


def test_an_invocation_has_a_long_timeout_and_no_retry(run: Any, cloud: Cloud) -> None:
    run("redrive", "--yes")
    patient = cloud.configs.pop("lambda")
    assert (patient.read_timeout, patient.retries) == (HIDDEN_SECONDS, {"total_max_attempts": 1})
    assert cloud.configs == {"cloudformation": None, "sqs": None}


def test_the_response_of_a_proxy_is_an_error_instead_of_an_empty_queue(run: Any, cloud: Cloud) -> None:
    run("redrive")
    page = {"ResponseMetadata": {"HTTPStatusCode": 200}}
    with pytest.raises(ForeignAnswer, match="ReceiveMessage"):
        cloud.events.emit("after-call.sqs.ReceiveMessage", model=SimpleNamespace(name="ReceiveMessage"), parsed=page)


def test_redrive_reads_no_more_letters_than_the_limit(run: Any, cloud: Cloud) -> None:
    cloud.send()
    cloud.send()
    taken = run("redrive", "--yes", "--limit", "1", "--json")
    found = json.loads(taken.stdout)
    assert (len(found["letters"]), found["others"], taken.exit_code) == (1, {"number": 1, "hidden": 0}, 1)
    refused = run("redrive", "--limit", "0")
    assert (refused.exit_code, "--limit" in refused.stderr) == (2, True)


def test_redrive_reports_letters_that_another_redrive_hides(run: Any, cloud: Cloud) -> None:
    cloud.send()
    cloud.sqs.receive_message(QueueUrl=cloud.url, VisibilityTimeout=HIDDEN_SECONDS)
    result = run("redrive", "--yes")
    expected = "SQS counts 1 more in the queue, 1 of them hidden for up to 200 seconds by another `redrive`"
    assert (result.exit_code, " ".join(result.stdout.split())) == (1, expected)


def test_an_empty_queue_is_reported(run: Any, cloud: Cloud) -> None:
    result = run("redrive")
    assert (result.exit_code, result.stdout.strip()) == (0, "no dead letters")


def test_status_exits_with_0_when_all_is_well(run: Any, table: StateTable) -> None:
    now = datetime.now(UTC)
    report = {"started_at": now.isoformat(), "listed": 1, "known": 1, "judged": 0, "complete": True}
    table.write(LAST, {"report": json.dumps(report)}, now + timedelta(hours=1))
    result = run("status", "--json")
    assert (result.exit_code, json.loads(result.stdout)["dead_letters"]) == (0, {"number": 0, "attention": False})


def test_status_exits_with_1_when_something_needs_attention(run: Any, cloud: Cloud) -> None:
    cloud.send()
    result = run("status", "--json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["stack"], found["dead_letters"]) == (
        1,
        "sagemaker-guard",
        {"number": 1, "attention": True},
    )
    assert found["switch"] == {"parameter": NAME, "enforcement": "on", "attention": False}
    assert found["breaker"]["open"] is False
    table = run("status")
    assert (table.exit_code, "dead letters" in table.stdout) == (1, True)
