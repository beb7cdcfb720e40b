"""`test` and `exemptions`: compare the policies' decisions with a team's expectations, and list the exemptions."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from guard.cli.evaluate import Evaluated, Evaluator
from guard.cli.exemptions import Listed, count_covered, coverage, list_exemptions, rules_text, scope_text
from guard.cli.fixtures import Case, differences, events_in, find_cases
from guard.cli.terminal import Terminal, styled
from guard.errors import ConfigError, GuardError, IgnoredEvent
from guard.opa.binary import find_opa
from guard.times import utc_now

FAILED, BROKEN = 1, 2
_STYLES = {"ok": "green", "FAILED": "bold red", "ERROR": "bold red", "written": "yellow"}
_STATES = {"active": "green", "not yet": "yellow", "expired": "dim", "refused": "bold red"}

Bundle = Annotated[Path, typer.Option(help="A bundle (.tar.gz) or a policies folder.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("test")(run_cases)
    app.command("exemptions")(show_exemptions)


def run_cases(
    folder: Annotated[
        Path,
        typer.Argument(help="Cases: NAME.json or .json.gz (event, document or record), with NAME.expected.yaml."),
    ],
    bundle: Bundle = Path("policies"),
    accept: Annotated[
        bool, typer.Option("--accept", help="Write the decision as the expectation of each case that has none.")
    ] = False,
) -> None:
    """Evaluate the cases of a folder and compare with their expectations. Exit code: 0 all agree, 1 some differ, 2 error."""
    console = Terminal(sys.stdout, soft_wrap=True)
    verdicts = []
    with Evaluator(bundle, opa=find_opa(os.environ), environment=os.environ) as evaluator:
        for case in find_cases(folder):
            verdict, lines = _run(case, evaluator, accept=accept)
            verdicts.append(verdict)
            console.print(styled((f"{verdict:<8}", _STYLES[verdict]), case.name))
            for line in lines:
                console.print(f"    {line}")
    counts = ", ".join(f"{verdicts.count(name)} {word}" for name, word in _WORDS.items() if name in verdicts)
    console.print(f"{_counted(len(verdicts), 'case')}: {counts}")
    raise typer.Exit(BROKEN if "ERROR" in verdicts else FAILED if "FAILED" in verdicts else 0)


_WORDS = {"ok": "passed", "written": "written", "FAILED": "failed", "ERROR": "with errors"}


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _run(case: Case, evaluator: Evaluator, *, accept: bool) -> tuple[str, list[str]]:
    try:
        if accept and not case.expected.exists():
            case.accept(_evaluate(case, evaluator))
            return "written", [str(case.expected)]
        expected = case.expectation()
        lines = differences(expected, _evaluate(case, evaluator))
    except GuardError as exc:
        return "ERROR", [str(exc)]
    return ("FAILED" if lines else "ok"), lines


def _evaluate(case: Case, evaluator: Evaluator) -> Evaluated:
    result = evaluator.evaluate(case.event, case.describe)
    if result.decision is None:
        raise ConfigError(
            "no decision: the record hides fields that these rules read", rules=", ".join(result.undecided)
        )
    return result


def show_exemptions(
    documents: Annotated[
        list[Path] | None,
        typer.Argument(help="Events, documents, records, or folders of them, to show what the exemptions cover."),
    ] = None,
    bundle: Bundle = Path("policies"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list instead of text.")] = False,
) -> None:
    """List the exemptions, with days left and what they cover in the given documents.

    Exit code: 0, or 2 for an error or if records hide fields that an exemption's rules read, so that it may be in use.
    """
    opa = find_opa(os.environ)
    listed = list_exemptions(opa, bundle, utc_now().date())
    decided = 0
    if documents:
        with Evaluator(bundle, opa=opa, environment=os.environ) as evaluator:
            decided = count_covered(listed, _results(evaluator, documents))
    if as_json:
        sys.stdout.write(json.dumps([each.as_json() for each in listed], indent=2) + "\n")
    else:
        _print_all(listed, decided)
    raise typer.Exit(BROKEN if any(each.undecided for each in listed) else 0)


def _print_all(listed: list[Listed], decided: int) -> None:
    console = Terminal(sys.stdout)
    for each in listed:
        _print(each, console, decided)
    if not listed:
        console.print("There are no exemptions.")


def _results(evaluator: Evaluator, given: list[Path]) -> Iterator[Evaluated]:
    """Yield the decisions on the files; print the name of each file that is left out, such as the event of an ended job."""
    for file, describe in _files(given):
        try:
            yield evaluator.evaluate(file, describe)
        except IgnoredEvent as exc:
            message = f"left out: {file}: {exc.message} ({exc.evidence['reason']})"
            Terminal(sys.stderr, soft_wrap=True).print(message)


def _files(given: list[Path]) -> Iterator[tuple[Path, Path | None]]:
    for path in given:
        found = events_in(path) if path.is_dir() else [(path, None)]
        if not found:
            raise ConfigError("there is no .json or .json.gz file in this folder", path=str(path))
        yield from found


def _print(each: Listed, console: Terminal, documents: int) -> None:
    exemption, days = each.exemption, each.days_left
    left = "" if days is None or days < 0 else f", {_counted(days, 'day')} left"
    console.print(styled((each.id, "bold"), "  ", (each.state, _STATES[each.state]), left))
    until = f"{exemption.get('starts', '')} until {exemption.get('expires')}".strip()
    ticket = f", {exemption['ticket']}" if "ticket" in exemption else ""
    lines = [f"{until}, {exemption.get('owner')}{ticket}: {exemption.get('reason')}"]
    lines.append(f"rules {rules_text(exemption.get('rules'))}; {scope_text(exemption.get('scope'))}")
    lines += [f"exempts nothing: {problem}" for problem in each.problems]
    if documents:
        lines += coverage(each, documents)
    for line in lines:
        console.print(f"  {line}")
