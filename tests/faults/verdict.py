"""What must hold however a fault was played; pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.faults.delivery import Delivery
from tests.faults.fault import Fault

LINE_LIMIT_BYTES = 64 * 1024
STOPPED = frozenset({"Stopping", "Stopped", "STOPPING", "STOPPED"})


@dataclass(frozen=True)
class Play:
    """One fault with one job: how its events were delivered, what the log has, and what became of the job.

    `stops` is how many Stop calls SageMaker accepted. `lines` are all that was printed since the event arrived.
    """

    fault: Fault
    is_denied: bool
    deliveries: tuple[Delivery, ...]
    lines: tuple[str, ...]
    status: str
    stops: int
    seconds: float

    @property
    def records(self) -> list[dict[str, Any]]:
        """The records of the decision log."""
        found = [json.loads(line) for line in self.lines if line.startswith("{")]
        return [record for record in found if "decision_id" in record]

    @property
    def letters(self) -> int:
        """How many events are in the dead-letter queue."""
        return sum(delivery.is_letter for delivery in self.deliveries)

    @property
    def attempts(self) -> int:
        """How often the function was invoked."""
        return sum(len(delivery.errors) for delivery in self.deliveries)

    @property
    def decision(self) -> str | None:
        """The strictest decision in the records."""
        found = {record.get("decision") for record in self.records}
        return next((decision for decision in ("deny", "warn", "allow") if decision in found), None)

    @property
    def outcomes(self) -> list[str]:
        """The outcomes in the records, in order."""
        return [record["outcome"] for record in self.records if "outcome" in record]

    @property
    def is_stopped(self) -> bool:
        """Whether the job is stopped, by the guard or by somebody else."""
        return self.status in STOPPED


def problems(play: Play) -> list[str]:
    """Return everything about the play that breaks a promise of the guard or isn't as the fault says."""
    return [*_promises(play), *(_expectations(play) if play.is_denied else ())]


def _promises(play: Play) -> Iterator[str]:
    if play.is_denied and play.fault.end == "stopped" and not play.is_stopped:
        yield f"the denied job runs on: {play.status}"
    if play.stops and not play.is_denied:
        yield f"a job that the policies allow was stopped: {play.status}"
    answered = len(play.deliveries) - play.letters
    if len(play.outcomes) < answered:
        yield f"{answered} events succeeded, and the log has {len(play.outcomes)} records with an outcome"
    if play.stops > 1:
        yield f"SageMaker accepted {play.stops} stops of one job"
    yield from _log(play)


def _log(play: Play) -> Iterator[str]:
    """The decision log is readable, and was written before anything was done."""
    if play.stops and not play.letters and play.decision != "deny":
        yield "the job was stopped, and neither a record nor a dead letter says why"
    for record in play.records:
        if record.get("outcome") == "stopped" and not _was_announced(record, play.records):
            yield f"decision {record['decision_id']} was recorded after the stop only"
    longest = max((len(line.encode()) for line in play.lines), default=0)
    if longest > LINE_LIMIT_BYTES:
        yield f"a line of the log is {longest:,} bytes long"


def _was_announced(record: dict[str, Any], records: list[dict[str, Any]]) -> bool:
    first = next(other for other in records if other["decision_id"] == record["decision_id"])
    return first.get("decision") == "deny" and "outcome" not in first


def _expectations(play: Play) -> Iterator[str]:
    fault = play.fault
    if fault.end == "letter" and not play.letters:
        yield "nobody could stop the job, and there is no dead letter"
    if fault.end == "untouched" and play.stops:
        yield "there was nothing to stop, and the guard stopped it"
    if fault.attempts is not None and play.attempts != fault.attempts:
        yield f"{play.attempts} attempts, not {fault.attempts}: {[list(each.errors) for each in play.deliveries]}"
    if fault.outcome is not None and (play.outcomes or [None])[-1] != fault.outcome:
        yield f"the last outcome is {(play.outcomes or [None])[-1]}, not {fault.outcome}"
    seen = {failure["error"] for record in play.records for failure in record.get("failures", ())}
    if not fault.failures <= seen:
        yield f"no record has the failures {sorted(fault.failures - seen)}, only {sorted(seen)}"
