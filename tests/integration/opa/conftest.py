"""Small bundles, and engines that are closed after the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from guard.opa.engine import EmbeddedOpa
from guard.opa.process import OpaProcess


@pytest.fixture
def policies(tmp_path: Path) -> Callable[[str], Path]:
    """Write a bundle folder with `guard.main` made of these lines."""

    def write(rule: str) -> Path:
        root = tmp_path / "policies"
        (root / "guard" / "main").mkdir(parents=True, exist_ok=True)
        (root / ".manifest").write_text('{"roots": ["guard"], "rego_version": 1, "revision": "r1"}')
        (root / "guard" / "main" / "main.rego").write_text(f"package guard.main\n\nschema_version := 1\n\n{rule}\n")
        return root

    return write


@pytest.fixture
def engine(opa: Path) -> Iterator[Callable[..., EmbeddedOpa]]:
    """Make engines that are closed after the test."""
    made: list[EmbeddedOpa] = []

    def make(bundle: Path, *, timeout: float = 5.0, start_timeout: float = 10.0, binary: Path = opa) -> EmbeddedOpa:
        made.append(EmbeddedOpa(lambda: OpaProcess(binary, bundle), timeout=timeout, start_timeout=start_timeout))
        return made[-1]

    yield make
    for each in made:
        each.close()
