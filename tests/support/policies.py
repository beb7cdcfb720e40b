"""Copies of the policies that a test may change."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from guard.authoring.opa import CAPABILITIES, SCHEMAS, Opa

ROOT = Path(__file__).resolve().parent.parent.parent
POLICIES = Path("policies")
CONFIG = POLICIES / "guard" / "config" / "data.yaml"


def copy_policies(to: Path, opa: Path, *, rules: Iterable[str] | None = None) -> Opa:
    """Copy everything that the author's commands read, with some of the rules only; the result is the pinned OPA there."""
    for folder in (POLICIES, Path(".regal"), Path("docs"), SCHEMAS):
        shutil.copytree(ROOT / folder, to / folder)
    (to / "tools").mkdir()
    shutil.copy(ROOT / CAPABILITIES, to)
    shutil.copy(ROOT / "tools" / "capabilities.py", to / "tools")
    shutil.copy(ROOT / "tools" / "mutants-equivalent.yaml", to / "tools")
    if rules is not None:
        for folder in (to / POLICIES / "guard" / "rules").iterdir():
            if folder.name not in rules:
                shutil.rmtree(folder)
    return Opa(opa, to)
