"""Where a sweep continues, so that no job kind, and no job of a kind, waits forever behind others."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from guard.aws.listing import pages
from guard.aws.refusals import is_unreachable
from guard.errors import ListError, ListUnsupported
from guard.jobs import JOB_KINDS, JobKind
from guard.refs import Home
from guard.sources.sweep import Listed, listed
from guard.store import mapping
from guard.times import EPOCH, parse_time

# The service's times have fractions of a second, but its filters may not.
_OVERLAP = timedelta(seconds=1)
# How many jobs of one kind are judged before the next kind's turn.
_SHARE = 100
# If pages arrive slowly, listing stops after this time, to leave time for judging these jobs and for listing the other kinds. The
# next sweep continues after the last page. This requires a list sorted by time: an unsorted one would restart at the same pages.
_LONGEST_LISTING = timedelta(minutes=1)
# For lists that include ended jobs: recent jobs are listed first, and jobs older than `_OLDEST` not at all. A training job runs
# for at most 28 days; if it was pending for longer before that, the sweeps of 90 days have seen it.
_RECENT, _OLDEST = timedelta(days=30), timedelta(days=90)
# After so many operations in a row without a connection, the others aren't tried: each would take as long to fail.
_MAX_CONNECTION_FAILURES = 3


@dataclass
class Stream:
    """One list: the jobs of a kind with one status; `more` are further required parameters of the operation.

    Jobs created `after` the point where the last sweep was cut off come first, then the earlier ones. With an `oldest` creation
    time, jobs created since `recent` come before all others. An `unfinished` stream may have more jobs than were listed; `seen`
    is the creation time of the last job on its pages, whatever that job's status.
    """

    kind: JobKind
    status: str
    after: datetime | None
    more: Mapping[str, str] = field(default_factory=dict)
    oldest: datetime | None = None
    recent: datetime | None = None
    seen: datetime | None = None
    reached: datetime | None = None
    jobs: deque[Listed] | None = None
    unfinished: bool = True

    @property
    def name(self) -> str:
        """The stream's name in the stored position."""
        return "/".join((self.kind.id, self.status, *self.more.values()))

    @property
    def operation(self) -> str:
        """The operation that lists the jobs; all streams of a kind share it."""
        return self.kind.listing.operation

    @property
    def _borders(self) -> list[datetime]:
        """The creation times that separate the spans to list; later spans are listed first."""
        times = (time for time in (self.after, self.recent) if time is not None)
        return sorted(time for time in times if self.oldest is None or time > self.oldest)

    def pages(self, client: Any) -> Iterator[list[Mapping[str, Any]]]:
        """Yield the pages. Raises ListError."""
        borders = [self.oldest, *self._borders, None]
        for after, before in reversed([*pairwise(borders)]):
            yield from pages(client, self.kind, self.status, after, before and before + _OVERLAP, self.more)

    def advance(self, page: Sequence[Listed]) -> None:
        """Note the creation time that the list has reached with this page."""
        if self.kind.listing.sort_by:
            self.seen = next((job.created for job in reversed(page) if job.created), self.seen)

    def has(self, job: Listed) -> bool:
        """Return whether a listed job belongs to the stream: the API filters by status, or the job has this status or none."""
        return self.kind.listing.filters or job.status in {self.status, ""}

    def order(self, job: Listed) -> tuple[bool, int, datetime]:
        """Return the sort key: jobs from where the stream continues, oldest first, then earlier ones, then those without a time.

        Sorting matters where the service doesn't sort: the same jobs would otherwise always come first and delay the others.
        """
        created = job.created or EPOCH
        return job.created is None, sum(created < border for border in self._borders), created


@dataclass(frozen=True)
class Position:
    """Which kind comes first, where each stream was cut off, and whether the sweep that stored the position was killed."""

    turn: int = 0
    cut: dict[str, str] = field(default_factory=dict)
    killed: bool = False

    @classmethod
    def read(cls, values: Mapping[str, str | int]) -> Position:
        """Return the stored position; the beginning if it can't be read."""
        turn = values.get("turn")
        return cls(turn if isinstance(turn, int) else 0, mapping(values.get("cut")), values.get("killed") == 1)

    def stream(self, kind: JobKind, status: str, more: Mapping[str, str], now: datetime) -> Stream:
        """Return the stream, continuing where it was cut off. An earlier version stored one time for all values of `more`."""
        stream = Stream(kind, status, None, more)
        if not kind.listing.filters:
            stream.oldest, stream.recent = now - _OLDEST, now - _RECENT
        stream.after = parse_time(self.cut.get(stream.name, self.cut.get(f"{kind.id}/{status}")))
        return stream

    def values(self) -> dict[str, str | int]:
        """Return the values to store."""
        return {"turn": self.turn, "cut": json.dumps(self.cut), "killed": int(self.killed)}


class Walk:
    """Iterates over all running jobs, taking turns between kinds, so that many jobs of one kind don't delay the others."""

    def __init__(
        self,
        client: Any,
        home: Home,
        position: Position,
        has_time: Callable[[], bool],
        clock: Callable[[], datetime],
    ) -> None:
        """`has_time` returns whether there is time for one more job, or one more page."""
        self._client = client
        self._home = home
        self._has_time = has_time
        self._clock = clock
        self._position = position
        self._connection_failures = 0
        self._hanging: set[str] = set()
        self.failures: list[ListError] = []
        self.unsupported: set[str] = set()
        self.listed = 0
        streams = [
            position.stream(kind, status, more, clock())
            for kind in JOB_KINDS
            for status in kind.listing.statuses
            for more in kind.listing.each
        ]
        first = position.turn % len(streams)
        self._waiting = deque(streams[first:] + streams[:first])
        self._unfinished: list[Stream] = []

    @property
    def complete(self) -> bool:
        """Whether every kind was listed completely."""
        return not self._waiting and not self._unfinished and not self.failures

    def jobs(self) -> Iterator[Listed]:
        """Yield jobs until none is left or time runs out; what can't be listed is left to the next sweep."""
        while self._waiting:
            stream = self._waiting[0]
            if stream.jobs is None:
                stream.jobs = self._listed(stream)
            for _ in range(min(_SHARE, len(stream.jobs))):
                if not self._has_time():
                    return
                job = stream.jobs.popleft()
                self.listed += 1
                stream.reached = job.created or stream.reached
                yield job
            self._waiting.popleft()
            if stream.jobs:
                self._waiting.append(stream)
            elif stream.unfinished:
                stream.reached = stream.seen or stream.reached
                self._unfinished.append(stream)
        if self.unsupported == {kind.listing.operation for kind in JOB_KINDS}:
            self.failures.append(ListError("no job kind can be listed: the responses don't come from SageMaker"))

    def next_position(self, *, killed: bool) -> Position:
        """Return where the next sweep begins: with the next kind, and in each kind where this sweep was cut off.

        If `killed`, return where to begin if this sweep is killed now: after the job that it has reached, which then comes last.
        """
        cut = {}
        for stream in (*self._waiting, *self._unfinished):
            reached = stream.reached or stream.after
            if reached is not None:
                cut[stream.name] = (reached + _OVERLAP if killed else reached - _OVERLAP).isoformat()
        return Position(self._position.turn + 1, cut, killed)

    def _listed(self, stream: Stream) -> deque[Listed]:
        """Return the stream's jobs, as far as there is time to list them, before any of them is judged.

        A stopped job disappears from the list, which could shift other jobs to a page that was already read.
        """
        found: dict[str, Listed] = {}
        try:
            for page in self._pages(stream):
                jobs = [job for summary in page if (job := listed(stream.kind, summary, self._home)) is not None]
                stream.advance(jobs)
                found |= {job.arn: job for job in jobs if stream.has(job)}
        except ListUnsupported:
            # A kind that the region lacks has no jobs there, so it counts as completely listed.
            self.unsupported.add(stream.operation)
            self._connection_failures = 0
            stream.unfinished = False
        except ListError as exc:
            self._failed(stream, exc)
            # If the list fails immediately, the next sweep begins with the first job.
            stream.unfinished = bool(found) or stream.seen is not None
        return deque(sorted(found.values(), key=stream.order))

    def _pages(self, stream: Stream) -> Iterator[list[Mapping[str, Any]]]:
        """Yield pages as long as there is time and a connection. Raises ListError."""
        until = self._clock() + _LONGEST_LISTING if stream.kind.listing.sort_by else None
        pages = stream.pages(self._client)
        while self._connected(stream) and (until is None or self._clock() < until) and self._has_time():
            page = next(pages, None)
            self._connection_failures = 0
            if page is None:
                stream.unfinished = False
                return
            yield page

    def _connected(self, stream: Stream) -> bool:
        return self._connection_failures < _MAX_CONNECTION_FAILURES and stream.operation not in self._hanging

    def _failed(self, stream: Stream, error: ListError) -> None:
        """Note the failure. An operation without a connection isn't called again, so each counts once."""
        self.failures.append(error)
        if not is_unreachable(error.__cause__):
            self._connection_failures = 0
            return
        self._connection_failures += 1
        self._hanging.add(stream.operation)
        if self._connection_failures == _MAX_CONNECTION_FAILURES:
            self.failures.append(ListError("SageMaker can't be reached: the remaining job kinds were not listed"))
