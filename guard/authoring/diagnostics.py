"""What is wrong in a file of the policies, and where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, order=True)
class Diagnostic:
    """One thing to change; a warning doesn't stop anything."""

    file: Path
    line: int
    column: int
    text: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        note = "warning: " if self.severity == "warning" else ""
        return f"{self.file}:{self.line}:{self.column}: {note}{self.text}"


def errors(problems: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return those that stop a build."""
    return [problem for problem in problems if problem.severity == "error"]
