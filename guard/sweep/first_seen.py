"""FirstSeen when something has been so of a job, from one sweep to the next."""

from __future__ import annotations

import json
from datetime import datetime

from guard.errors import StateError
from guard.store import KEPT, Store, mapping
from guard.times import parse_time

# Below 190 bytes each in an item of 400 KB, and as many items as there are jobs; what is too much for all of them begins anew.
_PAGE = 2000
_PAGES = 50


class FirstSeen:
    """Remembers the first time in a row; never raises. What can't be read began now.

    The first item says how many there are, and a version from before there were several reads it alone.
    """

    def __init__(self, store: Store, item: str) -> None:
        self._store = store
        self._item = item
        self._seen: set[str] = set()
        self.failures: list[StateError] = []
        self._unread = False
        self._since: dict[str, str]
        try:
            self._since = self._read()
        except StateError as exc:
            self._since, self._unread = {}, True
            self.failures.append(exc)
        self._before = dict(self._since)

    def _read(self) -> dict[str, str]:
        first = self._store.read(self._item)
        pages = first.get("pages", 1)
        found: dict[str, str] = {}
        for number in range(1, min(pages, _PAGES) if isinstance(pages, int) else 1):
            found |= mapping(self._store.read(self._name(number)).get("jobs"))
        return found | mapping(first.get("jobs"))

    def _name(self, page: int) -> str:
        return f"{self._item}#{page}" if page else self._item

    def saw(self, arn: str) -> None:
        """Note that the job still runs: what is remembered of it stays."""
        self._seen.add(arn)

    def mark(self, arn: str, now: datetime) -> datetime:
        """Note that it is so of this job, and return since when it has been."""
        self.saw(arn)
        return parse_time(self._since.setdefault(arn, now.isoformat())) or now

    def clear(self, arn: str) -> None:
        """Note that it isn't so."""
        self._since.pop(arn, None)

    def save(self, now: datetime, *, complete: bool) -> None:
        """Write what is to be kept; after a complete sweep, without the jobs that it did not meet any more."""
        if complete:
            self._since = {arn: since for arn, since in self._since.items() if arn in self._seen}
        if self._unread or not (self._since or self._before):
            return
        # Those that no sweep has met any more, as jobs that ended where no sweep comes to its end, are last: of too many they go.
        oldest = sorted(self._since.items(), key=lambda item: (item[0] not in self._seen, item[1]))[: _PAGE * _PAGES]
        pages = [oldest[start : start + _PAGE] for start in range(0, len(oldest), _PAGE)] or [[]]
        try:
            # The first one last: until it counts the others, nobody reads them.
            for number, page in reversed([*enumerate(pages)]):
                values: dict[str, str | int] = {"jobs": json.dumps(dict(page))}
                if number == 0:
                    values["pages"] = len(pages)
                self._store.write(self._name(number), values, now + KEPT)
        except StateError as exc:
            self.failures.append(exc)
        else:
            self._before = dict(self._since)
