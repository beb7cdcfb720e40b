"""A proxy's response instead of a service's, with a success status, is an error of every call that the guard makes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.parsers import ResponseParserError
from moto import mock_aws

from guard.aws.refusals import CALL_ERRORS, ForeignAnswer
from guard.errors import NoticeError
from guard.log.objects import ObjectSink
from guard.notices.channels import EventsChannel, TagsChannel, TopicChannel
from guard.notices.deliver import Deliverer, NoticeSink
from guard.notices.ends import Ends
from guard.notices.notice import Notice, notice_of
from guard.notices.once import OnceInMemory
from guard.notices.security_hub import SecurityHubChannel
from guard.settings import Settings
from guard.store import NoStore
from lambda_entry import clients, notices
from lambda_entry.clients import BRIEF, client
from tests.support.jobs import ACCOUNT, REGION
from tests.support.records import ARN, denied

TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:denied"
ITEM = {"id": {"S": "1"}}
CALLS: dict[str, Callable[[], Any]] = {
    "SendMessage": lambda: client("sqs").send_message(QueueUrl=_queue_url(), MessageBody="x"),
    "PutObject": lambda: client("s3").put_object(Bucket="records", Key="k", Body=b"x"),
    "PutEvents": lambda: client("events").put_events(Entries=[{"Source": "x", "DetailType": "x", "Detail": "{}"}]),
    "GetFindings": lambda: client("securityhub").get_findings(),
    "BatchImportFindings": lambda: client("securityhub").batch_import_findings(Findings=[_finding()]),
    "GetParameter": lambda: client("ssm").get_parameter(Name="/switch"),
    "GetSecretValue": lambda: client("secretsmanager").get_secret_value(SecretId="token"),
    "GetItem": lambda: client("dynamodb").get_item(TableName="state", Key=ITEM),
    "PutItem": lambda: client("dynamodb").put_item(TableName="state", Item=ITEM),
    "DeleteItem": lambda: client("dynamodb").delete_item(TableName="state", Key=ITEM),
    "ListTrainingJobs": lambda: client("sagemaker").list_training_jobs(),
}


class Page(BaseHTTPRequestHandler):
    """Answers every request with a page to sign in on."""

    BODY = b"<html><body>Please sign in</body></html>"
    STATUS = 200

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(self.STATUS)
        self.send_header("Content-Type", "text/html")
        self.send_header("ETag", '"5f3a-1c"')
        self.send_header("Content-Length", str(len(self.BODY)))
        self.end_headers()
        self.wfile.write(self.BODY)

    do_PUT = do_POST  # noqa: N815 - the name is the base class's
    do_GET = do_POST  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Credentials and a region; and clients that read both."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    clients._session.cache_clear()
    yield
    clients._session.cache_clear()


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """What stands between the guard and all services."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    yield url
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("operation", CALLS)
def test_a_page_is_not_a_valid_response(proxy: str, operation: str) -> None:
    with pytest.raises(ForeignAnswer, match=f"the response to {operation} lacks"):
        CALLS[operation]()


@pytest.mark.parametrize("status", [200, 403, 503])
@pytest.mark.parametrize(
    "body",
    [
        b'["blocked"]',
        b'"blocked"',
        b"3",
        b"null",
        b'{"TrainingJobSummaries": 3, "Tags": 3}',
        b'{"__type": ["blocked"]}',
        b'{"__type": {"code": 403}}',
    ],
)
def test_json_of_another_shape_fails_the_call_as_any_answer_does_that_is_none(
    proxy: str, monkeypatch: pytest.MonkeyPatch, body: bytes, status: int
) -> None:
    monkeypatch.setattr(Page, "BODY", body)
    monkeypatch.setattr(Page, "STATUS", status)
    sagemaker = client("sagemaker", BRIEF)
    for call in (sagemaker.list_training_jobs, partial(sagemaker.list_tags, ResourceArn=ARN)):
        with pytest.raises(CALL_ERRORS):
            call()


@mock_aws
@pytest.mark.parametrize("operation", [*CALLS, "Publish"])
def test_what_the_service_answers_is_taken(operation: str) -> None:
    client("sqs").create_queue(QueueName="notices")
    client("s3").create_bucket(Bucket="records", CreateBucketConfiguration={"LocationConstraint": REGION})
    client("securityhub").enable_security_hub()
    client("ssm").put_parameter(Name="/switch", Value="on", Type="String")
    client("secretsmanager").create_secret(Name="token", SecretString="x")
    client("dynamodb").create_table(
        TableName="state",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    topic = client("sns").create_topic(Name="denied")["TopicArn"]
    call = CALLS.get(operation, lambda: client("sns").publish(TopicArn=topic, Message="x"))
    assert call()["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize(
    "channel",
    [
        pytest.param(lambda: TagsChannel(client("sagemaker")), id="tags"),
        pytest.param(lambda: EventsChannel(client("events"), "default"), id="events"),
        pytest.param(lambda: TopicChannel(client("sns"), TOPIC), id="topic"),
        pytest.param(lambda: SecurityHubChannel(client("securityhub"), Ends(NoStore()), None), id="security_hub"),
    ],
)
def test_a_notice_that_a_page_took_was_not_given(proxy: str, channel: Any) -> None:
    deliverer = Deliverer(lambda: [channel()], OnceInMemory, lambda _message, _facts: None, "")
    with pytest.raises(NoticeError) as caught:
        deliverer.give(_notice())
    # botocore's parser of XML takes no other document than SNS's.
    assert isinstance(caught.value.__cause__, ForeignAnswer | ResponseParserError)


def test_a_notice_that_a_page_took_in_the_queues_place_is_given_at_once(proxy: str) -> None:
    given: list[str] = []
    settings = Settings(notice_queue_url=f"{proxy}/1/notices")
    sink = notices.build_notices(settings, _Log())  # type: ignore[arg-type]
    assert isinstance(sink, NoticeSink)
    sink._deliverer = Deliverer(lambda: [_Channel()], OnceInMemory, lambda message, _: given.append(message), "")
    sink.write(denied())
    assert given == ["queue", "notice"]


def test_a_record_that_a_page_took_is_not_kept(proxy: str) -> None:
    with pytest.raises(ForeignAnswer, match="lacks a request id"):
        ObjectSink(lambda: client("s3"), "records", _NoMasks()).write(denied())


class _NoMasks:
    def masks(self, _subject: object) -> list[Any]:
        return []


class _Channel:
    name = "topic"

    def give(self, _notice: Notice) -> None:
        """Take it."""


class _Log:
    def info(self, *_: Any, **__: Any) -> None:
        """Say nothing."""


def _notice() -> Notice:
    notice = notice_of(denied(), "")
    assert notice is not None
    return notice


def _queue_url() -> str:
    return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/notices"


def _finding() -> dict[str, Any]:
    return {
        "SchemaVersion": "2018-10-08",
        "Id": "1",
        "ProductArn": f"arn:aws:securityhub:{REGION}:{ACCOUNT}:product/{ACCOUNT}/default",
        "GeneratorId": "x",
        "AwsAccountId": ACCOUNT,
        "CreatedAt": "2026-11-23T10:00:00Z",
        "UpdatedAt": "2026-11-23T10:00:00Z",
        "Severity": {"Label": "HIGH"},
        "Title": "x",
        "Description": "x",
        "Resources": [{"Type": "Other", "Id": ARN}],
    }
