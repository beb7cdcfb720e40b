"""What is wrong with one value of the configuration beyond its form."""

from __future__ import annotations

from dataclasses import dataclass

from guard.authoring.yaml_positions import KeyPath


@dataclass(frozen=True)
class Concern:
    """One thing about the value at a path; a warning stops nothing."""

    path: KeyPath
    text: str
    severity: str = "error"
