"""Finding the pinned OPA: the order of the places, and the error if none has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from guard.errors import OpaStartError
from guard.opa.binary import OPA_VERSION, find_opa, version


def _program(path: Path, printed: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\nprintf '{printed}'\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache on a Linux machine with an x86-64 processor."""
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    return tmp_path / "cache"


def _environment(cache: Path, **more: str) -> dict[str, str]:
    return {"XDG_CACHE_HOME": str(cache), "PATH": str(cache.parent / "bin"), **more}


def test_the_named_binary_comes_first(cache: Path) -> None:
    assert find_opa(_environment(cache, GUARD_OPA_PATH="/opt/opa")) == Path("/opt/opa")


def test_an_opa_of_the_pinned_version_on_path_is_used(cache: Path) -> None:
    on_path = _program(cache.parent / "bin" / "opa", f"Version: {OPA_VERSION}\\nPlatform: linux\\n")
    assert find_opa(_environment(cache)) == on_path


def test_an_opa_of_another_version_on_path_is_not_used(cache: Path) -> None:
    _program(cache.parent / "bin" / "opa", "Version: 1.22.20\\n")
    built = _program(cache / "sagemaker-guard" / f"opa-v{OPA_VERSION}-linux-amd64", "")
    assert find_opa(_environment(cache)) == built


@pytest.mark.parametrize(("machine", "arch"), [("x86_64", "amd64"), ("aarch64", "arm64"), ("riscv64", "riscv64")])
def test_the_built_opa_is_the_one_for_the_machines_architecture(
    cache: Path, monkeypatch, machine: str, arch: str
) -> None:
    monkeypatch.setattr("platform.machine", lambda: machine)
    built = _program(cache / "sagemaker-guard" / f"opa-v{OPA_VERSION}-linux-{arch}", "")
    assert find_opa(_environment(cache)) == built


def test_the_default_cache_is_in_the_home_folder(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pathlib.Path.home", lambda: cache)
    built = _program(cache / ".cache" / "sagemaker-guard" / f"opa-v{OPA_VERSION}-linux-amd64", "")
    assert find_opa({"PATH": str(cache.parent / "bin")}) == built


def test_without_any_opa_the_error_says_what_to_do(cache: Path) -> None:
    with pytest.raises(OpaStartError, match="make bundle"):
        find_opa(_environment(cache))


def test_the_version_is_what_the_version_command_prints(tmp_path: Path) -> None:
    program = tmp_path / "opa"
    program.write_text('#!/bin/sh\n[ "$*" = version ] && echo "Version: 7"\n')
    program.chmod(0o755)
    assert version(program) == "7"


def test_the_version_of_a_program_that_fails_is_ignored(tmp_path: Path) -> None:
    program = _program(tmp_path / "opa", "Version: 7\\n")
    program.write_text(program.read_text() + "exit 1\n")
    assert version(program) is None


@pytest.mark.parametrize("printed", ["", "OPA"])
def test_a_program_that_prints_another_text_has_no_version(tmp_path: Path, printed: str) -> None:
    assert version(_program(tmp_path / "opa", printed)) is None


def test_a_missing_program_has_no_version(tmp_path: Path) -> None:
    assert version(tmp_path / "missing") is None
