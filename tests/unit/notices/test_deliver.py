"""Giving a notice on several channels: each is told of, and one that fails keeps it from none of the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from guard.errors import NoticeError
from guard.notices.deliver import Deliverer
from guard.notices.notice import Notice, notice_of
from guard.notices.once import OnceInMemory
from tests.support.records import ARN, denied


class Channel:
    """Returns or raises what it is told to."""

    def __init__(self, name: str, answer: str | Exception | None) -> None:
        self.name = name
        self.answer = answer

    def give(self, _: Notice) -> str | None:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_each_channel_is_told_of() -> None:
    reported: list[tuple[str, Mapping[str, Any]]] = []
    channels = [
        Channel("topic", ValueError("no topic")),
        Channel("tags", "takes no tags"),
        Channel("bus", OSError("no bus")),
        Channel("events", None),
    ]
    memory = OnceInMemory()
    deliverer = Deliverer(lambda: channels, lambda: memory, lambda *facts: reported.append(facts))
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
