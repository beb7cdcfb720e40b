"""Which generated files are out of date, how they are written, and errors of generating them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from guard.authoring import generated
from guard.authoring.generated import generated_files, stale, write
from guard.authoring.opa import Opa, RunResult
from guard.errors import ConfigError

FILES = {Path("a/b/new.md"): "ä\n", Path("same.md"): "same", Path("other.md"): "now"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "same.md").write_text("same")
    (tmp_path / "other.md").write_bytes(b"before \xff")
    return tmp_path


def test_missing_and_different_files_are_stale_until_they_are_written(folder: Path) -> None:
    assert stale(folder, FILES) == [Path("a/b/new.md"), Path("other.md")]
    write(folder, FILES)
    write(folder, FILES)
    assert stale(folder, FILES) == []


@pytest.mark.parametrize(
    ("broken", "text"),
    [
        ("fmt", "OPA can't format the complete document: no"),
        ("filter", "tools/capabilities.py fails: no"),
        ("kinds", "OPA can't format the table of job kinds: no"),
    ],
)
def test_a_failure_to_generate_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str, text: str
) -> None:
    def answer(opa: Opa, *arguments: Any, given: str = "") -> RunResult:
        failing = broken == "fmt" or (broken == "kinds" and "package guard.lib.kinds" in given)
        return RunResult(int(arguments[0] == "fmt" and failing), given, "no")

    monkeypatch.setattr(Opa, "run", answer)
    monkeypatch.setattr(Opa, "read_yaml", lambda opa, file: {"rules": {}})
    monkeypatch.setattr(generated, "read_rules", lambda opa, policies: ([], []))
    monkeypatch.setattr(
        generated, "run", lambda *arguments, folder, given: RunResult(int(broken == "filter"), given, "no")
    )
    with pytest.raises(ConfigError) as raised:
        generated_files(Opa(Path("opa"), tmp_path), Path("policies"))
    assert raised.value.message.startswith(text.rpartition(":")[0])
    assert raised.value.message.endswith("no")
