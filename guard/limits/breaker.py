"""The breaker: above so many stops in a sliding window it suspects the policies before the jobs.

All functions count in one item of the state table: a number for each tenth of the window, so that one call both counts a stop and
returns how many there were.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from guard.errors import StateError
from guard.limits.permit import Permit
from guard.record import Record
from guard.settings import Settings

ITEM = "breaker"
SLICES = 10
_STOPS, _WITHHELD, _JUDGED, _RULE = "stops", "withheld", "judged", "rule"
# A job is denied by few rules; an item has to stay small.
_MOST_RULES = 50
_MOST_STALE = 200


class Counters(Protocol):
    """Adds to numbers, of which all are returned; raises StateError when it can't."""

    def add(
        self, item: str, amounts: Mapping[str, int], remove: Iterable[str] = (), expires: datetime | None = None
    ) -> Mapping[str, str | int]:
        """Add to the item's numbers, remove others, and return all that it has then."""
        ...


@dataclass(frozen=True)
class Bounds:
    """When the breaker opens; 0 switches a bound off.

    `stops` is a number in the window. `rule_share` is the percentage of all judged jobs that one rule may deny, once it has
    denied `rule_jobs`.
    """

    stops: int
    window: timedelta
    rule_share: int
    rule_jobs: int

    @classmethod
    def of(cls, settings: Settings) -> Bounds:
        """Return those of a deployment."""
        return cls(
            stops=settings.breaker_stops,
            window=timedelta(minutes=settings.breaker_minutes),
            rule_share=settings.breaker_rule_share,
            rule_jobs=settings.breaker_rule_jobs,
        )


@dataclass(frozen=True)
class Tally:
    """What was counted in the window."""

    stops: int
    withheld: int
    judged: int
    denied_by: Mapping[str, int]

    def suspects(self, bounds: Bounds) -> frozenset[str]:
        """The rules that deny more than their share."""
        if not bounds.rule_share:
            return frozenset()
        return frozenset(
            rule
            for rule, denied in self.denied_by.items()
            if denied > bounds.rule_jobs and denied * 100 > bounds.rule_share * self.judged
        )


def _now() -> datetime:
    return datetime.now(UTC)


class Breaker:
    """Counts stops, and permits them up to the bounds; what can't be counted is permitted."""

    def __init__(
        self, counters: Counters, bounds: Bounds, clock: Callable[[], datetime] = _now, together: int = 1
    ) -> None:
        """Decisions that stop nothing are counted so many `together`."""
        self._counters = counters
        self._bounds = bounds
        self._clock = clock
        self._together = together
        self._uncounted = 0
        self._stale: tuple[str, ...] = ()
        self._lock = threading.Lock()

    def judged(self) -> None:
        """Count a decision that stops nothing; one that can't be counted is forgotten."""
        with self._lock:
            self._uncounted += 1
            if self._uncounted < self._together:
                return
            amount, self._uncounted = self._uncounted, 0
        try:
            self._add({_JUDGED: amount})
        except StateError:
            return

    def permit(self, record: Record) -> Permit:
        """Count the stop of this record's job, and return whether it may be made."""
        rules = denying_rules(record)[:_MOST_RULES]
        with self._lock:
            judged, self._uncounted = self._uncounted + 1, 0
        try:
            tally = self._add({_STOPS: 1, _JUDGED: judged, **{f"{_RULE} {rule}": 1 for rule in rules}})
            permit = self._answer(tally, rules)
            if permit.withheld_by is not None:
                self._add({_STOPS: -1, _WITHHELD: 1})
        except StateError as exc:
            return Permit(warnings=(exc,))
        return permit

    def _answer(self, tally: Tally, rules: tuple[str, ...]) -> Permit:
        bounds, minutes = self._bounds, int(self._bounds.window.total_seconds() // 60)
        if bounds.stops and tally.stops > bounds.stops:
            reason = f"the breaker is open: {bounds.stops} jobs were stopped within {minutes} minutes"
            return Permit("breaker", reason)
        suspects = tally.suspects(bounds)
        if rules and suspects.issuperset(rules):
            shares = ", ".join(f"{rule} denied {tally.denied_by[rule]} of {tally.judged} jobs" for rule in rules)
            return Permit("rule", f"a rule is suspected, as it denies most jobs: {shares} within {minutes} minutes")
        return Permit()

    def _add(self, amounts: Mapping[str, int]) -> Tally:
        now = self._clock()
        current = slice_of(now, self._bounds.window)
        values = self._counters.add(
            ITEM,
            {f"{current} {name}": amount for name, amount in amounts.items()},
            remove=self._stale,
            expires=now + 2 * self._bounds.window,
        )
        self._stale = tuple(name for name in values if is_stale(name, current))[:_MOST_STALE]
        return tally(values, current)


def denying_rules(record: Record) -> tuple[str, ...]:
    """Return the rules with findings that deny the record's job, sorted."""
    return tuple(sorted({f.rule_id for f in record.findings if f.level == "deny" and f.exempted_by is None}))


def slice_of(time: datetime, window: timedelta) -> int:
    """Return the number of the tenth of a window that the time is in."""
    return int(time.timestamp() // (window.total_seconds() / SLICES))


def is_stale(name: str, current: int) -> bool:
    """Whether the number of this name is of a slice before the window."""
    number = name.partition(" ")[0]
    return number.isdecimal() and int(number) <= current - SLICES


def tally(values: Mapping[str, str | int], current: int) -> Tally:
    """Return the sums over the window that ends in the current slice."""
    sums: Counter[str] = Counter()
    for name, value in values.items():
        number, _, what = name.partition(" ")
        if number.isdecimal() and current - SLICES < int(number) <= current and isinstance(value, int):
            sums[what] += value
    denied_by = {what.removeprefix(f"{_RULE} "): n for what, n in sums.items() if what.startswith(f"{_RULE} ")}
    return Tally(sums[_STOPS], sums[_WITHHELD], sums[_JUDGED], denied_by)
