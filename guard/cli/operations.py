"""`status` and `redrive`: a deployed guard from a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import cache
from typing import Annotated, Any, TextIO

import typer
from botocore.config import Config
from rich.table import Table

from guard.aws.refusals import refuse_foreign
from guard.cli.session import client_in, new_session
from guard.cli.terminal import Terminal, lines, styled
from guard.operations.letters import Letter
from guard.operations.redrive import HIDDEN_SECONDS, Count, Queue, Redriven, redrive, shown
from guard.operations.stack import FUNCTION_AND_LETTERS, find_stack, outputs
from guard.operations.status import Part, status
from guard.times import utc_now

ATTENTION = 1
"""Exit code: something should be looked at."""
SHORT = 200
"""Characters of an error, or of what the function said, in the table."""

StackName = Annotated[str, typer.Option("--stack", help="Name of the CloudFormation stack.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of the table.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("status")(status_command)
    app.command("redrive")(redrive_command)


def status_command(stack: StackName = "sagemaker-guard", as_json: AsJson = False) -> None:
    """Show what a deployed guard is doing. Exit code: 0 all well, 1 something needs attention, 2 error."""
    client_of = _clients()
    found = find_stack(stack, client_of)
    parts = status(found, client_of, utc_now())
    (print_status_json if as_json else print_status)(stack, parts, sys.stdout)
    raise typer.Exit(ATTENTION if any(part.attention for part in parts) else 0)


def redrive_command(
    stack: StackName = "sagemaker-guard",
    yes: Annotated[
        bool, typer.Option("--yes", help="Invoke the function with each letter, instead of showing them.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="Letters to take at most.")] = 1000,
    as_json: AsJson = False,
) -> None:
    """Show the dead letters, or with --yes send them through the function again; a letter is deleted after success only.

    Exit code: 0 no letter is left in the queue, 1 some are, 2 error.
    """
    client_of = _clients()
    # Not the settings: those of another release must not keep the letters from being seen.
    function, queue_url = outputs(stack, FUNCTION_AND_LETTERS, client_of)
    queue = Queue(client_of("sqs"), queue_url)
    rows = redrive(queue, client_of("lambda"), function, limit) if yes else kept(shown(queue, limit))
    left = (print_letters_json if as_json else print_letters)(rows, queue.count, sys.stdout)
    raise typer.Exit(ATTENTION if left else 0)


def _clients() -> Callable[[str], Any]:
    session: Any = new_session()
    session.events.register("after-call", refuse_foreign)
    # An invocation must not be repeated because its answer takes long.
    patient = Config(read_timeout=HIDDEN_SECONDS, retries={"total_max_attempts": 1})
    return cache(lambda service: client_in(session, service, patient if service == "lambda" else None))


def kept(letters: Iterable[Letter]) -> list[Redriven]:
    """Return the letters as they are printed when nothing was done about them."""
    return [Redriven(letter, "kept: shown only; --yes sends it again", done=False) for letter in letters]


def print_status(stack: str, parts: Iterable[Part], out: TextIO) -> None:
    """Print a line for each part."""
    console = Terminal(out)
    console.print(styled(stack, style="bold"))
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    for part in parts:
        table.add_row(part.name, styled(part.text, style="bold red" if part.attention else ""))
    console.print(table)


def print_status_json(stack: str, parts: Iterable[Part], out: TextIO) -> None:
    """Print the facts of each part as one object."""
    body = {part.name.replace(" ", "_"): part.facts | {"attention": part.attention} for part in parts}
    out.write(json.dumps({"stack": stack} | body, indent=2) + "\n")


def print_letters(redriven: Iterable[Redriven], count: Callable[[], Count], out: TextIO) -> bool:
    """Print a row for each letter as it comes, since each may take minutes and a later one may fail, and the number of others.

    Return whether any letter is left in the queue, which is counted after the last row.
    """
    console = Terminal(out)
    rows: list[Redriven] = []
    for row in redriven:
        console.print(_row(row, with_head=not rows))
        rows.append(row)
    kept, others = _left(rows, count())
    if others.number:
        console.print(f"SQS counts {others.number} more in the queue{_hidden(others)}")
    elif not rows:
        console.print("no dead letters")
    return bool(kept or others.number)


def _left(rows: list[Redriven], count: Count) -> tuple[int, Count]:
    """How many of these letters are left, and the others."""
    kept = sum(not row.done for row in rows)
    return kept, count.besides(kept)


def _hidden(count: Count) -> str:
    """Who looks at letters hides them: another `redrive`, which may have been cut off."""
    if not count.hidden:
        return ""
    return f", {count.hidden} of them hidden for up to {HIDDEN_SECONDS} seconds, as another `redrive` looks at them"


def _row(row: Redriven, *, with_head: bool) -> Table:
    """A table of one row: its columns are as wide as those of every other one."""
    table = Table(box=None, pad_edge=False, header_style="bold", show_header=with_head, expand=True)
    table.add_column("since", width=11)
    table.add_column("letter", width=17)
    table.add_column("event and error", overflow="fold", ratio=3)
    table.add_column("result", overflow="fold", ratio=2)
    letter = row.letter
    since = letter.sent_at.strftime("%m-%d %H:%M") if letter.sent_at else "-"
    style = "green" if row.done else "yellow"
    about = lines(styled(letter.subject), styled((_short(letter.error), "dim")))
    table.add_row(since, letter.shape, about, styled(_short(row.result), style=style))
    return table


def print_letters_json(redriven: Iterable[Redriven], count: Callable[[], Count], out: TextIO) -> bool:
    """Print the letters with their events and the number of others as one object, also those before a failure.

    Return whether any letter is left in the queue. A failure leaves `others` null.
    """
    rows: list[Redriven] = []
    others: Count | None = None
    try:
        rows += redriven
        kept, others = _left(rows, count())
    finally:
        letters = [_as_data(row.letter) | _end(row) for row in rows]
        out.write(json.dumps({"letters": letters, "others": others and asdict(others)}, indent=2) + "\n")
    return bool(kept or others.number)


def _as_data(letter: Letter) -> dict[str, Any]:
    sent = letter.sent_at.isoformat() if letter.sent_at else None
    return {"id": letter.id, "shape": letter.shape, "sent_at": sent, "error": letter.error, "event": letter.event}


def _end(row: Redriven) -> dict[str, Any]:
    return {"result": row.result, "done": row.done}


def _short(text: str) -> str:
    return text if len(text) <= SHORT else f"{text[:SHORT]}..."
