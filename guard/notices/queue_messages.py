"""Recognizes the guard's own queue messages among the function's invocations; cheap to import, as every event passes here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from guard.errors import EventError

MARK = "sagemaker_guard"
"""The key that distinguishes a message from an event."""


def messages(event: object) -> list[Mapping[str, Any]] | None:
    """Return the guard's own messages in an invocation, from the queue or sent directly; None for an event.

    Raises EventError for a queue record that isn't a message of the guard.
    """
    if not isinstance(event, Mapping):
        return None
    if MARK in event:
        return [event]
    records = event.get("Records")
    if not isinstance(records, list):
        return None
    return [_message(record) for record in records]


def _message(record: Any) -> Mapping[str, Any]:
    try:
        body = json.loads(record["body"])
    except (KeyError, TypeError, ValueError) as exc:
        raise EventError("a message of the guard's queue can't be read", field="body") from exc
    if not isinstance(body, Mapping) or MARK not in body:
        raise EventError("a message of the guard's queue can't be read", field=MARK)
    return body
