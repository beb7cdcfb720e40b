"""The script that builds the pinned tools, for the right machine and independent of the user's Go settings."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# A fake `go` on a machine with its own architecture: it writes what it would build.
GO = """#!/bin/sh
case "$1 $2" in
  "env GOHOSTOS") echo linux;;
  "env GOHOSTARCH") echo riscv64;;
  "list -m") echo v1.0.0;;
  build*)
    while [ "$1" != -o ]; do shift; done
    echo "${GOOS:-linux} ${GOARCH:-riscv64} ${GOFLAGS:-} ${GOWORK:-} ${GO111MODULE:-}" > "$2";;
esac
"""
OLD_GO = """#!/bin/sh
[ "$1" = version ] && echo "go version go1.19.8 linux/amd64" && exit
[ "$1" = env ] && exit
echo "go: errors parsing go.mod: invalid go version '1.26.0': must match format 1.23" >&2
exit 1
"""

Build = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Build a tool with a fake `go`."""

    def run(
        *machine: str, go: str = GO, target: str = "cache/tool", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "go").write_text(go)
        (tmp_path / "bin" / "go").chmod(0o755)
        (tmp_path / "tools" / "tool").mkdir(parents=True)
        script = shutil.copy(ROOT / "tools" / "build-go-tool", tmp_path / "tools")
        environment = {**os.environ, "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}", **variables}
        command = [script, "tool", "example.com/tool", "v1.0.0", tmp_path / target, *machine]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    return run


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({}, id="none"),
        pytest.param({"GOARCH": "arm64"}, id="for another processor"),
        pytest.param({"GOOS": "windows", "GOARCH": "amd64"}, id="for another system"),
        pytest.param({"GOFLAGS": "-mod=vendor"}, id="vendored modules"),
        pytest.param({"GOWORK": "/somewhere/go.work"}, id="a workspace"),
        pytest.param({"GO111MODULE": "off"}, id="no modules"),
    ],
)
def test_a_users_settings_do_not_change_what_is_built(build: Build, tmp_path: Path, variables: dict[str, str]) -> None:
    ran = build(**variables)
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "cache" / "tool").read_text() == "linux riscv64 -buildvcs=false off on\n"


def test_a_tool_for_lambda_is_built_for_lambdas_machine(build: Build, tmp_path: Path) -> None:
    assert build("linux", "arm64", GOARCH="amd64", GOOS="windows").returncode == 0
    assert (tmp_path / "cache" / "tool").read_text().startswith("linux arm64 ")


def test_the_error_of_an_old_go_says_what_to_install(build: Build) -> None:
    ran = build(go=OLD_GO)
    assert ran.returncode == 1
    assert "go1.19.8 linux/amd64 can't read tools/tool/go.mod: install Go 1.26 or newer" in ran.stderr


def test_the_error_of_an_unwritable_cache_says_what_to_set(build: Build, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ran = build(target="file/cache/tool")
    assert ran.returncode == 1
    assert "set XDG_CACHE_HOME" in ran.stderr
