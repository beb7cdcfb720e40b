"""Giving a notice on every channel: by a message of its own, which is tried again without judging the job again."""

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
    """Gives notices on its channels, each once, and tells `report` what became of them.

    `channels` and `once` are made when there is a notice: their clients would make every cold start longer. `exemption_url` is
    the page that every notice names, whatever a message says. `created` finds out when a job was created whose notice doesn't
    tell: another event about it may, and would give a second notice.
    """

    channels: Callable[[], Sequence[Channel]]
    once: Callable[[], Once]
    report: Callable[[str, Mapping[str, Any]], None]
    exemption_url: str
    created: Callable[[Notice], datetime | None] = lambda _: None

    def give(self, notice: Notice) -> None:
        """Give the notice everywhere. Raises NoticeError, after the last channel, naming those that failed, or without a channel.

        It is NoticeUnderWay where another invocation is at all that is left.
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
            # A message may be older than the settings; taken as given, it would be deleted from the dead-letter queue.
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
        """Close what was told of a job that has ended. Raises NoticeError, after the last channel, naming those that failed."""
        failures: dict[str, Exception] = {}
        for channel in self.channels():
            try:
                if isinstance(channel, ClosesFindings):
                    channel.ended(job_arn, at)
            except Exception as exc:
                failures[channel.name] = exc
        # Of an end that went well there is nothing to tell: every job in the account has one.
        if failures:
            facts = {"job_arn": job_arn, "channels": {name: _failed(exc) for name, exc in failures.items()}}
            self.report("notice", facts)
            names = ", ".join(sorted(failures))
            raise NoticeError(f"a job's end could not be told: {names}", **facts) from next(iter(failures.values()))

    def receive(self, message: Mapping[str, Any]) -> None:
        """Do what a message asks for. Raises NoticeError, and EventError for a message that can't be read."""
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


# Several events about a job meet: the one that stopped it tells so first, and the others' notice is the same one to `Once`.
_LATER_SECONDS = 60


def _known(notice: object) -> object:
    """The fields of a notice that this version knows: after a rollback the queue has messages of a later one."""
    if not isinstance(notice, Mapping):
        return notice
    return {name: value for name, value in notice.items() if name in Notice.model_fields}


def _failed(exc: Exception) -> str:
    return f"failed: {type(exc).__name__}: {exc}"


class NoticeSink:
    """Hands the notice that a record is worth to the queue; gives it at once where there is none, or it takes nothing.

    `send` takes a message and after how many seconds it may be read.
    """

    name = "notices"

    def __init__(self, deliverer: Deliverer, send: Callable[[str, int], None] | None, runs: Runs) -> None:
        self._deliverer = deliverer
        self._send = send
        self._runs = runs

    def write(self, record: Record) -> None:
        """Pass the record's notice on. Raises NoticeError when the queue and a channel fail."""
        notice = notice_of(record, self._deliverer.exemption_url)
        # A run whose stop failed is told of once it has ended, as the run that it was.
        before = self._note_run(record) if notice is not None or record.outcome is Outcome.STOP_FAILED else None
        if notice is None:
            return
        notice = notice.model_copy(update={"ran_before": before})
        if not self._enqueue(notice):
            self._deliverer.give(notice)

    def _note_run(self, record: Record) -> datetime | None:
        """Note the run of what can be started again, and return when the run before it was over."""
        if record.ref is None or record.outcome is None or not record.ref.kind.restarts:
            return None
        return self._runs.note(record.ref.arn, record.decided_at or record.started_at, record.outcome)

    def _enqueue(self, notice: Notice) -> bool:
        """Send the notice to the queue; False where there is none, or it doesn't take it, which is reported."""
        if self._send is None:
            return False
        try:
            # A version from before these fields refuses them, and is what runs after a rollback.
            unsaid = {
                name for name in ("ended", "faults") if getattr(notice, name) == Notice.model_fields[name].default
            }
            told = notice.model_dump(mode="json", exclude=unsaid)
            # As UTF-8: escaped, a character beyond the first plane takes three times as much of the queue's room.
            message = json.dumps({MARK: "notice", "notice": told}, ensure_ascii=False)
            self._send(message, _LATER_SECONDS if notice.outcome == Outcome.ALREADY_FINISHED else 0)
        except CALL_ERRORS as exc:
            self._deliverer.report("queue", {"job_arn": notice.job.arn, "error": f"{type(exc).__name__}: {exc}"})
            return False
        return True
