"""Delivers a notice on every channel. Each notice is a separate queue message, so that retries don't judge the job again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from pydantic import ValidationError

from guard.aws.refusals import CALL_ERRORS
from guard.errors import EventError, NoticeError, NoticeUnderWay
from guard.notices.channels import Channel, ClosesFindings
from guard.notices.ends import Runs
from guard.notices.notice import Notice, notice_of
from guard.notices.once import Once
from guard.notices.queue_messages import MARK
from guard.record import Outcome, Record
from guard.times import parse_time


@dataclass(frozen=True)
class Deliverer:
    """Delivers notices once on each of its channels, and passes the results to `report`.

    `channels` and `once` are created when there is a notice, because their clients would slow down every cold start.
    `exemption_url` is the page that every notice links to; it overrides the one in a message. `created` looks up the creation
    time of a job if the notice lacks it: a notice from another event may have it, and would count as a second notice.
    """

    channels: Callable[[], Sequence[Channel]]
    once: Callable[[], Once]
    report: Callable[[str, Mapping[str, Any]], None]
    exemption_url: str
    created: Callable[[Notice], datetime | None] = lambda _: None

    def give(self, notice: Notice) -> None:
        """Deliver the notice on every channel. Raises NoticeError, after the last channel, if any channel failed or none exists.

        Raises NoticeUnderWay if all remaining deliveries are in progress in another invocation.
        """
        notice = self._dated(notice)
        results: dict[str, str] = {}
        failures: dict[str, Exception] = {}
        for channel in self.channels():
            try:
                refusal = self.once().run(notice.key(channel.name), partial(channel.give, notice))
                results[channel.name] = refusal or "given"
            except Exception as exc:
                failures[channel.name] = exc
                results[channel.name] = _failed(exc)
        facts = {"decision_id": notice.decision_id, "job_arn": notice.job.arn, "channels": results}
        self.report("notice", facts)
        if not results:
            # The message may be older than the settings. Without an error, it would be deleted from the dead-letter queue.
            raise NoticeError(
                "a notice could not be given: no channel is on; deploy one, or delete its letter", **facts
            )
        if failures:
            names = ", ".join(sorted(failures))
            under_way = all(isinstance(exc, NoticeUnderWay) for exc in failures.values())
            kind = NoticeUnderWay if under_way else NoticeError
            raise kind(f"a notice could not be given: {names}", **facts) from next(iter(failures.values()))

    def _dated(self, notice: Notice) -> Notice:
        if notice.job.created_at is not None:
            return notice
        job = notice.job.model_copy(update={"created_at": self.created(notice)})
        return notice.model_copy(update={"job": job})

    def end(self, job_arn: str, at: datetime | None) -> None:
        """Close the findings about a job that has ended. Raises NoticeError, after the last channel, if any channel failed."""
        failures: dict[str, Exception] = {}
        for channel in self.channels():
            try:
                if isinstance(channel, ClosesFindings):
                    channel.ended(job_arn, at)
            except Exception as exc:
                failures[channel.name] = exc
        # Successes aren't logged, because every job in the account ends.
        if failures:
            facts = {"job_arn": job_arn, "channels": {name: _failed(exc) for name, exc in failures.items()}}
            self.report("notice", facts)
            names = ", ".join(sorted(failures))
            raise NoticeError(f"a job's end could not be reported: {names}", **facts) from next(iter(failures.values()))

    def receive(self, message: Mapping[str, Any]) -> None:
        """Process a queue message. Raises NoticeError, and EventError for a message that can't be read."""
        if message.get(MARK) == "job-ended":
            self.end(str(message.get("job_arn")), parse_time(message.get("time")))
            return
        try:
            notice = Notice.model_validate(_known(message.get("notice")))
        except ValidationError as exc:
            first = exc.errors(include_url=False, include_input=False)[0]
            field = ".".join(str(part) for part in first["loc"])
            raise EventError("a message of the guard's queue can't be read", field=field, problem=first["msg"]) from exc
        self.give(notice.model_copy(update={"exemption_url": self.exemption_url}))


# Several events about a job may be handled at once. Delaying the notice of one that found the job finished lets the notice about
# the stop come first; `Once` then treats the delayed one as the same notice.
_LATER_SECONDS = 60


def _known(notice: object) -> object:
    """Return the fields of a notice that this version knows: after a rollback the queue has messages of a later version."""
    if not isinstance(notice, Mapping):
        return notice
    return {name: value for name, value in notice.items() if name in Notice.model_fields}


def _failed(exc: Exception) -> str:
    return f"failed: {type(exc).__name__}: {exc}"


class NoticeSink:
    """Sends a record's notice to the queue, or delivers it directly if there is no queue or the queue refuses it.

    `send` takes a message and the delay in seconds before it can be read; None without a queue.
    """

    name = "notices"

    def __init__(self, deliverer: Deliverer, send: Callable[[str, int], None] | None, runs: Runs) -> None:
        self._deliverer = deliverer
        self._send = send
        self._runs = runs

    def write(self, record: Record) -> None:
        """Send or deliver the record's notice, if it has one. Raises NoticeError if the queue fails and then a channel fails."""
        notice = notice_of(record, self._deliverer.exemption_url)
        # A failed stop gives no notice yet, but its run is remembered, so that the later notice refers to the same run.
        before = self._note_run(record) if notice is not None or record.outcome is Outcome.STOP_FAILED else None
        if notice is None:
            return
        notice = notice.model_copy(update={"ran_before": before})
        if not self._enqueue(notice):
            self._deliverer.give(notice)

    def _note_run(self, record: Record) -> datetime | None:
        """Remember the run of a job that can be started again, and return when the previous run was over."""
        if record.ref is None or record.outcome is None or not record.ref.kind.restarts:
            return None
        return self._runs.note(record.ref.arn, record.decided_at or record.started_at, record.outcome)

    def _enqueue(self, notice: Notice) -> bool:
        """Send the notice to the queue. Return False without a queue, or if it refuses the message, which is reported."""
        if self._send is None:
            return False
        try:
            # Older versions, which run after a rollback, reject unknown fields: later fields are left out at their defaults.
            omitted = {
                name for name in ("ended", "faults") if getattr(notice, name) == Notice.model_fields[name].default
            }
            fields = notice.model_dump(mode="json", exclude=omitted)
            # UTF-8, because an escaped character outside the Basic Multilingual Plane is three times as long.
            message = json.dumps({MARK: "notice", "notice": fields}, ensure_ascii=False)
            self._send(message, _LATER_SECONDS if notice.outcome == Outcome.ALREADY_FINISHED else 0)
        except CALL_ERRORS as exc:
            self._deliverer.report("queue", {"job_arn": notice.job.arn, "error": f"{type(exc).__name__}: {exc}"})
            return False
        return True
