"""Where a sweep goes on: no kind of jobs, and no job of a kind, waits for ever behind others."""

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

# The service's times have fractions of a second, its filters may not.
_OVERLAP = timedelta(seconds=1)
# Of one kind at a time.
_SHARE = 100
# Pages that come slowly must leave a sweep time to judge the jobs on them, and to list the other kinds. The next sweep goes on
# behind the last of them. That takes a list which is sorted by time: another one would begin with the same pages each time.
_LONGEST_LISTING = timedelta(minutes=1)
# In a list of jobs most of which have ended, the recent ones come first, and the oldest ones are left out: a training job runs
# for 28 days at most, and who waits for longer before that was seen by the sweeps of 90 days.
_RECENT, _OLDEST = timedelta(days=30), timedelta(days=90)
# Operations in a row that found no connection: all the others would take as long to find none.
_MAX_CONNECTION_FAILURES = 3


@dataclass
class Stream:
    """One list: the jobs of a kind with one status, and `more` that its operation demands.

    First come those from where the last sweep was cut off to the end, and then those before. Of one with an `oldest` time of
    creation, the jobs from `recent` on come before all earlier ones. One that is `unfinished` may have more jobs than were
    listed: `seen` is when the last one was created that its pages had, whatever its status.
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
        """Its name in what is kept between sweeps."""
        return "/".join((self.kind.id, self.status, *self.more.values()))

    @property
    def operation(self) -> str:
        """The operation that lists it; a kind's streams share it."""
        return self.kind.listing.operation

    @property
    def _borders(self) -> list[datetime]:
        """Where the times of creation are divided into spans; the later span is listed before the earlier one."""
        times = (time for time in (self.after, self.recent) if time is not None)
        return sorted(time for time in times if self.oldest is None or time > self.oldest)

    def pages(self, client: Any) -> Iterator[list[Mapping[str, Any]]]:
        """Yield the pages. Raises ListError."""
        borders = [self.oldest, *self._borders, None]
        for after, before in reversed([*pairwise(borders)]):
            yield from pages(client, self.kind, self.status, after, before and before + _OVERLAP, self.more)

    def advance(self, page: Sequence[Listed]) -> None:
        """Note how far the list has come with a page."""
        if self.kind.listing.sort_by:
            self.seen = next((job.created for job in reversed(page) if job.created), self.seen)

    def has(self, job: Listed) -> bool:
        """Whether a job of its pages is one of it: with the status, or with none that is known."""
        return self.kind.listing.filters or job.status in {self.status, ""}

    def order(self, job: Listed) -> tuple[bool, int, datetime]:
        """What its jobs are sorted by: the oldest from where it goes on, those before, and those without a time.

        Where the service doesn't sort, jobs that come first each time would else keep the others waiting.
        """
        created = job.created or EPOCH
        return job.created is None, sum(created < border for border in self._borders), created


@dataclass(frozen=True)
class Position:
    """Which kind comes first, where each was cut off, and whether the sweep was killed that was there."""

    turn: int = 0
    cut: dict[str, str] = field(default_factory=dict)
    killed: bool = False

    @classmethod
    def read(cls, values: Mapping[str, str | int]) -> Position:
        """Return the position that was kept; the beginning for anything that can't be read."""
        turn = values.get("turn")
        return cls(turn if isinstance(turn, int) else 0, mapping(values.get("cut")), values.get("killed") == 1)

    def stream(self, kind: JobKind, status: str, more: Mapping[str, str], now: datetime) -> Stream:
        """Return the stream, from where it was cut off; an earlier version kept one time for all that differ in `more`."""
        stream = Stream(kind, status, None, more)
        if not kind.listing.filters:
            stream.oldest, stream.recent = now - _OLDEST, now - _RECENT
        stream.after = parse_time(self.cut.get(stream.name, self.cut.get(f"{kind.id}/{status}")))
        return stream

    def values(self) -> dict[str, str | int]:
        """What is kept of it."""
        return {"turn": self.turn, "cut": json.dumps(self.cut), "killed": int(self.killed)}


class Walk:
    """All running jobs, a few of each kind after the other, so that many of one kind don't keep the others waiting."""

    def __init__(
        self,
        client: Any,
        home: Home,
        position: Position,
        has_time: Callable[[], bool],
        clock: Callable[[], datetime],
    ) -> None:
        """`has_time` says whether there is time for one more job, or one more page of them."""
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
        """Whether every kind was listed to its end."""
        return not self._waiting and not self._unfinished and not self.failures

    def jobs(self) -> Iterator[Listed]:
        """Yield the jobs until there are no more, or no time; what can't be listed is left to the next sweep."""
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
            self.failures.append(ListError("no kind of jobs can be listed: what answers isn't SageMaker"))

    def next_position(self, *, killed: bool) -> Position:
        """Where the next sweep begins: with the next kind, and in each kind where this one was cut off.

        Had it been `killed` at this moment, the next one would begin behind the job that was reached, and come to it last.
        """
        cut = {}
        for stream in (*self._waiting, *self._unfinished):
            reached = stream.reached or stream.after
            if reached is not None:
                cut[stream.name] = (reached + _OVERLAP if killed else reached - _OVERLAP).isoformat()
        return Position(self._position.turn + 1, cut, killed)

    def _listed(self, stream: Stream) -> deque[Listed]:
        """The jobs of the stream that there is time to list, before any of them is judged.

        One that is stopped leaves the list, and could move others from one page to the one before.
        """
        found: dict[str, Listed] = {}
        try:
            for page in self._pages(stream):
                jobs = [job for summary in page if (job := listed(stream.kind, summary, self._home)) is not None]
                stream.advance(jobs)
                found |= {job.arn: job for job in jobs if stream.has(job)}
        except ListUnsupported:
            # Jobs of a kind that the region lacks don't run there: with none of them, the kind is listed to its end.
            self.unsupported.add(stream.operation)
            self._connection_failures = 0
            stream.unfinished = False
        except ListError as exc:
            self._failed(stream, exc)
            # Where the list fails at once, the next sweep begins with the first job.
            stream.unfinished = bool(found) or stream.seen is not None
        return deque(sorted(found.values(), key=stream.order))

    def _pages(self, stream: Stream) -> Iterator[list[Mapping[str, Any]]]:
        """Yield the pages, as long as there is time for one more and a connection. Raises ListError."""
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
        """Note the failure. An operation without a connection isn't asked again, so that each counts once."""
        self.failures.append(error)
        if not is_unreachable(error.__cause__):
            self._connection_failures = 0
            return
        self._connection_failures += 1
        self._hanging.add(stream.operation)
        if self._connection_failures == _MAX_CONNECTION_FAILURES:
            self.failures.append(ListError("SageMaker can't be reached: no other kind of jobs was listed"))
