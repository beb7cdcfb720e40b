"""`status` and `redrive`: operate a deployed guard from a terminal."""

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
"""The exit code if something needs attention."""
SHORT = 200
"""The most characters of an error or of the function's result in the table."""

StackName = Annotated[str, typer.Option("--stack", help="Name of the CloudFormation stack.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of the table.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("status")(status_command)
    app.command("redrive")(redrive_command)


def status_command(stack: StackName = "sagemaker-guard", as_json: AsJson = False) -> None:
    """Show the state of a deployed guard. Exit code: 0 all well, 1 something needs attention, 2 error."""
    client_of = _clients()
    found = find_stack(stack, client_of)
    parts = status(found, client_of, utc_now())
    (print_status_json if as_json else print_status)(stack, parts, sys.stdout)
    raise typer.Exit(ATTENTION if any(part.attention for part in parts) else 0)


def redrive_command(
    stack: StackName = "sagemaker-guard",
    yes: Annotated[
        bool, typer.Option("--yes", help="Send each letter to the function, instead of only showing it.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="The most letters to read.")] = 1000,
    as_json: AsJson = False,
) -> None:
    """Show the dead letters, or with --yes send them to the function again; a letter is deleted only after success.

    Exit code: 0 no letter is left in the queue, 1 some are left, 2 error.
    """
    client_of = _clients()
    # The settings aren't read: those of another release might be invalid here, and the letters couldn't be shown.
    function, queue_url = outputs(stack, FUNCTION_AND_LETTERS, client_of)
    queue = Queue(client_of("sqs"), queue_url)
    rows = redrive(queue, client_of("lambda"), function, limit) if yes else not_sent(shown(queue, limit))
    left = (print_letters_json if as_json else print_letters)(rows, queue.count, sys.stdout)
    raise typer.Exit(ATTENTION if left else 0)


def _clients() -> Callable[[str], Any]:
    session: Any = new_session()
    session.events.register("after-call", refuse_foreign)
    # A slow response must not cause a second invocation.
    patient = Config(read_timeout=HIDDEN_SECONDS, retries={"total_max_attempts": 1})
    return cache(lambda service: client_in(session, service, patient if service == "lambda" else None))


def not_sent(letters: Iterable[Letter]) -> list[Redriven]:
    """Return the rows of letters that are only shown."""
    return [Redriven(letter, "kept: shown only; --yes sends it again", done=False) for letter in letters]


def print_status(stack: str, parts: Iterable[Part], out: TextIO) -> None:
    """Print one line for each part."""
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
    """Print a row for each letter, then the number of other letters. Return whether any letter is left in the queue.

    A row is printed at once, because each letter may take minutes and a later one may fail. The queue is counted after the last
    row.
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
    """Return how many of these letters are left, and the count of the others."""
    kept = sum(not row.done for row in rows)
    return kept, count.besides(kept)


def _hidden(count: Count) -> str:
    """Explain hidden letters: receiving letters hides them, also if that `redrive` was interrupted."""
    if not count.hidden:
        return ""
    return f", {count.hidden} of them hidden for up to {HIDDEN_SECONDS} seconds by another `redrive`"


def _row(row: Redriven, *, with_head: bool) -> Table:
    """Return a table of one row; its columns have the same widths as those of the other rows."""
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
    """Print the letters with their events, and the number of other letters, as one object. Return whether any letter is left.

    After a failure, the object holds the letters before it, and `others` is null.
    """
    rows: list[Redriven] = []
    others: Count | None = None
    try:
        rows += redriven
        kept, others = _left(rows, count())
    finally:
        letters = [_letter_fields(row.letter) | _result_fields(row) for row in rows]
        out.write(json.dumps({"letters": letters, "others": others and asdict(others)}, indent=2) + "\n")
    return bool(kept or others.number)


def _letter_fields(letter: Letter) -> dict[str, Any]:
    sent = letter.sent_at.isoformat() if letter.sent_at else None
    return {"id": letter.id, "shape": letter.shape, "sent_at": sent, "error": letter.error, "event": letter.event}


def _result_fields(row: Redriven) -> dict[str, Any]:
    return {"result": row.result, "done": row.done}


def _short(text: str) -> str:
    return text if len(text) <= SHORT else f"{text[:SHORT]}..."
