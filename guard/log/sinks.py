"""The decision log: several sinks behind one protocol, each with a failure of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Protocol

from guard.errors import LogError, caused_by
from guard.record import Record


class Sink(Protocol):
    """A place that keeps records."""

    name: str

    def write(self, record: Record) -> None:
        """Keep the record; what can't be kept is a LogError, or becomes one.

        A record of a denied job comes twice under one decision id: before the stop is called, with no outcome, and after it.
        """
        ...


class DecisionLog:
    """Writes each record to every sink, whatever becomes of the others."""

    def __init__(self, first: Sink, *others: Sink, on_failure: Callable[[LogError], object] = lambda _: None) -> None:
        """`first` is the log line; `on_failure` is told of each failure of a sink."""
        self._sinks = (first, *others)
        self._on_failure = on_failure

    def write(self, record: Record) -> tuple[LogError, ...]:
        """Keep the record everywhere; return the failures, for the caller to raise once the decision was acted on."""
        failures = tuple(failure for sink in self._sinks for failure in _written(sink, record))
        for failure in failures:
            # Counting is less than keeping: what fails here is not worth another attempt.
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
