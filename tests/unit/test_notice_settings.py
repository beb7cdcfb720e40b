"""Which channels the function's settings enable, and what remembers that a notice was delivered."""

from __future__ import annotations

import logging
from typing import Any
from unittest.mock import Mock

import pytest

from guard.notices.once import OnceInMemory, OnceInTable
from guard.notices.queue_messages import MARK
from guard.record import Outcome
from guard.settings import Settings
from lambda_entry import notices
from lambda_entry.clients import BRIEF
from tests.support.records import denied

TOPIC = "arn:aws:sns:eu-west-1:111122223333:denied"


def _deliverer(**settings: Any) -> Any:
    return notices.build_deliverer(Settings(**settings), logging.getLogger("notices"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "channels", "services"),
    [
        pytest.param({"notice_tags": "disabled"}, [], [], id="none"),
        pytest.param({"notice_tags": "enabled"}, ["tags"], ["sagemaker"], id="tags"),
        pytest.param({"notice_tags": "disabled", "notice_bus": "default"}, ["events"], ["events"], id="event bus"),
        pytest.param({"notice_tags": "disabled", "notice_topic_arn": TOPIC}, ["topic"], ["sns"], id="topic"),
        pytest.param(
            {"notice_tags": "disabled", "security_hub": "enabled"}, ["security_hub"], ["securityhub"], id="Security Hub"
        ),
    ],
)
def test_the_channels_are_those_of_the_settings(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], channels: list[str], services: list[str]
) -> None:
    made: list[tuple[str, Any]] = []
    monkeypatch.setattr(notices, "client", lambda *asked: made.append(asked))
    assert [channel.name for channel in _deliverer(**settings).channels()] == channels
    assert [asked[:2] for asked in made] == [(service, BRIEF) for service in services]


def test_a_topic_is_published_to_in_its_own_region() -> None:
    (channel,) = _deliverer(
        notice_tags="disabled", notice_topic_arn=TOPIC.replace("eu-west-1", "us-gov-east-1")
    ).channels()
    assert channel._sns.meta.region_name == "us-gov-east-1"


@pytest.mark.parametrize(("table", "kind"), [("", OnceInMemory), ("state", OnceInTable)])
def test_a_table_remembers_where_there_is_one(table: str, kind: type) -> None:
    assert isinstance(_deliverer(state_table=table).once(), kind)


@pytest.mark.parametrize(("outcome", "seconds"), [(Outcome.STOPPED, 0), (Outcome.ALREADY_FINISHED, 60)])
def test_a_queue_keeps_a_notice_for_as_long_as_it_has_to_wait(
    monkeypatch: pytest.MonkeyPatch, outcome: Outcome, seconds: int
) -> None:
    queue = Mock()
    monkeypatch.setattr(notices, "client", lambda *_: queue)
    settings = Settings(notice_queue_url="https://queue")
    notices.build_notices(settings, logging.getLogger("notices")).write(denied(outcome=outcome))  # type: ignore[arg-type]
    (sent,) = queue.send_message.call_args_list
    assert (sent.kwargs["QueueUrl"], sent.kwargs["DelaySeconds"]) == ("https://queue", seconds)


@pytest.mark.parametrize(("table", "asked"), [("", 1), ("state", 0)])
def test_with_a_table_security_hub_is_queried_only_for_jobs_with_findings(
    monkeypatch: pytest.MonkeyPatch, table: str, asked: int
) -> None:
    clients = {"securityhub": Mock(), "dynamodb": Mock()}
    clients["securityhub"].get_findings.return_value = {"Findings": []}
    clients["dynamodb"].get_item.return_value = {}
    monkeypatch.setattr(notices, "client", lambda service, _: clients[service])
    receiver = _deliverer(notice_tags="disabled", security_hub="enabled", state_table=table)
    receiver.receive({MARK: "job-ended", "job_arn": "arn:aws:sagemaker:eu-west-1:111122223333:training-job/x"})
    assert clients["securityhub"].get_findings.call_count == asked
