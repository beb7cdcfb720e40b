"""Check that the policies compile: OPA's strict check against the schema, and a second one for what that doesn't check."""

from __future__ import annotations

import re
from pathlib import Path

from guard.authoring.diagnostics import Diagnostic
from guard.authoring.opa import FLAGS, Opa
from guard.authoring.opa_errors import OpaError, reported
from guard.authoring.quick_copy import quick_copy
from guard.authoring.syntax_errors import syntax_problems
from guard.authoring.type_errors import type_problems

_IMPORT = re.compile(r"^import future\.keywords\.not$", re.MULTILINE)
# Without the import, OPA can't parse a `not` with a body.
_NOT_OF_A_BODY = re.compile(r"\bnot\s*\{")


def check_types(opa: Opa, policies: Path) -> list[Diagnostic]:
    """Return the syntax errors of the policies, or else their type errors. Raises ConfigError if OPA can't load them."""
    errors = strict_errors(opa, policies)
    return syntax_errors_in(opa, errors) or type_errors_in(opa, policies, errors)


def strict_errors(opa: Opa, policies: Path) -> list[OpaError]:
    """Return the errors of OPA's strict check. Raises ConfigError."""
    with quick_copy(opa, policies) as copied:
        return reported(copied.run("check", "--strict", "--bundle", policies, *FLAGS, "--format", "json"), policies)


def syntax_errors_in(opa: Opa, errors: list[OpaError]) -> list[Diagnostic]:
    """Return the syntax errors among the errors of the strict check, as diagnostics."""
    return syntax_problems(opa.folder, (error for error in errors if error.is_syntax))


def type_errors_in(opa: Opa, policies: Path, errors: list[OpaError]) -> list[Diagnostic]:
    """Return the type errors of policies that OPA can parse; `errors` are those of the strict check.

    In a file with `import future.keywords.not`, OPA doesn't check arguments inside of a `not`: `not f(1, 2)` passes for a
    function of one argument, and is always true. So policies that pass are checked again without the import, only for types.
    """
    return type_problems(opa, policies, errors or _errors_inside_of_not(opa, policies))


def _errors_inside_of_not(opa: Opa, policies: Path) -> list[OpaError]:
    with quick_copy(opa, policies) as copied:
        for file in (copied.folder / policies).rglob("*.rego"):
            text = file.read_text()
            if not _NOT_OF_A_BODY.search(text):
                file.write_text(_IMPORT.sub("", text))
        again = copied.run("check", "--bundle", policies, *FLAGS, "--format", "json")
    return [error for error in reported(again, policies) if error.code == "rego_type_error"]
