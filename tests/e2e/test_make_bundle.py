"""`make` rebuilds the bundle when file contents change: modification times miss restored and deleted files."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
POLICY = Path("policies/a.rego")
# Replaces Python in the Makefile: leaves a bundle, and counts the builds.
BUILDER = "#!/bin/sh\necho built >> build/calls\ntouch build/bundle.tar.gz\n"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a folder that looks like a clone, set up and with a bundle."""
    for name in (".venv/.ready", "requirements/dev.txt", "pyproject.toml", "capabilities.json", "schemas/a.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "guard" / "authoring").mkdir(parents=True)
    (tmp_path / "policies").mkdir()
    (tmp_path / POLICY).write_text("package a\n")
    (tmp_path / "policies" / "b.rego").write_text("package b\n")
    (tmp_path / "tools").mkdir()
    for name in ("Makefile", "tools/find-python"):
        shutil.copy(ROOT / name, tmp_path / name)
    program = tmp_path / "builder"
    program.write_text(BUILDER)
    program.chmod(0o755)
    (tmp_path / ".venv" / ".ready").touch()
    return tmp_path


def _builds(clone: Path, opa: Path) -> int:
    """Run `make bundle` and return how often the bundle has been built so far."""
    environment = {**os.environ, "PATH": f"bin{os.pathsep}{os.environ['PATH']}"}
    (clone / "bin").mkdir(exist_ok=True)
    if not (clone / "bin" / "opa").exists():
        (clone / "bin" / "opa").symlink_to(opa)
    command = ["make", "bundle", "PYTHON=./builder"]
    ran = subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return len((clone / "build" / "calls").read_text().splitlines())


def _restore(clone: Path) -> None:
    changed = (clone / POLICY).stat().st_mtime - 3600
    (clone / POLICY).write_text("package a\n\nx := 1\n")
    os.utime(clone / POLICY, (changed, changed))


CHANGES: dict[str, Callable[[Path], object]] = {
    "a file that was put back, with its old time": _restore,
    "a file that was deleted": lambda clone: (clone / "policies" / "b.rego").unlink(),
    "a new file": lambda clone: (clone / "policies" / "c.rego").write_text("package c\n"),
    "a change of what builds it": lambda clone: (clone / "guard" / "authoring" / "a.py").write_text("x = 1\n"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_bundle_is_built_after_each_change(clone: Path, opa: Path, change: Callable[[Path], object]) -> None:
    assert _builds(clone, opa) == 1
    change(clone)
    assert _builds(clone, opa) == 2


def test_an_unchanged_bundle_is_not_rebuilt(clone: Path, opa: Path) -> None:
    assert _builds(clone, opa) == 1
    (clone / POLICY).touch()
    assert _builds(clone, opa) == 1
