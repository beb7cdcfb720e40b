"""The command line `sagemaker-guard`: thin commands that use the modules of the pipeline."""

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
    """Evaluate Amazon SageMaker jobs with the guard's policies, and operate a deployed guard."""


@app.command()
def evaluate(
    event: Annotated[
        Path, typer.Argument(help="An event, a document, the output of --json, or a record; - for standard input.")
    ],
    describe: Annotated[
        Path | None, typer.Option(help="The job's Describe response; by default, the event's detail is used.")
    ] = None,
    bundle: Annotated[Path, typer.Option(help="A bundle (.tar.gz) or a policies folder.")] = Path("policies"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of the table.")] = False,
) -> None:
    """Evaluate one job with a local OPA, without calling AWS. Exit code: 0 allow or warn, 1 deny, 2 error."""
    try:
        result = evaluate_file(event, describe, bundle, opa=find_opa(os.environ), environment=os.environ)
    except GuardError as exc:
        _print_error(exc)
        raise typer.Exit(EXIT_ERROR) from exc
    (print_json if as_json else print_table)(result, sys.stdout)
    if result.decision is None:
        raise typer.Exit(EXIT_ERROR)
    raise typer.Exit(EXIT_DENY if result.decision == "deny" else 0)


operations.register(app)
authoring.register(app)


def main() -> None:
    """Run the command line; every failure exits with code 2, so that it isn't taken for a deny."""
    try:
        # Line buffering makes a failed write fail here, and not when Python ends; a character that the terminal's encoding lacks
        # must not fail. Both streams are TextIOWrappers, unless the calling program replaced them.
        sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr]
        sys.stderr.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        app()
    except SystemExit as exc:
        # If the reader of the output is gone, as in `... | head -1`, Typer exits with 1, which would mean a deny.
        sys.exit(EXIT_ERROR if isinstance(exc.__context__, BrokenPipeError) else exc.code)
    except Exception as exc:
        _print_error(exc)
        sys.exit(EXIT_ERROR)


def _print_error(exc: Exception) -> None:
    """Print the error; for an exception that isn't a GuardError, and so a defect, with its traceback."""
    known = isinstance(exc, GuardError)
    message = f"{type(exc).__name__}: {exc}" if known else "".join(traceback.format_exception(exc))
    first, *others = message.splitlines() or [""]
    text = lines(styled(("error", "bold red"), f" {first}"), *map(styled, others))
    Terminal(sys.stderr, soft_wrap=True).print(text)
