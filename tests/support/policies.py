"""Copies of the policies that a test may change."""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection, Iterator
from functools import partial
from pathlib import Path

from guard.authoring.generated import generated_files, write
from guard.authoring.opa import CAPABILITIES, SCHEMAS, Opa
from tests.support.remembering import RememberingOpa

ROOT = Path(__file__).resolve().parent.parent.parent
POLICIES = Path("policies")
RULES = POLICIES / "guard" / "rules"
LIBRARIES = POLICIES / "guard" / "lib"
CONFIG = POLICIES / "guard" / "config" / "data.yaml"


def copy_policies(to: Path, opa: Path, *, rules: Collection[str] | None = None, libraries: Collection[str] = ()) -> Opa:
    """Copy everything that the author's commands read; the result is the pinned OPA there.

    With some of the rules only, the libraries that nothing else reads stay away, but for those that are named: one of them is
    larger than all the rest.
    """
    left_out = set() if rules is None else {path for path in (ROOT / RULES).iterdir() if path.name not in rules}
    if left_out:
        left_out |= {library for library in _unread_libraries(left_out) if library.name not in libraries}
    for folder in (POLICIES, Path(".regal"), Path("docs"), SCHEMAS):
        shutil.copytree(ROOT / folder, to / folder, ignore=partial(_ignored, left_out))
    (to / "tools").mkdir()
    shutil.copy(ROOT / CAPABILITIES, to)
    shutil.copy(ROOT / "tools" / "capabilities.py", to / "tools")
    shutil.copy(ROOT / "tools" / "mutants-equivalent.yaml", to / "tools")
    return RememberingOpa(opa, to)


def _unread_libraries(left_out: set[Path]) -> Iterator[Path]:
    """Yield the libraries that no policy outside of them names but those that are left out."""
    files = [file for file in (ROOT / POLICIES).rglob("*.rego") if file.parent not in left_out]
    texts = {file: file.read_text() for file in files}
    for library in (ROOT / LIBRARIES).iterdir():
        if not any(f"data.guard.lib.{library.name}" in text for file, text in texts.items() if file.parent != library):
            yield library


def _ignored(left_out: set[Path], folder: str, names: list[str]) -> list[str]:
    return [name for name in names if Path(folder, name) in left_out]


def few_policies(to: Path, opa: Path, rules: Collection[str]) -> Opa:
    """Copy what the author's commands read of a repository that has only these rules, as they ship: all checks pass."""
    tree = copy_policies(to, opa, rules=rules)
    head, sections, tail = re.split(r"(?m)^rules:\n|^(?=exemptions:)", (to / CONFIG).read_text())
    kept = [text for text in re.split(r"(?m)^(?=  \w)", sections) if text.strip().partition(":")[0] in rules]
    (to / CONFIG).write_text(f"{head}rules:\n{''.join(kept)}{tail}")
    write(to, generated_files(tree, POLICIES))
    return tree
