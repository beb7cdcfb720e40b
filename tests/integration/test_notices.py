"""Notices about denied jobs on real (moto's) tags, event bus, topic and Security Hub: each once, none lost, no stop undone."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock

import pytest
from moto.events.models import EventPattern

from guard.aws.refusals import code
from guard.aws.table import StateTable
from guard.errors import EventError, LogError, NoticeError, NoticeUnderWay
from guard.notices.channels import DETAIL_TYPE, SOURCE, EventsChannel, TagsChannel, TopicChannel
from guard.notices.deliver import Deliverer, NoticeSink
from guard.notices.ends import Ends, NotifiedJobs, Runs
from guard.notices.notice import Notice, notice_of
from guard.notices.once import OnceInMemory, OnceInTable
from guard.notices.queue_messages import MARK
from guard.notices.security_hub import SecurityHubChannel
from guard.refs import JobRef
from guard.sources.events import parse_event
from tests.conftest import ROOT
from tests.support.fakes import refused
from tests.support.jobs import (
    ACCOUNT,
    ALLOWED,
    DENIED,
    HOME,
    REGION,
    aws_client,
    started_event,
    status,
    training_request,
)
from tests.support.records import denied
from tests.support.store import MemoryStore
from tools.local_sagemaker import set_status

ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/churn-42"
TABLE = "state"
PAGE = "https://wiki.example.com/exemptions"


class Places:
    """The receivers of notices, and what they received."""

    def __init__(self, sagemaker: Any) -> None:
        self.sagemaker = sagemaker
        services = ("sqs", "sns", "events", "securityhub", "dynamodb")
        self.sqs, self.sns, self.events, self.hub, self.dynamodb = map(aws_client, services)
        self.mail, self.bus, self.queue = (self._queue(name) for name in ("mail", "bus", "notices"))
        self.topic = self.sns.create_topic(Name="denied")["TopicArn"]
        self.sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=self._arn(self.mail))
        pattern = {"source": [SOURCE], "detail-type": [DETAIL_TYPE]}
        self.events.put_rule(Name="denied", EventPattern=json.dumps(pattern))
        self.events.put_targets(Rule="denied", Targets=[{"Id": "queue", "Arn": self._arn(self.bus)}])
        self.hub.enable_security_hub()
        self.dynamodb.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )

    def channels(self) -> list[Any]:
        return [
            TagsChannel(self.sagemaker),
            EventsChannel(self.events, "default"),
            TopicChannel(self.sns, self.topic),
            self.security_hub(),
        ]

    def security_hub(self, hub: Any = None) -> SecurityHubChannel:
        state = StateTable(lambda: self.dynamodb, TABLE)
        return SecurityHubChannel(hub or self.hub, Ends(state), NotifiedJobs(state))

    def received(self, url: str) -> list[dict[str, Any]]:
        found = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in found]

    def tags(self) -> dict[str, str]:
        return {tag["Key"]: tag["Value"] for tag in self.sagemaker.list_tags(ResourceArn=ARN)["Tags"]}

    def findings(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.hub.get_findings()["Findings"]
        return found

    def _queue(self, name: str) -> str:
        return str(self.sqs.create_queue(QueueName=name)["QueueUrl"])

    def _arn(self, url: str) -> str:
        return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{url.rsplit('/', 1)[1]}"


@pytest.fixture
def places(sagemaker: Any) -> Places:
    """The receivers, empty."""
    return Places(sagemaker)


@pytest.fixture
def reported() -> list[Mapping[str, Any]]:
    """What deliverers report."""
    return []


@pytest.fixture
def deliverer(places: Places, reported: list[Mapping[str, Any]]) -> Callable[..., Deliverer]:
    """Make deliverers on all channels, with the table or without it; each has a memory of its own."""

    def make(channels: list[Any] | None = None, table: str | None = TABLE) -> Deliverer:
        memory = OnceInMemory()
        once = OnceInTable(places.dynamodb, table, memory) if table else memory
        given = places.channels() if channels is None else channels
        return Deliverer(lambda: given, lambda: once, lambda message, facts: reported.append({message: facts}), PAGE)

    return make


@pytest.fixture
def ref(sagemaker: Any) -> Callable[..., JobRef]:
    """Create the training job and return a reference to it, as one more event about it makes one."""

    def create(image: str = DENIED) -> JobRef:
        with suppress(sagemaker.exceptions.ResourceInUse):
            sagemaker.create_training_job(TrainingJobName="churn-42", **training_request(image))
        found = parse_event(started_event(sagemaker, "training", "churn-42"), HOME)
        assert isinstance(found, JobRef)
        return found

    return create


def _sink(deliverer: Deliverer, send: Callable[[str, int], None] | None = None) -> NoticeSink:
    return NoticeSink(deliverer, send, Runs(MemoryStore()))


class Down:
    """A channel that can't be reached until it is repaired."""

    name = "down"

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.given: list[Notice] = []

    def give(self, notice: Notice) -> str | None:
        if self.errors:
            raise self.errors.pop(0)
        self.given.append(notice)
        return None


# What is told


def test_a_denied_job_is_reported_on_every_channel(guard, places, deliverer, ref, reported) -> None:
    guard(sinks=[_sink(deliverer())]).judge(ref())
    (mail,) = places.received(places.mail)
    (event,) = places.received(places.bus)
    (finding,) = places.findings()
    assert mail["Subject"] == "SageMaker training job churn-42 was stopped: denied_image"
    assert "was stopped, because policy denies it" in mail["Message"]
    assert (event["source"], event["detail-type"], event["resources"]) == (SOURCE, DETAIL_TYPE, [ARN])
    assert Notice.model_validate(event["detail"]).rules == ("denied_image",)
    assert (finding["Id"], finding["RecordState"]) == (f"{ARN}/sagemaker-guard/denied_image", "ACTIVE")
    assert places.tags().items() >= {"guard:decision": "deny", "guard:rules": "denied_image"}.items()
    assert [facts["notice"]["channels"] for facts in reported] == [
        dict.fromkeys(["tags", "events", "topic", "security_hub"], "given")
    ]


def test_in_audit_mode_the_text_differs_and_the_job_keeps_running(guard, sagemaker, places, deliverer, ref) -> None:
    guard(mode="audit", sinks=[_sink(deliverer())]).judge(ref())
    (mail,) = places.received(places.mail)
    assert mail["Subject"] == "SageMaker training job churn-42 would be stopped: denied_image"
    assert "It keeps running" in mail["Message"]
    assert places.tags()["guard:decision"] == "deny - audit only"
    assert status(sagemaker, "training", "churn-42") == "InProgress"


@pytest.mark.parametrize("sinks", ["allowed", "ignored"])
def test_no_notice_is_given_of_a_job_that_is_not_denied(guard, places, deliverer, ref, sinks) -> None:
    judging = guard(sinks=[_sink(deliverer())])
    if sinks == "allowed":
        judging.judge(ref(ALLOWED))
    else:
        judging.handle({"source": "aws.ec2", "detail-type": "EC2 Instance State-change Notification"}, HOME)
    assert (places.received(places.mail), places.received(places.bus), places.findings()) == ([], [], [])


# Once


def test_more_events_about_a_job_give_no_more_notices(guard, places, deliverer, ref) -> None:
    for _ in range(3):
        guard(sinks=[_sink(deliverer())]).judge(ref())
    assert (len(places.received(places.mail)), len(places.received(places.bus))) == (1, 1)


class Changed:
    """The shipped engine, with policies that have another name."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine

    def evaluate(self, document: Any) -> Any:
        return replace(self.engine.evaluate(document), revision="changed")


def test_a_denial_by_another_revision_gets_a_notice(guard, places, deliverer, ref, shipped_engine) -> None:
    for engine in (shipped_engine, Changed(shipped_engine), shipped_engine):
        guard(mode="audit", engine=engine, sinks=[_sink(deliverer())]).judge(ref())
    assert len(places.received(places.mail)) == 2


@pytest.mark.parametrize("table", ["gone", None], ids=["the table is gone", "no table"])
def test_without_the_table_a_process_delivers_a_notice_once_and_none_is_lost(
    guard, places, deliverer, ref, table
) -> None:
    sink = _sink(deliverer(table=table))
    for _ in range(2):
        guard(sinks=[sink]).judge(ref())
    assert len(places.received(places.mail)) == 1
    guard(sinks=[_sink(deliverer(table=table))]).judge(ref())
    assert len(places.received(places.mail)) == 1


def test_a_table_that_fails_after_the_notice_doesnt_repeat_it(guard, places, deliverer, ref, monkeypatch) -> None:
    def throttled(**_: Any) -> None:
        raise refused("ThrottlingException", "Rate exceeded")

    monkeypatch.setattr(places.dynamodb, "update_item", throttled)
    record = guard(sinks=[_sink(deliverer())]).judge(ref())
    assert (record.failures, len(places.received(places.mail))) == ((), 1)


# Channels that fail


def test_a_failing_channel_neither_undoes_the_stop_nor_keeps_the_others_silent(
    guard, sagemaker, places, deliverer, ref
):
    down = Down(refused("InternalError", status=500))
    record = guard(sinks=[_sink(deliverer([down, *places.channels()]))]).judge(ref())
    assert (record.outcome, status(sagemaker, "training", "churn-42")) == ("stopped", "Stopping")
    (failure,) = record.failures
    assert isinstance(failure, LogError)
    assert failure.evidence["sink"] == "notices"
    assert isinstance(failure.__cause__, NoticeError)
    assert len(places.received(places.mail)) == 1


def test_a_failed_notice_is_given_later_without_judging_and_to_that_channel_only(guard, places, deliverer, ref, log):
    down = Down(refused("InternalError", status=500))
    receiver = deliverer([down, *places.channels()])

    def send(body: str, _: int) -> None:
        places.sqs.send_message(QueueUrl=places.queue, MessageBody=body)

    record = guard(sinks=[_sink(receiver, send)]).judge(ref())
    assert record.failures == ()
    (message,) = places.received(places.queue)
    judged = len(log.written)
    with pytest.raises(NoticeError, match="down"):
        receiver.receive(message)
    receiver.receive(message)
    assert ([notice.decision_id for notice in down.given], len(places.received(places.mail))) == (
        [record.decision_id],
        1,
    )
    assert len(log.written) == judged


def test_a_queue_that_takes_nothing_is_replaced_by_giving_the_notice_at_once(guard, places, deliverer, ref, reported):
    def send(*_: object) -> None:
        raise refused("AccessDenied")

    record = guard(sinks=[_sink(deliverer(), send)]).judge(ref())
    assert (record.failures, len(places.received(places.mail))) == ((), 1)
    assert [next(iter(facts)) for facts in reported] == ["queue", "notice"]


def test_a_job_that_takes_no_tags_is_a_fact(guard, places, deliverer, ref, reported, monkeypatch) -> None:
    def refuse(**_: Any) -> None:
        raise refused("ValidationException", "not taggable")

    reference = ref()
    monkeypatch.setattr(places.sagemaker, "add_tags", refuse)
    record = guard(sinks=[_sink(deliverer())]).judge(reference)
    assert record.failures == ()
    assert reported[0]["notice"]["channels"]["tags"] == "ValidationException: the job takes no tags"


@pytest.mark.parametrize("refusal", ["ThrottlingException", "AccessDeniedException"])
def test_tags_that_can_be_set_later_are_tried_again(guard, places, deliverer, ref, monkeypatch, refusal) -> None:
    def refuse(**_: Any) -> None:
        raise refused(refusal)

    reference = ref()
    monkeypatch.setattr(places.sagemaker, "add_tags", refuse)
    (failure,) = guard(sinks=[_sink(deliverer())]).judge(reference).failures
    assert code(failure.__cause__.__cause__) == refusal


def test_an_event_that_the_bus_refuses_is_a_failure(places, monkeypatch) -> None:
    answer = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]}
    monkeypatch.setattr(places.events, "put_events", lambda **_: answer)
    with pytest.raises(NoticeError, match="InternalFailure"):
        EventsChannel(places.events, "default").give(_notice())


def test_a_delivery_is_locked_for_a_minute_and_remembered_for_30_days(places: Places) -> None:
    during: list[dict[str, Any]] = []

    def items() -> list[dict[str, Any]]:
        return places.dynamodb.scan(TableName=TABLE)["Items"]

    now = time.time()
    OnceInTable(places.dynamodb, TABLE, OnceInMemory()).run("key", lambda: during.extend(items()))
    ((begun,), (done,)) = during, items()
    assert (begun["status"]["S"], done["status"]["S"]) == ("INPROGRESS", "COMPLETED")
    assert int(begun["in_progress_expiration"]["N"]) / 1000 == pytest.approx(now + 60, abs=10)
    assert done["id"]["S"].startswith("notice#")
    assert int(done["expiration"]["N"]) == pytest.approx(now + 30 * 24 * 3600, abs=10)


def test_a_notice_that_another_invocation_is_giving_waits_for_its_end(places) -> None:
    first, second = (OnceInTable(places.dynamodb, TABLE, OnceInMemory()) for _ in range(2))
    given: list[str] = []

    def give() -> None:
        with pytest.raises(NoticeUnderWay):
            second.run("key", lambda: given.append("by the second"))
        given.append("by the first")

    first.run("key", give)
    second.run("key", lambda: given.append("again"))
    assert given == ["by the first"]


# Security Hub


def test_a_later_notice_updates_the_finding_and_the_jobs_end_archives_it(guard, places, deliverer, ref) -> None:
    receiver = deliverer()
    guard(mode="audit", sinks=[_sink(receiver)]).judge(ref())
    guard(sinks=[_sink(receiver)]).judge(ref())
    (finding,) = places.findings()
    assert "was stopped" in finding["Description"]
    receiver.receive({MARK: "job-ended", "job_arn": ARN})
    (finding,) = places.findings()
    assert finding["RecordState"] == "ARCHIVED"


def test_a_notice_that_is_tried_again_after_the_jobs_end_is_archived(
    guard, places, deliverer, ref, monkeypatch
) -> None:
    receiver = deliverer([places.security_hub()])
    sent: list[str] = []
    guard(sinks=[_sink(receiver, lambda body, _: sent.append(body))]).judge(ref())
    (message,) = map(json.loads, sent)
    with monkeypatch.context() as patched:
        patched.setattr(places.hub, "batch_import_findings", Mock(side_effect=refused("LimitExceededException")))
        with pytest.raises(NoticeError):
            receiver.receive(message)
    receiver.receive({MARK: "job-ended", "job_arn": ARN, "time": datetime.now(UTC).isoformat()})
    receiver.receive(message)
    assert [finding["RecordState"] for finding in places.findings()] == ["ARCHIVED"]


def test_the_end_of_a_job_leaves_the_findings_of_others(guard, places, deliverer, ref) -> None:
    receiver = deliverer()
    guard(sinks=[_sink(receiver)]).judge(ref())
    receiver.receive({MARK: "job-ended", "job_arn": f"{ARN}-2"})
    assert [finding["RecordState"] for finding in places.findings()] == ["ACTIVE"]


def test_a_job_that_had_ended_has_no_active_finding(guard, places, deliverer, ref) -> None:
    reference = ref()
    set_status("churn-42", "Completed")
    guard(sinks=[_sink(deliverer())]).judge(reference)
    (mail,) = places.received(places.mail)
    assert mail["Subject"] == "SageMaker training job churn-42 is denied: denied_image"
    assert [finding["RecordState"] for finding in places.findings()] == ["ARCHIVED"]


def test_a_finding_that_security_hub_refuses_is_a_failure(places, monkeypatch) -> None:
    answer = {"FailedCount": 1, "FailedFindings": [{"Id": "x", "ErrorCode": "InvalidInput"}]}
    monkeypatch.setattr(places.hub, "batch_import_findings", lambda **_: answer)
    with pytest.raises(NoticeError, match="InvalidInput"):
        places.security_hub().give(_notice())


# Messages


def test_a_notice_that_cant_be_read_is_an_error(deliverer) -> None:
    with pytest.raises(EventError, match="decision_id"):
        deliverer().receive({MARK: "notice", "notice": {}})


def test_the_documented_rule_matches_the_event() -> None:
    text = (ROOT / "docs" / "notices.md").read_text()
    pattern = text.split("EventPattern:")[1].split("```")[0]
    given = json.loads(pattern.replace("\n", " ")[: pattern.rindex("}") + 1])
    event = {"source": SOURCE, "detail-type": DETAIL_TYPE, "detail": _notice().model_dump(mode="json")}
    assert EventPattern.load(json.dumps(given)).matches_event(event)


def _notice() -> Notice:

    notice = notice_of(denied(), "")
    assert notice is not None
    return notice
