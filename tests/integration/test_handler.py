"""The Lambda handler, imported as Lambda imports it: with its environment, the built bundle and the real OPA."""

from __future__ import annotations

import gc
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import botocore.session
import pytest

from guard.errors import ConfigError, NoticeUnderWay, OpaStartError, ScopeError
from guard.opa.client import PolicyClient, wait_until_ready
from guard.opa.process import OpaProcess
from tests.support.entry_points import Import, entry_point
from tests.support.jobs import ACCOUNT, ALLOWED, DENIED, REGION, started_event, training_request


@pytest.fixture
def entry(opa: Path, bundle: Path, sagemaker: Any, request: pytest.FixtureRequest) -> Iterator[Import]:
    """Import the handler in a function with these settings."""
    with entry_point("lambda_entry.handler", opa, bundle, request.node.name) as load:
        yield load


def _context(account: str = ACCOUNT) -> SimpleNamespace:
    return SimpleNamespace(invoked_function_arn=f"arn:aws:lambda:{REGION}:{account}:function:guard")


@pytest.fixture
def event(sagemaker: Any) -> Callable[[str], dict[str, Any]]:
    """Create a training job on the image and return the event of its start."""

    def start(image: str) -> dict[str, Any]:
        sagemaker.create_training_job(TrainingJobName="job-1", **training_request(image))
        return started_event(sagemaker, "training", "job-1")

    return start


def test_the_handler_returns_what_was_done_about_the_job(entry: Import, event: Any) -> None:
    assert entry().handler(event(DENIED), _context()) == {
        "results": [
            {
                "job": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/job-1",
                "decision": "deny",
                "rules": ["denied_image"],
                "outcome": "stopped",
            }
        ]
    }


def test_an_ignored_event_is_a_success(entry: Import) -> None:
    answer = entry().handler({"source": "aws.ec2", "detail-type": "EC2 Instance State-change Notification"}, _context())
    assert [result["outcome"] for result in answer["results"]] == ["ignored"]


def test_the_settings_of_the_function_count(entry: Import, event: Any) -> None:
    module = entry(GUARD_MODE="audit", GUARD_TRAINING_CONTAINERS="pytorch-training:2.4-cpu-py311")
    (result,) = module.handler(event(ALLOWED), _context())["results"]
    assert (result["decision"], result["outcome"]) == ("deny", "audited")


def test_whole_records_go_to_the_bucket_of_the_settings(entry: Import, event: Any) -> None:
    s3 = botocore.session.Session().create_client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="records")
    entry(GUARD_RECORD_BUCKET="records").handler(event(DENIED), _context())
    (listed,) = s3.list_objects_v2(Bucket="records")["Contents"]
    record = json.loads(gzip.decompress(s3.get_object(Bucket="records", Key=listed["Key"])["Body"].read()))
    assert (record["decision"], record["outcome"]) == ("deny", "stopped")


def test_a_notice_goes_through_the_queue_of_the_settings_to_the_topic(entry: Import, event: Any, capsys: Any) -> None:
    make: Any = botocore.session.Session().create_client
    sqs, sns, dynamodb = (make(name, region_name=REGION) for name in ("sqs", "sns", "dynamodb"))
    dynamodb.create_table(
        TableName="state",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    queue, mail = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("notices", "mail"))
    topic = sns.create_topic(Name="denied")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:mail")
    settings = {"NOTICE_QUEUE_URL": queue, "NOTICE_TOPIC_ARN": topic, "STATE_TABLE": "state"}
    module = entry(AWS_DEFAULT_REGION=REGION, **{f"GUARD_{name}": value for name, value in settings.items()})
    module.handler(event(DENIED), _context())
    assert "Messages" not in sqs.receive_message(QueueUrl=mail)
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    received = {"eventSource": "aws:sqs", "body": message["Body"]}
    for _ in range(2):
        assert module.handler({"Records": [received]}, _context()) == {"messages": 1, "batchItemFailures": []}
    (sent,) = sqs.receive_message(QueueUrl=mail)["Messages"]
    assert json.loads(sent["Body"])["Subject"] == "SageMaker training job job-1 was stopped: denied_image"
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["channels"] for line in lines if line["message"] == "notice"] == [{"topic": "given"}] * 2


def test_a_notice_that_another_invocation_gives_stays_in_the_queue(
    entry: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = entry()
    under_way = Mock(receive=Mock(side_effect=[NoticeUnderWay("elsewhere"), None]))
    monkeypatch.setattr(module, "_deliverer", lambda: under_way)
    body = json.dumps({"sagemaker_guard": "notice"})
    received = [{"messageId": name, "eventSource": "aws:sqs", "body": body} for name in ("first", "second")]
    answer = module.handler({"Records": received}, _context())
    assert answer == {"messages": 2, "batchItemFailures": [{"itemIdentifier": "first"}]}


def test_a_dead_letter_that_another_invocation_gives_is_a_failure(
    entry: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was sent to the function directly, so nothing would retry it."""
    module = entry()
    monkeypatch.setattr(module, "_deliverer", lambda: Mock(receive=Mock(side_effect=NoticeUnderWay("elsewhere"))))
    with pytest.raises(NoticeUnderWay):
        module.handler({"sagemaker_guard": "notice"}, _context())


def test_an_error_reaches_lambda_and_is_logged_with_its_evidence(
    entry: Import, event: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    module = entry()
    job = event(DENIED)
    with pytest.raises(ScopeError):
        module.handler(job, _context(account="999999999999"))
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (failure,) = line["failures"]
    assert (line["outcome"], line["event_id"], failure["error"]) == ("failed", job["id"], "ScopeError")
    assert failure["evidence"]["guard_account"] == "999999999999"


def test_an_error_of_the_engine_is_logged_with_event_and_job(
    entry: Import, event: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = entry()
    job = event(DENIED)
    module.ENGINE.close()
    monkeypatch.setattr(module.ENGINE, "_start", lambda: OpaProcess(Path("/nowhere/opa"), Path("/")))
    with pytest.raises(OpaStartError):
        module.handler(job, _context())
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (line["event_id"], line["job_arn"], line["outcome"]) == (job["id"], job["resources"][0], "failed")
    assert {failure["error"] for failure in line["failures"]} == {"OpaStartError"}


def test_the_decision_is_logged_whatever_the_log_level(
    entry: Import, event: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    entry(POWERTOOLS_LOG_LEVEL="ERROR").handler(event(DENIED), _context())
    logged = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["decision"], line.get("outcome")) for line in logged] == [("deny", None), ("deny", "stopped")]


def test_a_function_arn_that_cannot_be_read_is_an_error(entry: Import, event: Any) -> None:
    with pytest.raises(ConfigError, match="ARN"):
        entry().handler(event(DENIED), SimpleNamespace(invoked_function_arn="guard"))


def test_a_wrong_setting_fails_the_cold_start(entry: Import) -> None:
    with pytest.raises(ConfigError, match="GUARD_MODE"):
        entry(GUARD_MODE="watch")
    sys.modules["lambda_entry.start_opa"].PROCESS.stop()


def test_a_missing_bundle_fails_the_cold_start(entry: Import, tmp_path: Path) -> None:
    with pytest.raises(OpaStartError, match="bundle"):
        entry(GUARD_BUNDLE_PATH=str(tmp_path / "none.tar.gz"))


def test_a_remote_opa_is_used_and_none_is_started(entry: Import, event: Any, opa: Path, bundle: Path) -> None:
    elsewhere = OpaProcess(opa, bundle)
    module = entry(GUARD_OPA_URL=f"http://127.0.0.1:{elsewhere.port}")
    _until_ready(elsewhere)
    (result,) = module.handler(event(DENIED), _context())["results"]
    assert (result["outcome"], sys.modules["lambda_entry.start_opa"].PROCESS) == ("stopped", None)
    elsewhere.stop()


def _until_ready(process: OpaProcess) -> None:
    client = PolicyClient(f"http://127.0.0.1:{process.port}", timeout=5)
    wait_until_ready(client, process, seconds=10)
    client.close()


def test_opa_starts_before_the_rest_is_imported() -> None:
    """The order of the handler's imports is what makes the cold start short."""
    source = (Path(__file__).resolve().parent.parent.parent / "lambda_entry" / "handler.py").read_text()
    imports = [
        line for line in source.splitlines() if line.startswith(("import ", "from ")) and "__future__" not in line
    ]
    assert imports[0] == "from lambda_entry.start_opa import PROCESS, imported, start"


def test_starting_opa_imports_nothing_heavy(opa: Path, bundle: Path) -> None:
    program = "import sys, lambda_entry.start_opa as started; started.PROCESS.stop(); print(*sys.modules)"
    paths = {"GUARD_OPA_PATH": str(opa), "GUARD_BUNDLE_PATH": str(bundle)}
    printed = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | paths, capture_output=True, text=True, check=True
    ).stdout.split()
    assert "guard.opa.process" in printed
    assert {"boto3", "botocore", "pydantic", "requests", "opa_client", "aws_lambda_powertools"} & set(printed) == set()


def test_garbage_is_collected_again_once_the_handler_is_imported(entry: Import) -> None:
    gc.unfreeze()
    entry()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 10_000


def test_the_handler_imports_nothing_that_it_does_not_use(opa: Path, bundle: Path) -> None:
    program = "import sys, lambda_entry.handler as started; started.ENGINE.close(); print(*sys.modules)"
    paths = {"GUARD_OPA_PATH": str(opa), "GUARD_BUNDLE_PATH": str(bundle)}
    printed = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | paths, capture_output=True, text=True, check=True
    ).stdout.split()
    used = {"botocore", "guard.pipeline", "opa_client.opa"}
    unused = {"aiohttp", "asyncio", "boto3", "guard.authoring", "guard.opa.binary", "guard.opa.each", "guard.opa.many"}
    unused |= {"guard.opa.remote", "guard.aws.secrets", "guard.sweep.run", "opa_client.opa_async"}
    unused |= {"guard.denylist.entries", "guard.log.objects", "pydantic_settings", "s3transfer"}
    assert (used - set(printed), unused & set(printed)) == (set(), set())
