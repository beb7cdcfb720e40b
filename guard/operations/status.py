"""The status of a deployed guard, from its stored state; a part that can't be read shows the error, without affecting others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from guard.aws.clients import ClientOf
from guard.aws.switch import Switch
from guard.aws.table import StateTable
from guard.errors import GuardError
from guard.limits.breaker import ITEM as BREAKER
from guard.limits.breaker import Bounds, slice_of, tally
from guard.operations.redrive import Queue
from guard.operations.stack import Stack
from guard.store import mapping
from guard.sweep.run import LAST
from guard.times import parse_time

# Twice the longest interval of the schedule, plus one run.
SWEEP_OVERDUE = timedelta(minutes=75)
ENDS_NOW = timedelta(days=7)


@dataclass(frozen=True)
class Part:
    """One line of the status; `attention` marks lines that an operator should act on."""

    name: str
    text: str
    facts: dict[str, Any]
    attention: bool = False


def status(stack: Stack, client_of: ClientOf, now: datetime) -> list[Part]:
    """Return the parts of the status, in the order in which an operator needs them."""
    settings = stack.settings
    table = StateTable(lambda: client_of("dynamodb"), settings.state_table)
    readers: dict[str, Callable[[], Part]] = {
        "mode": lambda: _mode(settings.mode),
        "switch": lambda: _switch(settings.switch_parameter, client_of),
        "breaker": lambda: _breaker(table, Bounds.of(settings), now),
        "last sweep": lambda: _sweep(_last(table), now),
        "policies": lambda: _policies(_last(table)),
        "exemptions": lambda: _exemptions(_last(table), now),
        "dead letters": lambda: _letters(stack.queue_url, client_of),
    }
    return [*_release(stack.unknown), *(_read(name, reader) for name, reader in readers.items())]


def _read(name: str, reader: Callable[[], Part]) -> Part:
    try:
        return reader()
    except GuardError as exc:
        return Part(name, f"can't be read: {exc.message}", {"error": str(exc)}, attention=True)


def _release(unknown: Sequence[str]) -> list[Part]:
    """Return a part that names the settings of another release, which this program can't interpret; none if there are none."""
    text = f"differs from this program's, which doesn't know {', '.join(unknown)}"
    return [Part("release", text, {"unknown": list(unknown)})] if unknown else []


def _mode(mode: str) -> Part:
    texts = {"enforce": "denied jobs are stopped", "audit": "decides and records only"}
    return Part("mode", f"{mode}: {texts[mode]}", {"mode": mode})


def _switch(parameter: str, client_of: ClientOf) -> Part:
    if not parameter:
        return Part("switch", "none", {"parameter": None, "enforcement": "on"})
    permit = Switch(lambda: client_of("ssm"), parameter)()
    for warned in permit.warnings:
        if "error" in warned.evidence:
            raise warned
        facts = {"parameter": parameter, "enforcement": "on", "error": str(warned)}
        return Part("switch", f"{warned.message} ({parameter})", facts, attention=True)
    off = permit.withheld_by is not None
    facts = {"parameter": parameter, "enforcement": "off" if off else "on"}
    text = "OFF: no job is stopped" if off else "on"
    return Part("switch", f"{text} ({parameter})", facts, attention=off)


def _breaker(table: StateTable, bounds: Bounds, now: datetime) -> Part:
    counted = tally(table.read(BREAKER), slice_of(now, bounds.window))
    suspects = sorted(counted.suspected)
    is_open = bool(bounds.stops) and counted.stops >= bounds.stops
    minutes = int(bounds.window.total_seconds() // 60)
    limit = f" of {bounds.stops}" if bounds.stops else ""
    text = f"{'OPEN' if is_open else 'closed'}: {counted.stops}{limit} stops and {counted.withheld} withheld in {minutes} min"
    text += f"; suspected: {', '.join(suspects)}" if suspects else ""
    facts = {
        "open": is_open,
        "stops": counted.stops,
        "limit": bounds.stops,
        "minutes": minutes,
        "withheld": counted.withheld,
        "judged": counted.judged,
        "denied_by": dict(sorted(counted.denied_by.items())),
        "suspected_rules": suspects,
    }
    return Part("breaker", text, facts, attention=is_open or bool(suspects) or counted.withheld > 0)


def _last(table: StateTable) -> dict[str, Any]:
    return mapping(table.read(LAST).get("report"))


def _sweep(report: dict[str, Any], now: datetime) -> Part:
    started = parse_time(report.get("started_at"))
    if started is None:
        return Part("last sweep", "none yet", {}, attention=True)
    age = now - started
    overdue, undecided = age > SWEEP_OVERDUE, report.get("undecided_jobs") or 0
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in (report.get("outcomes") or {}).items())
    text = (
        f"{_age(age)} ago, {report.get('listed')} jobs: {report.get('known')} unchanged, {report.get('judged')} judged"
    )
    text += f" ({outcomes})" if outcomes else ""
    text += "" if report.get("complete") else "; not complete, the next one continues"
    text += f"; not in this region: {', '.join(report['unsupported'])}" if report.get("unsupported") else ""
    text += f"; {undecided} jobs could not be judged for too long" if undecided else ""
    text += f"; {report['first_failure']}" if report.get("first_failure") else ""
    text = f"OVERDUE, {text}" if overdue else text
    return Part("last sweep", text, report, attention=overdue or bool(undecided or report.get("failures")))


def _age(age: timedelta) -> str:
    minutes = max(0, int(age.total_seconds() // 60))
    return (
        f"{minutes} min" if minutes < 120 else f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"
    )


def _policies(report: dict[str, Any]) -> Part:
    revision = report.get("bundle_revision")
    text = f"revision {revision} at the last sweep" if revision else _unknown(report)
    return Part("policies", text, {"revision": revision})


def _unknown(report: dict[str, Any]) -> str:
    return (
        "unknown: the last sweep got no response from OPA"
        if report.get("started_at")
        else "unknown until a sweep has ended"
    )


def _exemptions(report: dict[str, Any], now: datetime) -> Part:
    ending = report.get("exemptions")
    if ending is None:
        return Part("exemptions", _unknown(report), {"ending": None})
    texts = []
    for exemption in ending:
        expires = str(exemption.get("expires"))
        verb = "ended" if expires < now.date().isoformat() else "ends"
        texts.append(f"{exemption.get('id')} ({exemption.get('owner')}) {verb} {expires}")
    # They are sorted by their last day.
    near = bool(ending) and str(ending[0].get("expires")) <= (now + ENDS_NOW).date().isoformat()
    return Part("exemptions", "; ".join(texts) or "none ends within 30 days", {"ending": ending}, attention=near)


def _letters(url: str, client_of: ClientOf) -> Part:
    number = Queue(client_of("sqs"), url).count().number
    text = f"{number}: see them with `sagemaker-guard redrive`" if number else "none"
    return Part("dead letters", text, {"number": number}, attention=number > 0)
