"""What the guard keeps between invocations: small items by id, in a table or nowhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

KEPT = timedelta(days=2)
"""What no sweep has written for so long, DynamoDB may delete."""


class Store(Protocol):
    """Keeps items of texts and whole numbers by id; raises StateError when it can't."""

    def read(self, item: str) -> dict[str, str | int]:
        """Return the item's values, or none."""
        ...

    def write(self, item: str, values: Mapping[str, str | int], expires: datetime) -> None:
        """Put the values in the place of the item's."""
        ...

    def claim(self, item: str, owner: str, until: datetime, now: datetime) -> bool:
        """Take the item for the owner unless somebody else has it; return whether that went well."""
        ...

    def release(self, item: str, owner: str) -> None:
        """Give the item back."""
        ...


class NoStore:
    """The store of a deployment without a table: it has nothing, and keeps nothing."""

    def read(self, item: str) -> dict[str, str | int]:  # noqa: ARG002 - the protocol's
        """Return nothing."""
        return {}

    def write(self, item: str, values: Mapping[str, str | int], expires: datetime) -> None:
        """Keep nothing."""

    def claim(self, item: str, owner: str, until: datetime, now: datetime) -> bool:  # noqa: ARG002 - the protocol's
        """Let everybody have it."""
        return True

    def release(self, item: str, owner: str) -> None:
        """Take nothing back."""


def mapping(text: object) -> dict[str, Any]:
    """Return the JSON object in the text; an empty one for whatever else is there."""
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
