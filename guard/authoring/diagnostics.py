"""Problems in the files of the policies, with their positions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, order=True)
class Diagnostic:
    """A problem at a position of a file; a warning doesn't stop a build."""

    file: Path
    line: int
    column: int
    text: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        note = "warning: " if self.severity == "warning" else ""
        return f"{self.file}:{self.line}:{self.column}: {note}{self.text}"


def errors(problems: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return the problems that stop a build."""
    return [problem for problem in problems if problem.severity == "error"]
