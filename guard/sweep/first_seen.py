"""Remembers between sweeps since when a job has been in a certain state, such as undecided or withheld."""

from __future__ import annotations

import json
from datetime import datetime

from guard.errors import StateError
from guard.store import KEPT, Store, mapping
from guard.times import parse_time

# Entries per item, each below 190 bytes, in an item of 400 KB; and the maximum number of items. Jobs beyond that are forgotten.
_PAGE = 2000
_PAGES = 50


class FirstSeen:
    """Remembers for each job the first sweep in a row that found the state; never raises. If it can't be read, that is now.

    The first item has the number of items. Versions that support a single item read only the first one.
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
        """Note that the job still runs, so that its entry is kept."""
        self._seen.add(arn)

    def mark(self, arn: str, now: datetime) -> datetime:
        """Note that the job is in the state, and return since when it has been."""
        self.saw(arn)
        return parse_time(self._since.setdefault(arn, now.isoformat())) or now

    def clear(self, arn: str) -> None:
        """Note that the job isn't in the state any more."""
        self._since.pop(arn, None)

    def save(self, now: datetime, *, complete: bool) -> None:
        """Write the entries; after a complete sweep, drop those of jobs that it didn't list."""
        if complete:
            self._since = {arn: since for arn, since in self._since.items() if arn in self._seen}
        if self._unread or not (self._since or self._before):
            return
        # Jobs that this sweep didn't list come last and are dropped first: without complete sweeps, ended jobs are never removed.
        oldest = sorted(self._since.items(), key=lambda item: (item[0] not in self._seen, item[1]))[: _PAGE * _PAGES]
        pages = [oldest[start : start + _PAGE] for start in range(0, len(oldest), _PAGE)] or [[]]
        try:
            # The first item is written last: until it has the new number of items, the others aren't read.
            for number, page in reversed([*enumerate(pages)]):
                values: dict[str, str | int] = {"jobs": json.dumps(dict(page))}
                if number == 0:
                    values["pages"] = len(pages)
                self._store.write(self._name(number), values, now + KEPT)
        except StateError as exc:
            self.failures.append(exc)
        else:
            self._before = dict(self._since)
