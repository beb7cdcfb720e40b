"""A user's own settings must not change what `make` sets up and tests."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from guard.opa.binary import OPA_VERSION

ROOT = Path(__file__).resolve().parents[2]
# Prints the environment of the programs that the Makefile starts.
PROBE = "include Makefile\nprobe:\n\t@env\n"

Make = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return a function that prints the environment of the Makefile's programs, given a user's variables."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    (tmp_path / "probe.mk").write_text(PROBE)

    def run(**variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["make", "-f", "probe.mk", "probe"],
            cwd=tmp_path,
            env={**os.environ, "XDG_CACHE_HOME": "cache", **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.mark.parametrize(
    ("name", "value", "seen"),
    [
        ("PIP_USER", "1", "0"),
        ("PIP_REQUIRE_HASHES", "1", "0"),
        ("PIP_TARGET", "/somewhere", None),
        ("PIP_PREFIX", "/somewhere", None),
        ("PIP_ROOT", "/somewhere", None),
        ("PIP_PYTHON", "/somewhere/python", None),
        ("PYTHONWARNINGS", "error", None),
        ("PYTHONOPTIMIZE", "1", None),
        ("PYTHONPYCACHEPREFIX", "/somewhere", None),
        pytest.param("PIP_INDEX_URL", "https://mirror.example/simple", "https://mirror.example/simple", id="a mirror"),
    ],
)
def test_settings_of_pip_and_python_that_would_break_the_setup_are_removed(
    make: Make, name: str, value: str, seen: str | None
) -> None:
    ran = make(**{name: value})
    assert ran.returncode == 0, ran.stderr
    printed = dict(line.partition("=")[::2] for line in ran.stdout.splitlines())
    assert printed.get(name) == seen


def test_a_cache_path_with_spaces_is_rejected_with_a_remedy(make: Make) -> None:
    ran = make(XDG_CACHE_HOME="/home/a user/.cache")
    assert ran.returncode == 2
    assert "set XDG_CACHE_HOME to a path without" in ran.stderr


@pytest.mark.parametrize(("folder", "is_used"), [("bin", True), ("my bin", False)])
def test_an_opa_on_path_is_used_unless_its_path_has_a_space(
    make: Make, tmp_path: Path, folder: str, is_used: bool
) -> None:
    program = tmp_path / folder / "opa"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho 'Version: {OPA_VERSION}'\n")
    program.chmod(0o755)
    ran = make(PATH=f"{folder}{os.pathsep}{os.environ['PATH']}")
    pinned = next(line for line in ran.stdout.splitlines() if line.startswith("PINNED_OPA="))
    assert (pinned == f"PINNED_OPA={folder}/opa") == is_used
    assert ran.returncode == 0, ran.stderr
