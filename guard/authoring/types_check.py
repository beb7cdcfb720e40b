"""Whether the policies compile: OPA's strict check against the schema, and once more where it doesn't look."""

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
# A body after `not` can't be read without the import.
_NOT_OF_A_BODY = re.compile(r"\bnot\s*\{")


def check_types(opa: Opa, policies: Path) -> list[Diagnostic]:
    """Return why policies can't be read, or what is wrong with their types. Raises ConfigError for what OPA can't load."""
    errors = strict_errors(opa, policies)
    return unreadable(opa, errors) or mistyped(opa, policies, errors)


def strict_errors(opa: Opa, policies: Path) -> list[OpaError]:
    """Return what OPA's strict check reports. Raises ConfigError."""
    with quick_copy(opa, policies) as copied:
        return reported(copied.run("check", "--strict", "--bundle", policies, *FLAGS, "--format", "json"), policies)


def unreadable(opa: Opa, errors: list[OpaError]) -> list[Diagnostic]:
    """Return what is wrong with the files among those of the strict check that are not Rego."""
    return syntax_problems(opa.folder, (error for error in errors if error.is_syntax))


def mistyped(opa: Opa, policies: Path, errors: list[OpaError]) -> list[Diagnostic]:
    """Return what is wrong with the types of policies that OPA can read, of which the strict check reports these errors.

    In a file with `import future.keywords.not`, OPA checks no arguments inside of a `not`: `not f(1, 2)` passes for a
    function of one argument, and is true for ever. So what passes is checked again without the import, for types only.
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
