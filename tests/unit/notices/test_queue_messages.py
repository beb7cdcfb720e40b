"""Which invocations are the guard's own messages, and which are events."""

from __future__ import annotations

import json
from typing import Any

import pytest

from guard.errors import EventError
from guard.notices.queue_messages import MARK, messages

FIRST, SECOND = {MARK: "notice", "notice": {}}, {MARK: "job-ended", "job_arn": "arn"}


def test_the_key_of_a_message_is_what_the_template_and_earlier_versions_write() -> None:
    assert MARK == "sagemaker_guard"


@pytest.mark.parametrize(
    ("event", "found"),
    [
        pytest.param(SECOND, [SECOND], id="by itself"),
        pytest.param({"Records": [{"body": json.dumps(FIRST)}]}, [FIRST], id="from the queue"),
        pytest.param(
            {"Records": [{"body": json.dumps(each)} for each in (FIRST, SECOND)]}, [FIRST, SECOND], id="two at once"
        ),
        pytest.param({"Records": []}, [], id="none at all"),
    ],
)
def test_a_message_comes_by_itself_or_from_the_queue(event: Any, found: list[dict[str, Any]]) -> None:
    assert messages(event) == found


@pytest.mark.parametrize("event", [None, [], {"source": "aws.sagemaker"}, {"Records": "x"}], ids=str)
def test_an_event_is_not_a_message(event: Any) -> None:
    assert messages(event) is None


@pytest.mark.parametrize(
    ("record", "field"),
    [
        pytest.param({"body": "{"}, "body", id="no JSON"),
        pytest.param({}, "body", id="no body"),
        pytest.param(None, "body", id="no record"),
        pytest.param({"body": None}, "body", id="no text"),
        pytest.param({"body": "[]"}, MARK, id="no object"),
        pytest.param({"body": f'["{MARK}"]'}, MARK, id="a list of its key"),
        pytest.param({"body": "{}"}, MARK, id="an object without its key"),
    ],
)
def test_a_queue_record_that_is_not_a_message_is_an_error(record: Any, field: str) -> None:
    with pytest.raises(EventError, match="can't be read") as caught:
        messages({"Records": [record]})
    assert caught.value.evidence == {"field": field}
