"""What became of mutants, of policies and of Python: who survived, who can't be noticed, and whether that is good enough."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import yaml

GOAL = 0.95
Equivalent = tuple[str, str, str]


@dataclass(frozen=True)
class Survivor:
    """A change that no test noticed."""

    file: Path
    row: int
    line: str
    change: str

    def __str__(self) -> str:
        return f"{self.file}:{self.row}: {self.change}"


@dataclass(frozen=True)
class Result:
    """What happened to the mutants of one folder; those that don't compile are not among them."""

    unit: str
    tried: int
    survivors: tuple[Survivor, ...]
    equivalent: frozenset[Equivalent] = frozenset()

    @property
    def killed(self) -> int:
        """How many the tests noticed."""
        return self.tried - len(self.survivors)

    def __str__(self) -> str:
        share = f"{self.killed / self.tried:7.1%}" if self.tried else "       "
        return f"{self.unit:<36} {self.killed:>4} of {self.tried:>4} {share}"


def conclude(results: list[Result], out: TextIO) -> bool:
    """Print the survivors and the share of the killed; True if enough were killed."""
    for result in results:
        out.writelines(f"survived: {survivor}\n" for survivor in result.survivors)
    tried, killed = sum(each.tried for each in results), sum(each.killed for each in results)
    share = killed / tried if tried else 0.0
    out.write(f"{killed} of {tried} mutants killed, {share:.1%}; the goal is {GOAL:.0%}\n")
    return share >= GOAL


def read_equivalent(path: Path) -> set[Equivalent]:
    """Return the mutants that no test can notice, each by file, line and change."""
    listed = yaml.safe_load(path.read_text()) if path.exists() else []
    return {(entry["file"], entry["line"], entry["change"]) for entry in listed or [] if entry["reason"]}
