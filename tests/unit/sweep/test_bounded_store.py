"""How much time a sweep may lose to a hanging table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from guard.errors import StateError
from guard.sweep.bounded_store import MAX_FAILED_TIME, BoundedStore

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
EACH = timedelta(seconds=15)


@dataclass
class Table:
    """A table whose calls take their time, and fail while it hangs."""

    now: datetime = NOW
    hangs: bool = True
    calls: list[tuple[Any, ...]] = field(default_factory=list)

    def clock(self) -> datetime:
        return self.now

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(*arguments: object) -> str:
            self.calls.append((method, *arguments))
            self.now += EACH
            if self.hangs:
                raise StateError("no answer")
            return f"what {method} returns"

        return call


CALLS: Mapping[str, tuple[Any, ...]] = {
    "read": ("item",),
    "write": ("item", {"a": 1}, NOW),
    "claim": ("item", "owner", NOW + EACH, NOW),
    "release": ("item", "owner"),
}


def _ask(bounded: BoundedStore, method: str = "read") -> Any:
    return getattr(bounded, method)(*CALLS[method])


def _bounded(table: Any) -> BoundedStore:
    return BoundedStore(table, table.clock)


@pytest.mark.parametrize("method", CALLS)
def test_a_call_is_passed_to_the_table(method: str) -> None:
    table = Table(hangs=False)
    assert _ask(_bounded(table), method) == (None if method in {"write", "release"} else f"what {method} returns")
    assert table.calls == [(method, *CALLS[method])]


@pytest.mark.parametrize("method", CALLS)
def test_after_too_much_time_in_failed_calls_no_more_are_made(method: str) -> None:
    table = Table()
    bounded = _bounded(table)
    for _ in range(MAX_FAILED_TIME // EACH):
        with pytest.raises(StateError, match="no answer"):
            _ask(bounded, method)
    for each in CALLS:
        with pytest.raises(StateError, match="failed calls have taken too long") as raised:
            _ask(bounded, each)
        assert raised.value.evidence == {"seconds": 30}
    assert table.now - NOW == MAX_FAILED_TIME


def test_calls_continue_after_one_failure() -> None:
    table = Table()
    bounded = _bounded(table)
    with pytest.raises(StateError):
        _ask(bounded)
    table.hangs = False
    assert [_ask(bounded) for _ in range(3)] == ["what read returns"] * 3


def test_the_next_sweep_calls_the_table_again() -> None:
    table = Table()
    with pytest.raises(StateError):
        [_ask(_bounded(table)) for _ in range(2)]
    table.hangs = False
    assert _ask(_bounded(table)) == "what read returns"


def test_calls_that_succeed_may_take_their_time() -> None:
    table = Table(hangs=False)
    bounded = _bounded(table)
    assert [_ask(bounded) for _ in range(5)] == ["what read returns"] * 5
