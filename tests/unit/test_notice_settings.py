"""Which channels the settings of the function turn on, and what remembers that a notice was given."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from guard.notices.once import OnceInMemory, OnceInTable
from guard.settings import Settings
from lambda_entry import notices
from lambda_entry.clients import BRIEF

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
    assert made == [(service, BRIEF) for service in services]


@pytest.mark.parametrize(("table", "kind"), [("", OnceInMemory), ("state", OnceInTable)])
def test_a_table_remembers_where_there_is_one(table: str, kind: type) -> None:
    assert isinstance(_deliverer(state_table=table).once(), kind)
