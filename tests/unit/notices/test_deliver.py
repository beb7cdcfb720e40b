"""Delivery on several channels: each result is reported, and a failing channel doesn't affect the others."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from guard.errors import EventError, NoticeError, NoticeUnderWay
from guard.notices.deliver import Deliverer, NoticeSink
from guard.notices.ends import Runs
from guard.notices.notice import Notice, notice_of
from guard.notices.once import OnceInMemory
from guard.record import Outcome
from tests.support.fakes import refused
from tests.support.records import ARN, FINDING, denied
from tests.support.store import MemoryStore

PAGE = "https://wiki.example.com/exemptions"


class Channel:
    """Returns or raises the given result."""

    def __init__(self, name: str, answer: str | Exception | None) -> None:
        self.name = name
        self.answer = answer
        self.given: list[Notice] = []

    def give(self, notice: Notice) -> str | None:
        self.given.append(notice)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_the_result_of_each_channel_is_reported() -> None:
    reported: list[tuple[str, Mapping[str, Any]]] = []
    channels = [
        Channel("topic", ValueError("no topic")),
        Channel("tags", "takes no tags"),
        Channel("bus", OSError("no bus")),
        Channel("events", None),
    ]
    memory = OnceInMemory()
    deliverer = Deliverer(lambda: channels, lambda: memory, lambda *facts: reported.append(facts), PAGE)
    notice = notice_of(denied(), "")
    assert notice is not None
    with pytest.raises(NoticeError, match="a notice could not be given: bus, topic") as caught:
        deliverer.give(notice)
    facts = {
        "decision_id": "decision-1",
        "job_arn": ARN,
        "channels": {
            "topic": "failed: ValueError: no topic",
            "tags": "takes no tags",
            "bus": "failed: OSError: no bus",
            "events": "given",
        },
    }
    assert (reported, caught.value.evidence) == ([("notice", facts)], facts)


def test_without_a_channel_a_notice_is_not_given() -> None:
    """Otherwise the dead letter of a notice that reached nobody, because the channels are off now, would be deleted."""
    notice = notice_of(denied(), "")
    assert notice is not None
    deliverer, reported = _deliverer()
    facts = {"decision_id": "decision-1", "job_arn": ARN, "channels": {}}
    with pytest.raises(NoticeError, match="no channel is on") as caught:
        deliverer.give(notice)
    assert (type(caught.value), caught.value.evidence, reported) == (NoticeError, facts, [("notice", facts)])


def _deliverer(*channels: Channel) -> tuple[Deliverer, list[tuple[str, Mapping[str, Any]]]]:
    reported: list[tuple[str, Mapping[str, Any]]] = []
    memory = OnceInMemory()
    return Deliverer(lambda: channels, lambda: memory, lambda *facts: reported.append(facts), PAGE), reported


def test_the_creation_time_is_looked_up_if_a_notice_lacks_it() -> None:
    """With it, the notice is the same as that of another event that has the time."""
    notice = notice_of(denied(), "")
    assert notice is not None
    asked: list[str] = []

    def created(blind: Notice) -> datetime | None:
        asked.append(blind.job.arn)
        return notice.job.created_at

    channel, once = Channel("topic", None), OnceInMemory()
    deliverer = Deliverer(lambda: [channel], lambda: once, lambda *_: None, PAGE, created)
    deliverer.give(notice.model_copy(update={"job": notice.job.model_copy(update={"created_at": None})}))
    deliverer.give(notice)
    assert (asked, channel.given) == ([ARN], [notice])


def test_a_notice_goes_to_the_queue_and_comes_back_as_a_message() -> None:
    sent: list[tuple[str, int]] = []
    deliverer, reported = _deliverer(Channel("events", None))
    NoticeSink(deliverer, lambda *message: sent.append(message), Runs(MemoryStore())).write(denied())
    assert reported == []
    ((body, delay),) = sent
    assert delay == 0
    message = json.loads(body)
    assert message == {"sagemaker_guard": "notice", "notice": message["notice"]}
    deliverer.receive(message)
    assert [facts["channels"] for _, facts in reported] == [{"events": "given"}]


def test_a_queue_failure_is_reported_and_the_notice_delivered_directly() -> None:
    def send(*_: object) -> None:
        raise refused("AccessDenied", "not yours")

    deliverer, reported = _deliverer(Channel("events", None))
    NoticeSink(deliverer, send, Runs(MemoryStore())).write(denied())
    (subject, facts), (_, given) = reported
    assert (subject, facts["job_arn"], given["channels"]) == ("queue", ARN, {"events": "given"})
    assert facts["error"].startswith("ClientError: ")


def test_the_notice_of_the_event_that_stopped_the_job_comes_first() -> None:
    """The notice of another event about the job is the same one, and only the first is delivered."""
    sent: list[tuple[str, int]] = []
    deliverer, _ = _deliverer(Channel("events", None))
    sink = NoticeSink(deliverer, lambda *message: sent.append(message), Runs(MemoryStore()))
    for outcome in (Outcome.ALREADY_FINISHED, Outcome.STOPPED, Outcome.AUDITED):
        sink.write(denied(outcome=outcome))
    assert [(json.loads(body)["notice"]["outcome"], delay) for body, delay in sent] == [
        ("already_finished", 60),
        ("stopped", 0),
        ("audited", 0),
    ]


def test_a_message_holds_nothing_that_an_earlier_version_would_refuse() -> None:
    """The earlier version runs after a rollback. Newer fields are sent only if they differ from their defaults."""
    sent: list[tuple[str, int]] = []
    deliverer, _ = _deliverer(Channel("events", None))
    sink = NoticeSink(deliverer, lambda *message: sent.append(message), Runs(MemoryStore()))
    fault = FINDING.model_copy(update={"level_source": "guard"})
    for outcome, finding in ((Outcome.STOPPED, FINDING), (Outcome.ALREADY_FINISHED, FINDING), (Outcome.STOPPED, fault)):
        sink.write(denied(finding, outcome=outcome))
    told = [json.loads(body)["notice"] for body, _ in sent]
    assert [notice.get("ended", "absent") for notice in told] == ["absent", False, "absent"]
    assert [notice.get("faults", "absent") for notice in told] == ["absent", "absent", ["denied_image"]]


def test_a_message_of_a_later_version_is_a_notice() -> None:
    sent: list[tuple[str, int]] = []
    channel = Channel("events", None)
    deliverer, _ = _deliverer(channel)
    NoticeSink(deliverer, lambda *message: sent.append(message), Runs(MemoryStore())).write(denied())
    message = json.loads(sent[0][0])
    message["notice"]["later"] = {"a": 1}
    deliverer.receive(message)
    assert len(channel.given) == 1


@pytest.mark.parametrize(
    ("others", "kind"),
    [([], NoticeUnderWay), ([Channel("bus", OSError("no bus"))], NoticeError), ([Channel("x", None)], NoticeUnderWay)],
    ids=["alone", "beside one that fails", "beside one that is given"],
)
def test_a_delivery_by_another_invocation_is_distinguished_from_a_failure(
    others: list[Channel], kind: type[Exception]
) -> None:
    notice = notice_of(denied(), PAGE)
    assert notice is not None
    deliverer, _ = _deliverer(Channel("events", NoticeUnderWay("elsewhere")), *others)
    with pytest.raises(NoticeError) as caught:
        deliverer.give(notice)
    assert type(caught.value) is kind


@pytest.mark.parametrize("written", [PAGE, "https://evil.example.com/login", ""])
def test_the_page_for_exemptions_is_the_deployments_whatever_a_message_says(written: str) -> None:
    sent: list[tuple[str, int]] = []
    channel = Channel("events", None)
    deliverer, _ = _deliverer(channel)
    NoticeSink(deliverer, lambda *message: sent.append(message), Runs(MemoryStore())).write(denied())
    message = json.loads(sent[0][0])
    message["notice"]["exemption_url"] = written
    deliverer.receive(message)
    assert [notice.exemption_url for notice in channel.given] == [PAGE]


class Closing(Channel):
    """Raises the given error when a job has ended."""

    def __init__(self, name: str, answer: str | Exception | None) -> None:
        super().__init__(name, answer)
        self.told: list[tuple[str, datetime | None]] = []

    def ended(self, job_arn: str, at: datetime | None) -> None:
        self.told.append((job_arn, at))
        if isinstance(self.answer, Exception):
            raise self.answer


def test_the_end_of_a_job_is_passed_to_channels_that_close_findings() -> None:
    hub = Closing("security_hub", None)
    deliverer, reported = _deliverer(Channel("events", OSError("not asked")), hub)
    deliverer.receive({"sagemaker_guard": "job-ended", "job_arn": ARN, "time": "2026-11-23T10:00:00Z"})
    deliverer.receive({"sagemaker_guard": "job-ended", "job_arn": ARN})
    assert (hub.told, reported) == ([(ARN, datetime(2026, 11, 23, 10, tzinfo=UTC)), (ARN, None)], [])


def test_an_end_that_a_channel_refuses_is_passed_to_the_others_and_logged() -> None:
    busy, other = Closing("security_hub", cause := refused("LimitExceededException", "busy")), Closing("other", None)
    deliverer, reported = _deliverer(busy, other, Closing("another", OSError("gone")))
    with pytest.raises(NoticeError, match="a job's end could not be reported: another, security_hub") as caught:
        deliverer.receive({"sagemaker_guard": "job-ended", "job_arn": ARN})
    channels = {"security_hub": f"failed: ClientError: {cause}", "another": "failed: OSError: gone"}
    facts = {"job_arn": ARN, "channels": channels}
    assert (reported, caught.value.evidence, caught.value.__cause__) == ([("notice", facts)], facts, cause)
    assert other.told == [(ARN, None)]


@pytest.mark.parametrize(
    ("message", "field"),
    [
        pytest.param({"sagemaker_guard": "notice", "notice": {}}, r"\w+", id="nothing in it"),
        pytest.param({"sagemaker_guard": "notice", "notice": {"job": {"kind": 7}}}, r"job\.\w+|\w+", id="half of it"),
    ],
)
def test_a_message_that_is_no_notice_names_the_field(message: dict[str, Any], field: str) -> None:
    with pytest.raises(EventError, match="can't be read") as caught:
        _deliverer()[0].receive(message)
    assert re.fullmatch(field, str(caught.value.evidence["field"]))
    assert caught.value.evidence["problem"] == "Field required"
