"""The authors' commands: `python -m guard.authoring COMMAND --opa OPA`, run by the Makefile in the project's folder."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO, cast

from guard.authoring.bundle import build_bundle
from guard.authoring.check import check_policies
from guard.authoring.config_check import check_config
from guard.authoring.coverage import run_tests
from guard.authoring.diagnostics import errors
from guard.authoring.generated import generated_files, write
from guard.authoring.mutation.run import mutate
from guard.authoring.opa import Opa
from guard.authoring.scaffold import new_rule
from guard.cli.text import Escaping
from guard.errors import GuardError
from guard.times import utc_now

POLICIES = Path("policies")
Command = Callable[[argparse.Namespace, Opa, TextIO], bool]


def main(arguments: list[str], out: TextIO) -> int:
    """Run one command and return its exit code: 0 for success, else 1. Its output is escaped."""
    out = cast("TextIO", Escaping(out))
    options = _parser().parse_args(arguments)
    command: Command = options.command
    try:
        return 0 if command(options, Opa(options.opa, Path.cwd()), out) else 1
    except GuardError as exc:
        out.write(f"{exc.message}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="guard.authoring")
    parser.add_argument("--opa", type=Path, required=True, help="the pinned OPA")
    commands = parser.add_subparsers(required=True)
    check = _add(commands, "check", _check, "types, format, style, configuration, generated files")
    check.add_argument("--regal", type=Path, required=True)
    check.add_argument(
        "--style-fails", action="store_true", help="fail for violations of style, too; by default they are only printed"
    )
    _add(commands, "test", _test, "the policies' tests, with coverage")
    _add(commands, "docs", _docs, "write the catalogue and the schema of the configuration")
    _add(commands, "bundle", _bundle, "build the bundle").add_argument("target", type=Path)
    _add(commands, "new-rule", _new_rule, "make a rule's folder").add_argument("name")
    _add(
        commands, "mutate", _mutate, "change the rules, one place at a time, and report changes that no test detects"
    ).add_argument("rules", nargs="*", help="ids of rules or names of packages in lib; all by default")
    return parser


def _add(commands: Any, name: str, command: Command, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text)
    parser.set_defaults(command=command)
    return parser


def _check(options: argparse.Namespace, opa: Opa, out: TextIO) -> bool:
    today = utc_now().date()
    return check_policies(opa, options.regal, POLICIES, today, out, style_fails=options.style_fails)


def _test(_: argparse.Namespace, opa: Opa, out: TextIO) -> bool:
    return run_tests(opa, POLICIES, out)


def _bundle(options: argparse.Namespace, opa: Opa, out: TextIO) -> bool:
    return build_bundle(opa, POLICIES, options.target, utc_now().date(), out)


def _docs(_: argparse.Namespace, opa: Opa, out: TextIO) -> bool:
    problems = check_config(opa, POLICIES, utc_now().date())
    out.writelines(f"{problem}\n" for problem in problems)
    if errors(problems):
        return False
    write(opa.folder, generated_files(opa, POLICIES))
    return True


def _new_rule(options: argparse.Namespace, opa: Opa, out: TextIO) -> bool:
    made = new_rule(opa, POLICIES, options.name)
    out.writelines(f"{line}\n" for line in made)
    return True


def _mutate(options: argparse.Namespace, opa: Opa, out: TextIO) -> bool:
    return mutate(opa, POLICIES, tuple(options.rules), out)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdout))
