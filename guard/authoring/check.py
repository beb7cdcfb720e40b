"""`make check`: all checks of the policies before they ship."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TextIO

from guard.authoring.config_check import check_config
from guard.authoring.diagnostics import Diagnostic, errors
from guard.authoring.generated import generated_files, stale
from guard.authoring.opa import Opa, RunResult, run
from guard.authoring.sources import source_problems
from guard.authoring.trial.run import trial_problems
from guard.authoring.types_check import strict_errors, syntax_errors_in, type_errors_in
from guard.errors import ConfigError

# The codes of a style step with violations, and of any step that failed, such as a Regal that didn't run.
_STYLE, _FAILED = 3, 1


@dataclass(frozen=True)
class Step:
    """One check: `meaning` explains its failure, `after` names the steps that must pass first.

    Violations of an optional step are only printed; if the step can't run, the check fails.
    """

    name: str
    meaning: str
    run: Callable[[], RunResult]
    after: tuple[str, ...] = ()
    optional: bool = False


def check_policies(opa: Opa, regal: Path, policies: Path, today: date, out: TextIO, *, style_fails: bool) -> bool:
    """Run every check and print its problems; return True if all pass.

    Violations of style fail the check only in `make lint`, which sets `style_fails`: a missing blank line must not keep the
    tests of a new rule from running.
    """
    failed: list[str] = []
    for step in _steps(opa, regal, policies, today, style_fails=style_fails):
        waiting = sorted({*step.after} & {*failed})
        if waiting:
            out.write(
                f"{step.name:<14} skipped until {' and '.join(waiting)} {'passes' if len(waiting) == 1 else 'pass'}\n"
            )
        elif not _passes(step, out):
            failed.append(step.name)
    return not failed


def _passes(step: Step, out: TextIO) -> bool:
    started = time.monotonic()
    ran = step.run()
    passes = ran.code == 0 or (step.optional and ran.code == _STYLE)
    verdict = "ok" if ran.code == 0 else "noted" if passes else "FAILED"
    out.write(f"{step.name:<14} {verdict:<7} {time.monotonic() - started:5.2f} s\n")
    if ran.output:
        out.write("".join(f"    {line}\n" for line in ran.output.splitlines()))
    if ran.code != 0:
        out.write(f"  {step.meaning}\n")
    out.flush()
    return passes


def _steps(opa: Opa, regal: Path, policies: Path, today: date, *, style_fails: bool) -> list[Step]:
    # One run of OPA reports both files that it can't read and rules that don't compile.
    strict = cache(lambda: strict_errors(opa, policies))
    return [
        Step(
            "files",
            "These files can't be read as intended: fix them first, the other steps depend on them.",
            lambda: _found(lambda: source_problems(opa.folder, policies) or syntax_errors_in(opa, strict())),
        ),
        Step(
            "types",
            "A rule doesn't compile, reads a field that no document has, or calls a built-in that rules may not use.",
            lambda: _found(lambda: type_errors_in(opa, policies, strict())),
            after=("files",),
        ),
        Step(
            "config",
            "The configuration, METADATA or structure of the policies would not work as written: see docs/policies.md.",
            lambda: _found(lambda: check_config(opa, policies, today)),
            after=("files",),
        ),
        Step(
            "trial",
            "For complete, incomplete or hostile trial documents, these rules fail, or report findings that they shouldn't.",
            lambda: _found(lambda: trial_problems(opa, policies)),
            after=("files", "types", "config"),
        ),
        Step(
            "format",
            "These files are not formatted: run `make fmt`.",
            lambda: _unformatted(opa, policies),
            after=("files",),
        ),
        Step(
            "style",
            "Regal reports a likely mistake or a violation of style; the links explain it. `make lint`, and so CI, fails.",
            lambda: _style(regal, policies, opa.folder),
            after=("files",),
            optional=not style_fails,
        ),
        Step(
            "generated",
            "These files are out of date: run `make docs`.",
            lambda: _generated(opa, policies),
            after=("files", "config"),
        ),
    ]


def _style(regal: Path, policies: Path, folder: Path) -> RunResult:
    ran = run(regal, "lint", "--format", "json", policies, folder=folder)
    try:
        violations = json.loads(ran.out)["violations"]
    except (ValueError, KeyError):
        return RunResult(_FAILED, ran.out, ran.err)
    return RunResult(
        _STYLE if violations else ran.code, "\n".join(sorted({_violation(each) for each in violations})), ran.err
    )


def _violation(found: dict[str, Any]) -> str:
    place, links = found["location"], [link["ref"] for link in found.get("related_resources", [])]
    text = f"{place['file']}:{place['row']}:{place['col']}: {found['description']} ({found['title']})"
    return " ".join([text, *links])


def _found(check: Callable[[], list[Diagnostic]]) -> RunResult:
    try:
        problems = check()
    except ConfigError as exc:
        return RunResult(_FAILED, exc.message, "")
    return RunResult(_FAILED if errors(problems) else 0, "\n".join(str(problem) for problem in problems), "")


def _unformatted(opa: Opa, policies: Path) -> RunResult:
    ran = opa.run("fmt", "--list", "--fail", policies)
    # When OPA lists unformatted files, it also prints an error that adds nothing.
    return RunResult(ran.code, ran.out, "" if ran.out.strip() else ran.err)


def _generated(opa: Opa, policies: Path) -> RunResult:
    try:
        paths = stale(opa.folder, generated_files(opa, policies))
    except ConfigError as exc:
        return RunResult(_FAILED, exc.message, "")
    return RunResult(_FAILED if paths else 0, "\n".join(str(path) for path in paths), "")
