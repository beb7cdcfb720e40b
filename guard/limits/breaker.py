"""The breaker: too many stops in a sliding window suggest a mistake in the policies, so it withholds further stops.

All function instances count in one item of the state table, with a number for each tenth of the window, so that one call both
counts a stop and returns the total.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from guard.errors import StateError
from guard.limits.permit import Permit
from guard.record import Record
from guard.settings import Settings
from guard.times import utc_now

ITEM = "breaker"
SLICES = 10
_STOPS, _WITHHELD, _JUDGED, _RULE, _SUSPECTED = "stops", "withheld", "judged", "rule", "suspected"
LONGEST_WINDOWS, LONGEST = 6, timedelta(days=1)
# A job is denied by few rules, and the item has to stay small.
_MOST_RULES = 50
_MOST_STALE = 200
_MOST_SEEN = 10_000


class Counters(Protocol):
    """Stores counters by item; raises StateError on failure."""

    def add(
        self, item: str, amounts: Mapping[str, int], remove: Iterable[str] = (), expires: datetime | None = None
    ) -> Mapping[str, str | int]:
        """Add to numbers of the item, remove other numbers, and return all values that the item has afterwards."""
        ...


@dataclass(frozen=True)
class Bounds:
    """When the breaker opens; 0 disables a bound.

    `stops` is the maximum number of stops in the window. `rule_share` is the percentage of all judged jobs that one rule may
    deny; it applies once the rule has denied more than `rule_jobs`.
    """

    stops: int
    window: timedelta
    rule_share: int
    rule_jobs: int

    @property
    def longest(self) -> timedelta:
        """How long a job may be withheld: enough time for an operator to react to the alarm with a rollback or the switch."""
        return min(LONGEST_WINDOWS * self.window, LONGEST)

    @classmethod
    def of(cls, settings: Settings) -> Bounds:
        """Return the bounds of a deployment."""
        return cls(
            stops=settings.breaker_stops,
            window=timedelta(minutes=settings.breaker_minutes),
            rule_share=settings.breaker_rule_share,
            rule_jobs=settings.breaker_rule_jobs,
        )


@dataclass(frozen=True)
class Tally:
    """The counts of the window: `stops`, also per rule (`denied_by`), and `judged`, which includes jobs that weren't denied.

    Withheld stops are counted apart from these, each attempt once: `withheld`, and `suspected` per suspected rule.
    """

    stops: int
    withheld: int
    judged: int
    denied_by: Mapping[str, int]
    suspected: Mapping[str, int] = field(default_factory=dict)

    def suspects(self, bounds: Bounds) -> frozenset[str]:
        """Return the rules that deny more than their share of the jobs."""
        if not bounds.rule_share:
            return frozenset()
        return frozenset(
            rule
            for rule, denied in self.denied_by.items()
            if denied > bounds.rule_jobs and denied * 100 > bounds.rule_share * self.judged
        )


class Breaker:
    """Counts stops and permits them up to the bounds; a stop that can't be counted is permitted."""

    def __init__(
        self, counters: Counters, bounds: Bounds, clock: Callable[[], datetime] = utc_now, together: int = 1
    ) -> None:
        """`together` is how many jobs that aren't denied are counted with one call."""
        self._counters = counters
        self._bounds = bounds
        self._clock = clock
        self._together = together
        self._uncounted = 0
        self._seen: dict[str, int] = {}
        self._stale: tuple[str, ...] = ()
        self._lock = threading.Lock()

    def judged(self, job_arn: str) -> None:
        """Count a job that isn't denied, once per window for all its events; if the counting fails, the job isn't counted.

        A denied job is counted once as well. If every event of the other jobs counted, a rule that denies most jobs would seem
        to deny few. Several function instances may each count the same job once.
        """
        with self._lock:
            if not self._is_first(job_arn):
                return
            self._uncounted += 1
            if self._uncounted < self._together:
                return
            amount, self._uncounted = self._uncounted, 0
        self._counted({_JUDGED: amount}, self._clock())

    def permit(self, record: Record) -> Permit:
        """Count the stop of this record's job and return whether it may be stopped.

        Only actual stops stay counted. Otherwise a withheld job that is judged again and again would keep the breaker open for
        itself and all others.
        """
        rules = denying_rules(record)[:_MOST_RULES]
        counted = {_STOPS: 1, _JUDGED: 1, **{f"{_RULE} {rule}": 1 for rule in rules}}
        with self._lock:
            others, self._uncounted = self._uncounted, 0
        now = self._clock()
        try:
            permit = self._decide(self._add({**counted, _JUDGED: 1 + others}, now), rules)
            if permit.withheld_by is not None:
                suspected = {f"{_SUSPECTED} {rule}": 1 for rule in rules if permit.withheld_by == "rule"}
                withheld = {_WITHHELD: 1, **suspected}
                self._add({**_negated(counted), **withheld}, now)
                permit = replace(permit, count=lambda: self._add({**counted, **_negated(withheld)}, now))
        except StateError as exc:
            return Permit(warnings=(exc,))
        return replace(permit, give_back=lambda: self._counted(_negated(counted), now))

    def _is_first(self, job_arn: str) -> bool:
        current = slice_of(self._clock(), self._bounds.window)
        seen = self._seen.pop(job_arn, None)
        self._seen[job_arn] = current if seen is None or seen <= current - SLICES else seen
        while len(self._seen) > _MOST_SEEN:
            del self._seen[next(iter(self._seen))]
        return seen is None or seen <= current - SLICES

    def _decide(self, tally: Tally, rules: tuple[str, ...]) -> Permit:
        bounds, minutes = self._bounds, int(self._bounds.window.total_seconds() // 60)
        if bounds.stops and tally.stops > bounds.stops:
            reason = f"the breaker is open: {bounds.stops} jobs were stopped within {minutes} minutes"
            return Permit("breaker", reason)
        suspects = tally.suspects(bounds)
        if rules and suspects.issuperset(rules):
            shares = ", ".join(f"{rule} denied {tally.denied_by[rule]} of {tally.judged} jobs" for rule in rules)
            return Permit("rule", f"a rule is suspected, as it denies most jobs: {shares} within {minutes} minutes")
        return Permit()

    def _counted(self, amounts: Mapping[str, int], now: datetime) -> None:
        with suppress(StateError):
            self._add(amounts, now)

    def _add(self, amounts: Mapping[str, int], now: datetime) -> Tally:
        current = slice_of(now, self._bounds.window)
        values = self._counters.add(
            ITEM,
            {f"{current} {name}": amount for name, amount in amounts.items()},
            remove=self._stale,
            expires=now + 2 * self._bounds.window,
        )
        self._stale = tuple(name for name in values if is_stale(name, current))[:_MOST_STALE]
        return tally(values, current)


def _negated(amounts: Mapping[str, int]) -> dict[str, int]:
    return {name: -amount for name, amount in amounts.items()}


def denying_rules(record: Record) -> tuple[str, ...]:
    """Return the ids of the rules that deny the record's job, sorted."""
    return tuple(sorted({f.rule_id for f in record.findings if f.level == "deny" and f.exempted_by is None}))


def slice_of(time: datetime, window: timedelta) -> int:
    """Return the number of the slice, a tenth of a window, that contains the time."""
    return int(time.timestamp() // (window.total_seconds() / SLICES))


def is_stale(name: str, current: int) -> bool:
    """Return whether the counter of this name belongs to a slice before the window."""
    number = name.partition(" ")[0]
    return number.isdecimal() and int(number) <= current - SLICES


def tally(values: Mapping[str, str | int], current: int) -> Tally:
    """Return the sums over the window that ends in the current slice."""
    sums: Counter[str] = Counter()
    for name, value in values.items():
        number, _, what = name.partition(" ")
        if number.isdecimal() and current - SLICES < int(number) <= current and isinstance(value, int):
            sums[what] += value

    def by_rule(of: str) -> dict[str, int]:
        return {what.removeprefix(f"{of} "): n for what, n in sums.items() if what.startswith(f"{of} ") and n > 0}

    return Tally(sums[_STOPS], sums[_WITHHELD], sums[_JUDGED], by_rule(_RULE), by_rule(_SUSPECTED))
