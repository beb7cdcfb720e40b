"""Find the pinned OPA on a workstation; a deployment package contains its own."""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from guard.errors import OpaStartError

OPA_VERSION = "1.22.2"

_GO_ARCH = {"x86_64": "amd64", "aarch64": "arm64"}


def find_opa(environment: Mapping[str, str]) -> Path:
    """Return `GUARD_OPA_PATH`, else an `opa` of exactly the pinned version on PATH, else the one that `make` built.

    Raises OpaStartError if none of them is found.
    """
    if chosen := environment.get("GUARD_OPA_PATH"):
        return Path(chosen)
    on_path = shutil.which("opa", path=environment.get("PATH"))
    if on_path and version(Path(on_path)) == OPA_VERSION:
        return Path(on_path)
    cached = _cache(environment) / f"opa-v{OPA_VERSION}-{platform.system().lower()}-{_arch()}"
    if cached.exists():
        return cached
    raise OpaStartError(
        f"there is no OPA {OPA_VERSION}: run `make bundle` once, or set GUARD_OPA_PATH", looked_for=str(cached)
    )


def version(binary: Path) -> str | None:
    """Return the version that this binary prints; None if it can't be run or isn't OPA."""
    try:
        printed = subprocess.run([binary, "version"], capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    lines = (line.partition(": ") for line in printed.splitlines())
    return next((value for name, _, value in lines if name == "Version"), None)


def _cache(environment: Mapping[str, str]) -> Path:
    base = environment.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "sagemaker-guard"


def _arch() -> str:
    machine = platform.machine()
    return _GO_ARCH.get(machine, machine)
