"""Recorded EventBridge events: documentation samples, fixtures of published handlers, and variants of them; scrubbed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).resolve().parent.parent / "events"
NAMES = sorted(path.stem for path in EVENTS.glob("*.json"))


def load_event(name: str, **detail: Any) -> dict[str, Any]:
    """Return the event of tests/events/<name>.json, with these fields of its detail changed."""
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    event["detail"].update(detail)
    return event


def without(event: dict[str, Any], *path: str) -> dict[str, Any]:
    """Return the event without the field at the path."""
    node = event
    for step in path[:-1]:
        node = node[step]
    del node[path[-1]]
    return event
