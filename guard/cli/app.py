"""The command line `sagemaker-guard`: thin commands over the pipeline's own parts."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer

from guard.cli import authoring, operations
from guard.cli.evaluate import evaluate_file
from guard.cli.output import print_json, print_table
from guard.cli.terminal import Terminal, lines, styled
from guard.errors import GuardError
from guard.opa.binary import find_opa

EXIT_DENY = 1
EXIT_ERROR = 2

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def _root() -> None:
    """Decide on Amazon SageMaker jobs with the policies that the guard enforces."""


@app.command()
def evaluate(
    event: Annotated[
        Path, typer.Argument(help="An event, a document, what --json printed, or a record; - for standard input.")
    ],
    describe: Annotated[
        Path | None, typer.Option(help="The job's Describe response; without it, the event's own detail.")
    ] = None,
    bundle: Annotated[Path, typer.Option(help="A bundle (.tar.gz) or the policies folder itself.")] = Path("policies"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of the table.")] = False,
) -> None:
    """Decide on one job with a local OPA, without touching AWS. Exit code: 0 allow or warn, 1 deny, 2 error."""
    try:
        result = evaluate_file(event, describe, bundle, opa=find_opa(os.environ), environment=os.environ)
    except GuardError as exc:
        _tell(exc)
        raise typer.Exit(EXIT_ERROR) from exc
    (print_json if as_json else print_table)(result, sys.stdout)
    if result.decision is None:
        raise typer.Exit(EXIT_ERROR)
    raise typer.Exit(EXIT_DENY if result.decision == "deny" else 0)


operations.register(app)
authoring.register(app)


def main() -> None:
    """Run the command line; whatever goes wrong is exit code 2, so that no failure reads as a deny."""
    try:
        # A TextIOWrapper, unless a program replaced it. What can't be written must fail here, and not when Python ends; a
        # character that the terminal's encoding lacks must not.
        sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr]
        sys.stderr.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        app()
    except SystemExit as exc:
        # Typer ends with 1, a deny, when nobody reads what is printed, as in `... | head -1`.
        sys.exit(EXIT_ERROR if isinstance(exc.__context__, BrokenPipeError) else exc.code)
    except Exception as exc:
        _tell(exc)
        sys.exit(EXIT_ERROR)


def _tell(exc: Exception) -> None:
    """Say what went wrong; of a defect also where, which nobody knows as yet."""
    known = isinstance(exc, GuardError)
    told = f"{type(exc).__name__}: {exc}" if known else "".join(traceback.format_exception(exc))
    first, *others = told.splitlines() or [""]
    text = lines(styled(("error", "bold red"), f" {first}"), *map(styled, others))
    Terminal(sys.stderr, soft_wrap=True).print(text)
