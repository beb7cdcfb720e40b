"""The conditions that every play must meet; pure functions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.faults.delivery import Delivery
from tests.faults.fault import SWEEP, Fault

LINE_LIMIT_BYTES = 64 * 1024
CHANNELS = ("AddTags", "PutEvents", "Publish", "import")
"""The API operation of each channel; the last one is the end of Security Hub's path."""
STOPPED = frozenset({"Stopping", "Stopped", "STOPPING", "STOPPED"})


@dataclass(frozen=True)
class Play:
    """One fault with one job: the deliveries of its events, the log, and the job's end.

    `stops` is the number of Stop calls that SageMaker accepted. `lines` is the output since the event arrived. `given` counts the
    delivered notices by channel, `kept` are the records in the bucket, `redriven` are the results of the dead letters that were
    sent through the function again, and `letters_left` is the number of dead letters, of events and of notices, at the end.
    """

    fault: Fault
    is_denied: bool
    deliveries: tuple[Delivery, ...]
    lines: tuple[str, ...]
    status: str
    stops: int
    seconds: float
    given: Mapping[str, int] = field(default_factory=dict)
    kept: tuple[Mapping[str, Any], ...] = ()
    redriven: tuple[str, ...] = ()
    letters_left: int = 0

    @property
    def records(self) -> list[dict[str, Any]]:
        """The records of the decision log."""
        found = [json.loads(line) for line in self.lines if line.startswith("{")]
        return [record for record in found if "decision_id" in record and record.get("message") != "notice"]

    @property
    def letters(self) -> int:
        """The number of events in the dead-letter queue, or of failed sweeps."""
        if self.fault.redriven:
            return self.letters_left
        return sum(delivery.is_letter for delivery in self.deliveries)

    @property
    def attempts(self) -> int:
        """The number of the function's invocations."""
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
        """Whether the job was stopped, by the guard or by somebody else."""
        return self.status in STOPPED

    @property
    def is_sweep(self) -> bool:
        """Whether the function is the sweep's."""
        return self.fault.world.function == SWEEP

    @property
    def answered(self) -> int:
        """The number of decisions that must have a record: one for each event that succeeded, or one for all sweeps."""
        succeeded = sum(not delivery.is_letter for delivery in self.deliveries)
        return min(succeeded, 1) if self.is_sweep else succeeded


def problems(play: Play) -> list[str]:
    """Return every broken promise of the guard in the play, and every difference from the fault's expectations."""
    return [*_promises(play), *(_expectations(play) if play.is_denied else ())]


def _promises(play: Play) -> Iterator[str]:
    if play.is_denied and play.fault.end == "stopped" and not play.is_stopped:
        yield f"the denied job is still running: {play.status}"
    if play.stops and not play.is_denied:
        yield f"a job that the policies allow was stopped: {play.status}"
    if len(play.outcomes) < play.answered:
        yield f"{play.answered} events succeeded, and the log has {len(play.outcomes)} records with an outcome"
    ended = sum(record["outcome"] is not None for record in play.kept)
    # A failed sweep reports its failure, and the next one doesn't evaluate a stopped job again.
    wanted = 0 if play.is_sweep and any(map(any, (delivery.errors for delivery in play.deliveries))) else play.answered
    if play.fault.world.records and ended < wanted:
        yield f"{play.answered} events succeeded, and the bucket has {ended} records with an outcome"
    if play.stops > 1:
        yield f"SageMaker accepted {play.stops} stops of one job"
    yield from _log(play)
    yield from _notices(play)


def _notices(play: Play) -> Iterator[str]:
    """The owner of a denied job is notified once on each channel; otherwise there is a dead letter."""
    wanted = int(play.is_denied and play.is_stopped)
    for channel, given in play.given.items():
        if given > wanted:
            yield f"{channel} delivered {given} notices, not {wanted}"
        if given < wanted and (play.fault.notified or not play.letters_left):
            yield f"{channel} delivered no notice"
    if play.given and not play.fault.notified and not play.letters_left and play.is_denied:
        yield "a notice could not be delivered, and there is no dead letter"


def _log(play: Play) -> Iterator[str]:
    """The decision log is readable, and each decision was recorded before its stop."""
    if play.stops and not play.letters and play.decision != "deny":
        yield "the job was stopped without a record or a dead letter that says why"
    for record in play.records:
        if record.get("outcome") == "stopped" and not _was_announced(record, play.records):
            yield f"decision {record['decision_id']} was recorded only after the stop"
    longest = max((len(line.encode()) for line in play.lines), default=0)
    if longest > LINE_LIMIT_BYTES:
        yield f"a line of the log is {longest:,} bytes long"


def _was_announced(record: dict[str, Any], records: list[dict[str, Any]]) -> bool:
    first = next(other for other in records if other["decision_id"] == record["decision_id"])
    return first.get("decision") == "deny" and "outcome" not in first


def _expectations(play: Play) -> Iterator[str]:
    fault = play.fault
    if fault.end == "letter" and not play.letters:
        yield "the job could not be stopped, and there is no dead letter"
    if fault.end == "untouched" and play.stops:
        yield "there was nothing to stop, and the guard stopped it"
    if fault.attempts is not None and play.attempts != fault.attempts:
        yield f"{play.attempts} attempts, not {fault.attempts}: {[list(each.errors) for each in play.deliveries]}"
    if fault.outcome is not None and (play.outcomes or [None])[-1] != fault.outcome:
        yield f"the last outcome is {(play.outcomes or [None])[-1]}, not {fault.outcome}"
    seen = {failure["error"] for record in play.records for failure in record.get("failures", ())}
    if not fault.failures <= seen:
        yield f"no record has the failures {sorted(fault.failures - seen)}, only {sorted(seen)}"
