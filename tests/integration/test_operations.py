"""`redrive` and `status` on moto's SQS, DynamoDB and SSM; the function is the guard itself, over the simulated SageMaker."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from guard.aws.table import StateTable
from guard.cli import operations
from guard.cli.operations import print_letters, print_letters_json, print_status, print_status_json
from guard.decision import Exemptions
from guard.errors import ConfigError, GuardError, OpaTimeout, StateError
from guard.limits.breaker import Bounds, Breaker
from guard.operations.redrive import Queue, redrive, shown
from guard.operations.stack import Stack, find_stack
from guard.operations.status import Part, status
from guard.pipeline import Guard
from guard.settings import PREFIX, Settings
from guard.sweep.run import LAST, Sweep
from tests.integration.conftest import NOW
from tests.integration.test_limits import NAME, ssm
from tests.support.fakes import FakeSageMaker, refused
from tests.support.jobs import DENIED, HOME, aws_client, started_event
from tests.support.jobs import status as job_status
from tests.support.sweeps import swept
from tests.unit.limits.test_breaker import denied
from tests.unit.operations.test_letters import NOTICE, UNDELIVERED, failed_invocation
from tools.local_sagemaker import Control

__all__ = ["ssm"]


class Function:
    """Lambda's `invoke` with the guard behind it."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self.invoked: list[Any] = []

    def invoke(self, FunctionName: str, InvocationType: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        assert (FunctionName, InvocationType) == ("guard", "RequestResponse")
        self.invoked.append(json.loads(Payload))
        try:
            records = self._guard.handle(self.invoked[-1], HOME)
        except GuardError as exc:
            failure = {"errorType": type(exc).__name__, "errorMessage": str(exc)}
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(failure).encode())}
        results = [{"outcome": record.outcome.value} for record in records if record.outcome]
        return {"Payload": io.BytesIO(json.dumps({"results": results}).encode())}


@pytest.fixture
def sqs(sagemaker: Any) -> Any:
    return aws_client("sqs")


@pytest.fixture
def url(sqs: Any) -> str:
    return str(sqs.create_queue(QueueName="dead-letters")["QueueUrl"])


@pytest.fixture
def send(sqs: Any, url: str) -> Callable[..., None]:
    def put(body: Any, **attributes: str) -> None:
        typed = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(body), MessageAttributes=typed)

    return put


def left(sqs: Any, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


# redrive


def test_showing_the_letters_invokes_nothing_and_leaves_them(
    sqs: Any, url: str, send: Any, sagemaker: Any, train: Any
) -> None:
    train("job", image=DENIED)
    event = started_event(sagemaker, "training", "job")
    send(failed_invocation(event))
    send(event, **UNDELIVERED)
    for _ in range(2):
        assert sorted(letter.shape for letter in shown(Queue(sqs, url), 100)) == [
            "failed invocation",
            "undelivered event",
        ]
    assert job_status(sagemaker, "training", "job") == "InProgress"


def test_a_letter_of_either_shape_stops_its_job_and_is_deleted(
    sqs: Any, url: str, send: Any, sagemaker: Any, train: Any, guard: Any
) -> None:
    train("failed", "undelivered", image=DENIED)
    send(failed_invocation(started_event(sagemaker, "training", "failed")))
    send(started_event(sagemaker, "training", "undelivered"), **UNDELIVERED)
    redriven = list(redrive(Queue(sqs, url), Function(guard()), "guard", 100))
    assert [(row.result, row.done) for row in redriven] == [("stopped", True)] * 2
    assert {job_status(sagemaker, "training", name) for name in ("failed", "undelivered")} <= {"Stopping", "Stopped"}
    assert left(sqs, url) == 0


def test_a_letter_that_fails_again_is_kept_and_the_others_continue(
    sqs: Any, url: str, send: Any, sagemaker: Any, train: Any, guard: Any, control: Control
) -> None:
    train("one", "two", image=DENIED)
    for name in ("one", "two"):
        send(failed_invocation(started_event(sagemaker, "training", name)))
    send("no event")
    control.fail("StopTrainingJob", "AccessDeniedException")
    queue = Queue(sqs, url)
    redriven = list(redrive(queue, Function(guard()), "guard", 100))
    assert sorted(row.done for row in redriven) == [False, False, True]
    results = sorted(row.result for row in redriven)
    assert results[0].startswith("kept: StopError: the job could not be stopped")
    assert results[1:] == ["kept: it contains no event; look at it in the queue", "stopped"]
    assert left(sqs, url) == 2
    again = list(redrive(queue, Function(guard()), "guard", 100))
    assert (sorted(row.done for row in again), left(sqs, url)) == ([False, True], 1)


def test_a_notice_that_was_given_is_deleted_and_one_that_was_not_is_kept(sqs: Any, url: str, send: Any) -> None:
    send(NOTICE)
    failed = {
        "FunctionError": "Unhandled",
        "Payload": io.BytesIO(b'{"errorType":"NoticeError","errorMessage":"topic"}'),
    }
    (row,) = redrive(Queue(sqs, url), FakeSageMaker(Invoke=failed), "guard", 100)
    assert (row.letter.shape, row.result, left(sqs, url)) == ("notice", "kept: NoticeError: topic", 1)
    function = FakeSageMaker(Invoke={"Payload": io.BytesIO(b'{"messages": 1}')})
    (row,) = redrive(Queue(sqs, url), function, "guard", 100)
    assert (row.result, row.done, left(sqs, url)) == ("given", True, 0)


@pytest.mark.parametrize(
    "answer",
    [
        refused("TooManyRequestsException", status=429),
        {"Payload": io.BytesIO(b"")},
        {"Payload": io.BytesIO(b"<html>")},
        {"Payload": io.BytesIO(b'{"other": 1}')},
    ],
    ids=["refused", "empty", "no JSON", "another function"],
)
def test_a_letter_is_kept_without_a_response_of_the_guard(sqs: Any, url: str, send: Any, answer: Any) -> None:
    send({"detail-type": "x", "detail": {}})
    (row,) = redrive(Queue(sqs, url), FakeSageMaker(Invoke=answer), "guard", 100)
    assert (row.done, left(sqs, url)) == (False, 1)
    assert row.result.startswith("kept: ")


def test_many_letters_are_taken_up_to_the_limit(sqs: Any, url: str, send: Any) -> None:
    for number in range(25):
        send({"detail-type": "x", "id": number})
    assert [len(shown(Queue(sqs, url), limit)) for limit in (7, 100)] == [7, 25]


def test_a_queue_that_refuses_is_a_typed_error() -> None:
    queue = Queue(FakeSageMaker(ReceiveMessage=refused("AccessDenied")), "https://queue")
    with pytest.raises(StateError, match="dead-letter queue") as caught:
        shown(queue, 10)
    assert (caught.value.evidence["operation"], caught.value.evidence["code"]) == ("receive_message", "AccessDenied")


# status


@pytest.fixture
def stack(url: str) -> Stack:
    settings = Settings(state_table="state", switch_parameter=NAME, breaker_stops=2)
    return Stack("sagemaker-guard", "guard", url, settings)


@pytest.fixture
def client_of(sqs: Any, ssm: Any, table: StateTable) -> Callable[[str], Any]:
    clients = {"sqs": sqs, "ssm": ssm, "dynamodb": aws_client("dynamodb")}
    return clients.__getitem__


def parts(stack: Stack, client_of: Any, now: datetime = NOW) -> dict[str, Part]:
    return {part.name: part for part in status(stack, client_of, now)}


def test_a_guard_at_work_needs_no_attention(
    stack: Stack, client_of: Any, sweep: Callable[..., Sweep], train: Any
) -> None:
    train("allowed")
    swept(sweep())
    found = parts(stack, client_of, NOW + timedelta(minutes=3))
    assert [part.name for part in found.values() if part.attention] == []
    assert found["last sweep"].text == "3 min ago, 1 jobs: 0 unchanged, 1 judged (1 not_denied)"
    assert found["policies"].text.startswith("revision ")
    assert (found["switch"].text, found["dead letters"].text) == (f"on ({NAME})", "none")
    assert found["breaker"].text == "closed: 0 of 2 stops and 0 withheld in 10 min"


def test_whatever_needs_attention_is_marked(
    stack: Stack, client_of: Any, ssm: Any, table: StateTable, send: Any
) -> None:
    ssm.put_parameter(Name=NAME, Value="off", Overwrite=True)
    bounds = Bounds(stops=2, window=timedelta(minutes=10), rule_share=0, rule_jobs=1)
    for _ in range(3):
        Breaker(table, bounds, clock=lambda: NOW).permit(denied("broken"))
    send({"detail-type": "x"})
    found = parts(stack, client_of)
    assert {name for name, part in found.items() if part.attention} == {
        "switch",
        "breaker",
        "last sweep",
        "dead letters",
    }
    assert found["switch"].text.startswith("OFF")
    assert found["breaker"].text.startswith("OPEN: 2 of 2 stops and 1 withheld")
    assert found["last sweep"].text == "none yet"
    assert found["dead letters"].facts == {"number": 1}


def test_a_sweep_that_is_overdue_and_exemptions_that_end_are_marked(
    stack: Stack, client_of: Any, sweep: Callable[..., Sweep]
) -> None:
    exemptions = [
        {"id": "LATER", "owner": "b", "rules": ["*"], "expires": "2026-12-20"},
        {"id": "FAR", "owner": "b", "rules": ["*"], "expires": "2027-12-20"},
        {"id": "GONE", "owner": "a", "rules": ["*"], "expires": "2026-11-01"},
    ]
    swept(sweep(exemptions=lambda: Exemptions(tuple(exemptions))))
    found = parts(stack, client_of, NOW + timedelta(hours=3))
    assert found["exemptions"].text == "GONE (a) ended 2026-11-01; LATER (b) ends 2026-12-20"
    assert found["last sweep"].text.startswith("OVERDUE, 3 h ago")
    assert found["exemptions"].attention
    assert found["last sweep"].attention


def test_a_sweep_without_jobs_has_the_revision_and_one_without_opa_has_not(
    stack: Stack, client_of: Any, sweep: Callable[..., Sweep], guard: Any
) -> None:
    def unreadable() -> Any:
        raise OpaTimeout("OPA didn't answer in time")

    assert [parts(stack, client_of)[name].text for name in ("policies", "exemptions")] == [
        "unknown until a sweep has ended"
    ] * 2
    swept(sweep(exemptions=lambda: guard().engine.exemptions(5)))
    found = parts(stack, client_of)
    assert found["policies"].text.startswith("revision ")
    assert (found["exemptions"].text, found["exemptions"].facts) == ("none ends within 30 days", {"ending": []})
    swept(sweep(exemptions=unreadable))
    found = parts(stack, client_of)
    assert [found[name].text for name in ("policies", "exemptions")] == [
        "unknown: the last sweep got no response from OPA"
    ] * 2
    assert found["exemptions"].facts == {"ending": None}


def test_a_part_that_can_not_be_read_hides_no_other(stack: Stack, client_of: Any) -> None:
    broken = FakeSageMaker(GetItem=refused("AccessDeniedException"), GetParameter=refused("AccessDeniedException"))
    found = parts(stack, lambda name: broken if name in {"dynamodb", "ssm"} else client_of(name))
    unread = {name for name, part in found.items() if part.text.startswith("can't be read: ")}
    assert unread == {"switch", "breaker", "last sweep", "policies", "exemptions"}
    assert all(found[name].attention and "AccessDeniedException" in found[name].facts["error"] for name in unread)
    assert found["dead letters"].text == "none"


def test_a_switch_that_is_neither_on_nor_off_needs_attention(stack: Stack, client_of: Any) -> None:
    client_of("ssm").put_parameter(Name=NAME, Value="false", Overwrite=True)
    part = parts(stack, client_of)["switch"]
    assert (part.attention, part.facts["enforcement"]) == (True, "on")
    assert part.text == f"the switch is neither `on` nor `off`: jobs are stopped ({NAME})"


def test_a_queue_that_can_not_be_read_says_why(stack: Stack, client_of: Any) -> None:
    broken = FakeSageMaker(GetQueueAttributes=refused("AccessDenied"))
    letters = parts(stack, lambda name: broken if name == "sqs" else client_of(name))["dead letters"]
    assert (letters.attention, "code='AccessDenied'" in letters.facts["error"]) == (True, True)


def test_jobs_that_were_withheld_need_attention_when_the_breaker_is_closed(
    stack: Stack, client_of: Any, table: StateTable
) -> None:
    bounds = Bounds(stops=1, window=timedelta(minutes=10), rule_share=0, rule_jobs=1)
    for _ in range(2):
        Breaker(table, bounds, clock=lambda: NOW).permit(denied("broken"))
    breaker = parts(stack, client_of)["breaker"]
    assert (breaker.text, breaker.attention) == ("closed: 1 of 2 stops and 1 withheld in 10 min", True)


@pytest.mark.parametrize(
    ("mode", "text"), [("audit", "audit: decides and records only"), ("enforce", "enforce: denied jobs are stopped")]
)
def test_the_mode_is_explained(stack: Stack, client_of: Any, mode: str, text: str) -> None:
    told = replace(stack, settings=stack.settings.model_copy(update={"mode": mode}))
    found = parts(told, client_of)["mode"]
    assert (found.text, found.facts) == (text, {"mode": mode})


# The stack and what is printed


def fakes(**outputs: str) -> Callable[[str], Any]:
    answer = {"Stacks": [{"Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]}]}
    variables = {PREFIX + "MODE": "audit", "POWERTOOLS_SERVICE_NAME": "x", "AWS_REGION": "y"}
    configuration = {"Environment": {"Variables": variables}}
    fake = FakeSageMaker(DescribeStacks=answer, GetFunctionConfiguration=configuration)
    return lambda _: fake


def test_a_stack_is_read_from_its_outputs_and_its_functions_variables() -> None:
    found = find_stack("s", fakes(FunctionArn="f:live", DeadLetterQueueUrl="https://queue"))
    assert (found.function, found.queue_url, found.settings.mode) == ("f:live", "https://queue", "audit")


@pytest.mark.parametrize(
    ("client_of", "message"),
    [
        (fakes(FunctionArn="f:live"), "no such output"),
        (lambda _: FakeSageMaker(DescribeStacks=refused("ValidationError")), "can't be read"),
    ],
    ids=["another stack", "no stack"],
)
def test_another_stack_is_refused(client_of: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        find_stack("s", client_of)


def test_the_table_is_for_people_and_json_for_machines(stack: Stack, client_of: Any, sqs: Any, send: Any) -> None:
    send(failed_invocation({"detail-type": "x", "detail": {"TrainingJobName": "job"}}))
    found = status(stack, client_of, NOW)
    table, data = io.StringIO(), io.StringIO()
    print_status("s", found, table)
    print_status_json("s", found, data)
    assert "dead letters  1: see them with `sagemaker-guard redrive`" in table.getvalue()
    table = io.StringIO()
    print_status("s", [Part("policies", "x" * 200, {})], table)
    assert table.getvalue().count("x") == 200, "what is wider than the terminal goes on in the next line"
    assert json.loads(data.getvalue())["dead_letters"] == {"number": 1, "attention": True}
    rows = operations.not_sent(shown(Queue(sqs, stack.queue_url), 10))
    table, data = io.StringIO(), io.StringIO()
    count = Queue(sqs, stack.queue_url).count
    print_letters(rows, count, table)
    print_letters_json(rows, count, data)
    assert "x: job" in table.getvalue()
    assert max(map(len, table.getvalue().splitlines())) <= 80
    (letter,) = json.loads(data.getvalue())["letters"]
    assert (letter["shape"], letter["done"], letter["event"]["detail"]) == (
        "failed invocation",
        False,
        {"TrainingJobName": "job"},
    )


def test_the_last_report_of_a_sweep_fits_in_an_item(table: StateTable, sweep: Callable[..., Sweep]) -> None:
    exemptions = [{"id": f"EX-{n}", "owner": "o" * 200, "rules": ["*"], "expires": "2026-01-01"} for n in range(5000)]
    swept(sweep(exemptions=lambda: Exemptions(tuple(exemptions))))
    assert len(str(table.read(LAST)["report"])) < 100_000
