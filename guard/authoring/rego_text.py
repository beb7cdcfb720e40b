"""The head of a Rego file, up to its package: it can be read even where OPA can't read the file, or misreads it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_PACKAGE = re.compile(r"package\s+([^\s#;]+)")


@dataclass(frozen=True)
class RegoText:
    """A Rego file in a folder of policies, and its text."""

    file: Path
    text: str
    is_utf8: bool = True

    @property
    def is_test(self) -> bool:
        return self.file.name.endswith("_test.rego")

    @cached_property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def first_row(self) -> int:
        """The row, counted from 1, of the first line that is neither empty nor a comment: normally that of the package."""
        return next((i for i, line in enumerate(self.lines, 1) if line.strip() and not line.strip().startswith("#")), 1)

    @property
    def package(self) -> str | None:
        """The name of the package; None if the first statement isn't a package."""
        found = _PACKAGE.match(self.lines[self.first_row - 1].strip())
        return found[1] if found else None

    @property
    def head(self) -> str:
        """The text up to the package."""
        return "\n".join(self.lines[: self.first_row]) + "\n"


def read_texts(root: Path) -> list[RegoText]:
    """Return the Rego files of a folder of policies, sorted. Raises OSError."""
    root.stat()
    return [_read(root, file) for file in sorted(root.rglob("*.rego"))]


def _read(root: Path, file: Path) -> RegoText:
    content = file.read_bytes()
    text = content.decode(errors="replace")
    return RegoText(file.relative_to(root), text, text.encode() == content)
