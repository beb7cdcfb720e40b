"""Remembers between sweeps which jobs were already judged in their current state."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

from guard.errors import StateError
from guard.sources.sweep import Listed
from guard.store import KEPT, Store, mapping

# A DynamoDB item holds 400 KB: 9,000 entries of about 40 bytes each.
_SHARDS = "0123456789abcdef"
_SHARD_ENTRIES = 9000


class Memory:
    """The fingerprints of judged jobs, spread over several items to keep each of them small; never raises.

    A job is known while its status, its last modification and the `basis` (policy revision, deployed release with its settings,
    and day) are unchanged. If an item can't be read, its jobs are unknown and judged again.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._shards: dict[str, dict[str, str]] = {}
        self._changed: set[str] = set()
        self._unread: set[str] = set()
        self._seen: set[str] = set()
        self.failures: list[StateError] = []

    def knows(self, job: Listed, basis: str) -> bool:
        """Return whether the job was judged in its current state, on this basis."""
        key = _digest(job.arn)
        return job.modified is not None and self._shard(key).get(key) == _fingerprint(job, basis)

    def saw(self, job: Listed) -> None:
        """Note that the job still runs, so that its entry is kept."""
        self._seen.add(_digest(job.arn))

    def remember(self, job: Listed, basis: str) -> None:
        """Note that the job was judged on this basis; `save` writes it."""
        key = _digest(job.arn)
        shard = self._shard(key)
        shard.pop(key, None)
        shard[key] = _fingerprint(job, basis)
        self._changed.add(key[0])

    def save(self, now: datetime, *, complete: bool) -> None:
        """Write the changed items; after a complete sweep, drop the jobs that it didn't list."""
        if complete:
            self._forget_unseen()
        for name in sorted(self._changed - self._unread):
            entries = list(self._shards[name].items())[-_SHARD_ENTRIES:]
            try:
                self._store.write(_item(name), {"jobs": json.dumps(dict(entries))}, now + KEPT)
            except StateError as exc:
                self.failures.append(exc)
            else:
                self._changed.discard(name)

    def _forget_unseen(self) -> None:
        for name in _SHARDS:
            shard = self._shard(name)
            for key in shard.keys() - self._seen:
                del shard[key]
                self._changed.add(name)

    def _shard(self, key: str) -> dict[str, str]:
        name = key[0]
        if name not in self._shards:
            try:
                self._shards[name] = mapping(self._store.read(_item(name)).get("jobs"))
            except StateError as exc:
                self._shards[name] = {}
                self._unread.add(name)
                self.failures.append(exc)
        return self._shards[name]


def _item(name: str) -> str:
    return f"sweep#judged#{name}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _fingerprint(job: Listed, basis: str) -> str:
    return _digest("\0".join((job.status, job.modified.isoformat() if job.modified else "", basis)))
