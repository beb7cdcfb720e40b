"""The pinned Regal, which `make check` builds."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

import pytest

from tests.support.policies import ROOT

SHARED = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sagemaker-guard"


def pinned_regal() -> Path:
    """Return the Regal that `make lint` built; skip the test if it doesn't exist."""
    version = re.search(r"^REGAL_VERSION := (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert version is not None
    arch = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    path = SHARED / f"regal-{version[1]}-{platform.system().lower()}-{arch}"
    if not path.exists():
        pytest.skip("there is no Regal yet: run `make check`")
    return path
