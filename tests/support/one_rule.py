"""A copy of the policies with one rule and the files that the structure checks read, and helpers to change it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from guard.authoring.config_check import check_config
from guard.authoring.opa import Opa
from tests.support.policies import CONFIG, POLICIES

TODAY = date(2026, 11, 23)
RULE = POLICIES / "guard" / "rules" / "max_runtime" / "max_runtime.rego"
TEST = RULE.with_name("max_runtime_test.rego")
LIBRARY = POLICIES / "guard" / "lib" / "globs" / "globs.rego"
READ = {RULE.parent, LIBRARY.parent, CONFIG.parent}


def said(tree: Opa) -> list[str]:
    """Return the diagnostics of the policies."""
    return [str(problem) for problem in check_config(tree, POLICIES, TODAY)]


def add(tree: Opa, file: Path, body: str) -> int:
    """Add lines to a policy, an import after the other imports; return the row of the first line."""
    path = tree.folder / file
    before, package, after = path.read_text().partition(f"package guard.{'.'.join(file.parts[2:-1])}\n")
    assert package
    path.write_text(f"{before}{package}\n{body}\n{after}")
    return before.count("\n") + 3
