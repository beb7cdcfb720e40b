"""A store of the sweeps' state, in memory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from guard.errors import StateError


class MemoryStore:
    """Stores items; refuses every call while `refuses` is set."""

    def __init__(self, **items: dict[str, Any]) -> None:
        self.items = dict(items)
        self.expires: dict[str, datetime] = {}
        self.owner: str | None = None
        self.refuses = False

    def read(self, item: str) -> dict[str, Any]:
        self._answers()
        return dict(self.items.get(item, {}))

    def write(self, item: str, values: Mapping[str, Any], expires: datetime) -> None:
        self._answers()
        self.items[item], self.expires[item] = dict(values), expires

    def claim(self, item: str, owner: str, until: datetime, now: datetime) -> bool:
        self._answers()
        if self.owner not in {None, owner} and self.expires[item] > now:
            return False
        self.owner, self.expires[item] = owner, until
        return True

    def release(self, item: str, owner: str) -> None:
        self._answers()
        if self.owner == owner:
            self.owner = None

    def _answers(self) -> None:
        if self.refuses:
            raise StateError("no table")
