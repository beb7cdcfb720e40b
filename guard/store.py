"""The guard's state between invocations: small items by id, in a table or nowhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

KEPT = timedelta(days=2)
"""DynamoDB may delete items that no sweep has written for this long."""


class Store(Protocol):
    """Stores items of strings and integers by id; every method raises StateError on failure."""

    def read(self, item: str) -> dict[str, str | int]:
        """Return the item's values; empty if there is no such item."""
        ...

    def write(self, item: str, values: Mapping[str, str | int], expires: datetime) -> None:
        """Replace the item's values."""
        ...

    def claim(self, item: str, owner: str, until: datetime, now: datetime) -> bool:
        """Lock the item for the owner unless another owner holds it; return whether the owner holds it now."""
        ...

    def release(self, item: str, owner: str) -> None:
        """Release the owner's lock."""
        ...


class NoStore:
    """The store of a deployment without a table: it is always empty."""

    def read(self, item: str) -> dict[str, str | int]:  # noqa: ARG002 - the protocol's
        """Return nothing."""
        return {}

    def write(self, item: str, values: Mapping[str, str | int], expires: datetime) -> None:
        """Do nothing."""

    def claim(self, item: str, owner: str, until: datetime, now: datetime) -> bool:  # noqa: ARG002 - the protocol's
        """Return True for every owner."""
        return True

    def release(self, item: str, owner: str) -> None:
        """Do nothing."""


def mapping(text: object) -> dict[str, Any]:
    """Return the JSON object in the text; an empty one if it holds anything else."""
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
