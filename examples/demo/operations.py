"""Shows operation: a sweep, a breaker that opens, a dead letter that is redriven, and the status of the stack."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from aws_lambda_powertools import Logger

from examples.demo.jobs import ACCOUNT, DENIED, JOBS, REGION, DemoJob
from examples.demo.local_sagemaker import create, describe, started_event
from guard.cli.operations import print_letters, print_status
from guard.cli.terminal import Terminal
from guard.operations.redrive import Count, Queue, Redriven, redrive
from guard.operations.stack import Stack
from guard.operations.status import Part, status
from guard.refs import Home
from guard.settings import Settings
from lambda_entry.assembly import build_sweep

SWITCH = "/sagemaker-guard/demo/enforcement"
LOG = Path("build/demo-sweep.jsonl")
HOME = Home(ACCOUNT, REGION, "aws")
STOPS = 3
_MANY = [f"one-too-many-{number}" for number in range(STOPS + 2)]
_DENIED = next(job for job in JOBS if job.image == DENIED and job.kind == "training")


@dataclass(frozen=True)
class Shown:
    """The results to print."""

    swept: dict[str, Any]
    limited: dict[str, Any]
    letters: list[Redriven]
    left: Count
    parts: list[Part]
    outcomes: dict[str, str]
    states: dict[str, str]


def prepare(url: str) -> None:
    """Create resources of the stack: the state tables, the switch and the dead-letter queue."""
    client_of = clients(url)
    for table in ("state", "breaker"):
        client_of("dynamodb").create_table(
            TableName=table,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
    client_of("ssm").put_parameter(Name=SWITCH, Value="on", Type="String")
    client_of("sqs").create_queue(QueueName="dead-letters")


def operate(client: Any, url: str, engine: Any, handler: Callable[[Any, Any], Any], context: Any) -> Shown:
    """Lose the event of a job, deny too many jobs, fail an event; then handle each as the stack does."""
    ours = {"GUARD_STATE_TABLE": "state", "GUARD_SWITCH_PARAMETER": SWITCH, "GUARD_SWEEP_CALLS_PER_SECOND": "1000"}
    settings = Settings.from_environment({**os.environ, **ours})
    limited = settings.model_copy(update={"state_table": "breaker", "breaker_stops": STOPS})
    with LOG.open("w") as log, redirect_stdout(log):
        logger = Logger(service="sweep", level="INFO", stream=log)
        _start(client, "lost-event")
        swept = build_sweep(settings, engine, logger).run(HOME, lambda: 900).summary()
        for name in _MANY:
            _start(client, name)
        broken = build_sweep(limited, engine, logger).run(HOME, lambda: 900).summary()
    letters, left = _redriven(client, url, handler, context)
    stack = Stack("demo", "guard", _queue(url), limited)
    swept_outcomes = _outcomes_of_sweeps()
    outcomes = {name: swept_outcomes[name] for name in ("lost-event", *_MANY)} | {"dead-letter": letters[0].result}
    states = {name: describe(client, replace(_DENIED, name=name))["TrainingJobStatus"] for name in outcomes}
    return Shown(swept, broken, letters, left, status(stack, clients(url), datetime.now(UTC)), outcomes, states)


def show(shown: Shown) -> int:
    """Print the results in the width of a terminal; return how many jobs are in a wrong state."""
    console = Terminal(sys.stdout)
    console.print()
    console.print("A sweep finds the job whose event was lost:", style="bold")
    console.print(_report(shown.swept))
    console.print()
    console.print(f"Five more denied jobs, with a breaker that permits {STOPS} stops:", style="bold")
    console.print(_report(shown.limited))
    console.print()
    console.print("A failed event became a dead letter and is redriven:", style="bold")
    print_letters(shown.letters, lambda: shown.left, sys.stdout)
    console.print()
    console.print("Output of `sagemaker-guard status`:", style="bold")
    print_status("demo", shown.parts, sys.stdout)
    stopped = {name for name, outcome in shown.outcomes.items() if outcome == "stopped"}
    wrong = len(stopped ^ {name for name, state in shown.states.items() if state != "InProgress"})
    denied = [
        outcome for name, outcome in shown.outcomes.items() if name in _MANY and outcome in ("stopped", "withheld")
    ]
    return wrong + abs(min(STOPS, len(denied)) - denied.count("stopped"))


def _outcomes_of_sweeps() -> dict[str, str]:
    """The outcome of each job in the last sweep that judged it, by the job's name."""
    lines = [json.loads(line) for line in LOG.read_text().splitlines()]
    return {line["job_arn"].rsplit("/", 1)[1]: line["outcome"] for line in lines if "outcome" in line}


def _report(report: dict[str, Any]) -> str:
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in report["outcomes"].items())
    return f"  {report['listed']} running jobs listed, {report['judged']} judged: {outcomes}"


def _start(client: Any, name: str) -> DemoJob:
    job = replace(_DENIED, name=name)
    create(client, job)
    return job


def _redriven(client: Any, url: str, handler: Callable[[Any, Any], Any], context: Any) -> tuple[list[Redriven], Count]:
    """Send the letter of a failed invocation, as Lambda writes it, and redrive it with the handler in place of Lambda."""
    event = started_event(client, _start(client, "dead-letter"), 99)
    letter = {
        "requestContext": {"condition": "RetriesExhausted", "approximateInvokeCount": 3},
        "requestPayload": event,
        "responsePayload": {"errorType": "CollectError", "errorMessage": "SageMaker throttled the call"},
    }
    sqs = clients(url)("sqs")
    sqs.send_message(QueueUrl=_queue(url), MessageBody=json.dumps(letter))

    class Function:
        """Lambda's Invoke."""

        def invoke(self, Payload: bytes, **_: Any) -> dict[str, Any]:  # noqa: N803
            return {"Payload": io.BytesIO(json.dumps(handler(json.loads(Payload), context)).encode())}

    queue = Queue(sqs, _queue(url))
    return list(redrive(queue, Function(), "guard", 10)), queue.count()


def _queue(url: str) -> str:
    return str(clients(url)("sqs").get_queue_url(QueueName="dead-letters")["QueueUrl"])


def clients(url: str) -> Callable[[str], Any]:
    """Return a function that creates clients of the local AWS by service name."""
    keys = {"aws_access_key_id": "demo", "aws_secret_access_key": "demo"}
    return lambda service: boto3.client(service, endpoint_url=url, region_name=REGION, **keys)
