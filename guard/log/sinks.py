"""The decision log: several sinks behind one protocol, which fail independently of each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Protocol

from guard.errors import LogError, caused_by
from guard.record import Record


class Sink(Protocol):
    """A destination that stores records."""

    name: str

    def write(self, record: Record) -> None:
        """Store the record. Raises LogError, or any other error, which the decision log turns into a LogError.

        A denied job's record is written twice with the same decision id: before the stop, without outcome, and after it.
        """
        ...


class DecisionLog:
    """Writes each record to every sink, even if others fail."""

    def __init__(self, first: Sink, *others: Sink, on_failure: Callable[[LogError], object] = lambda _: None) -> None:
        """`first` is the log line; `on_failure` is called with each failure of a sink."""
        self._sinks = (first, *others)
        self._on_failure = on_failure

    def write(self, record: Record) -> tuple[LogError, ...]:
        """Write the record to every sink; return the failures, for the caller to raise after acting on the decision."""
        failures = tuple(failure for sink in self._sinks for failure in _written(sink, record))
        for failure in failures:
            # A failure that can't be counted is not worth failing the invocation for.
            with suppress(Exception):
                self._on_failure(failure)
        return failures


def _written(sink: Sink, record: Record) -> Iterable[LogError]:
    try:
        sink.write(record)
    except LogError as exc:
        yield exc
    except Exception as exc:
        yield caused_by(
            exc,
            LogError,
            "a sink of the decision log could not keep a record",
            sink=sink.name,
            decision_id=record.decision_id,
            job=record.job_arn,
        )
