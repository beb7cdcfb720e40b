"""The results of mutation testing, for policies and Python: the survivors, the equivalent mutants and the goal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import yaml

GOAL = 0.95
Equivalent = tuple[str, str, str]


@dataclass(frozen=True)
class Survivor:
    """A mutant that no test detected."""

    file: Path
    row: int
    line: str
    change: str

    def __str__(self) -> str:
        return f"{self.file}:{self.row}: {self.change}"


@dataclass(frozen=True)
class Result:
    """The result for the mutants of one folder; mutants that don't compile don't count."""

    unit: str
    tried: int
    survivors: tuple[Survivor, ...]
    equivalent: frozenset[Equivalent] = frozenset()

    @property
    def killed(self) -> int:
        """The number of mutants that tests detected."""
        return self.tried - len(self.survivors)

    def __str__(self) -> str:
        share = f"{self.killed / self.tried:7.1%}" if self.tried else "       "
        return f"{self.unit:<36} {self.killed:>4} of {self.tried:>4} {share}"


def conclude(results: list[Result], out: TextIO) -> bool:
    """Print the survivors and the share of killed mutants; return True if it reaches the goal."""
    for result in results:
        out.writelines(f"survived: {survivor}\n" for survivor in result.survivors)
    tried, killed = sum(each.tried for each in results), sum(each.killed for each in results)
    share = killed / tried if tried else 0.0
    out.write(f"{killed} of {tried} mutants killed, {share:.1%}; the goal is {GOAL:.0%}\n")
    return share >= GOAL


def read_equivalent(path: Path) -> set[Equivalent]:
    """Return the mutants that no test can detect, each as file, line and change."""
    listed = yaml.safe_load(path.read_text()) if path.exists() else []
    return {(entry["file"], entry["line"], entry["change"]) for entry in listed or [] if entry["reason"]}
