"""Copies of the policies that a test may change."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from guard.authoring.generated import generated_files, write
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


def few_policies(to: Path, opa: Path, rules: Iterable[str]) -> Opa:
    """Copy what the author's commands read of a repository that has only these rules, as they ship: all checks pass."""
    tree = copy_policies(to, opa, rules=rules)
    head, sections, tail = re.split(r"(?m)^rules:\n|^(?=exemptions:)", (to / CONFIG).read_text())
    kept = [text for text in re.split(r"(?m)^(?=  \w)", sections) if text.strip().partition(":")[0] in rules]
    (to / CONFIG).write_text(f"{head}rules:\n{''.join(kept)}{tail}")
    write(to, generated_files(tree, POLICIES))
    return tree
