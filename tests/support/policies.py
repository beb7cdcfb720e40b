"""The shipped policies, and copies of them that tests may change."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from guard.authoring.generated import generated_files, write
from guard.authoring.opa import Opa
from tests.support.remembering import RememberingOpa
from tools import shipped
from tools.shipped import CONFIG, POLICIES, ROOT, RULES, shipped_folder

__all__ = ["CONFIG", "LIBRARIES", "POLICIES", "ROOT", "RULES", "RULE_IDS", "SHIPPED", "copy_policies", "few_policies"]

LIBRARIES = POLICIES / "guard" / "lib"
SHIPPED = shipped_folder(ROOT)
"""The folder of the shipped policies."""
RULE_IDS = sorted(path.name for path in (SHIPPED / RULES).iterdir() if path.is_dir())


def copy_policies(to: Path, opa: Path, *, rules: Collection[str] | None = None, libraries: Collection[str] = ()) -> Opa:
    """Copy all files that the authoring commands read; return the pinned OPA for the copy.

    If only some rules are copied, so are only the libraries that these need, and those in `libraries`: one library is larger than
    all other files.
    """
    left_out = set() if rules is None else {SHIPPED / RULES / rule for rule in RULE_IDS if rule not in rules}
    if left_out:
        left_out |= {library for library in _unread_libraries(left_out) if library.name not in libraries}
    shipped.copy_policies(SHIPPED, to, left_out)
    return RememberingOpa(opa, to)


def _unread_libraries(left_out: set[Path]) -> Iterator[Path]:
    """Yield the libraries that are only used by the policies in `left_out`."""
    files = [file for file in (SHIPPED / POLICIES).rglob("*.rego") if file.parent not in left_out]
    texts = {file: file.read_text() for file in files}
    for library in (SHIPPED / LIBRARIES).iterdir():
        if not any(f"data.guard.lib.{library.name}" in text for file, text in texts.items() if file.parent != library):
            yield library


def few_policies(to: Path, opa: Path, rules: Collection[str]) -> Opa:
    """Copy the files that the authoring commands read, with only these rules in their shipped form, so that all checks pass."""
    tree = copy_policies(to, opa, rules=rules)
    head, sections, tail = re.split(r"(?m)^rules:\n|^(?=exemptions:)", (to / CONFIG).read_text())
    kept = [text for text in re.split(r"(?m)^(?=  \w)", sections) if text.strip().partition(":")[0] in rules]
    (to / CONFIG).write_text(f"{head}rules:\n{''.join(kept)}{tail}")
    write(to, generated_files(tree, POLICIES))
    return tree
