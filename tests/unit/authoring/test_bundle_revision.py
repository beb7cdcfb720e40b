"""The name of a bundle's content."""

from __future__ import annotations

from pathlib import Path

import pytest

from guard.authoring.bundle import revision


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    for name, content in {
        ".manifest": "{}",
        "guard/main/main.rego": "package guard.main\n",
        "guard/main/main_test.rego": "package guard.main_test\n",
        "guard/config/data.yaml": "rules: {}\n",
        "README.md": "{}",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    return tmp_path


@pytest.mark.parametrize("name", [".manifest", "guard/main/main.rego", "guard/config/data.yaml"])
def test_revision_changes_with_every_file_that_ships(policies: Path, name: str) -> None:
    before = revision(policies)
    (policies / name).write_text("changed")
    assert revision(policies) != before


@pytest.mark.parametrize("name", ["guard/main/main_test.rego", "README.md"])
def test_revision_stays_when_something_else_changes(policies: Path, name: str) -> None:
    before = revision(policies)
    (policies / name).write_text("changed")
    assert revision(policies) == before


def test_revision_changes_when_content_moves_to_another_file(policies: Path) -> None:
    before = revision(policies)
    (policies / "guard" / "main" / "main.rego").rename(policies / "guard" / "main" / "other.rego")
    assert revision(policies) != before


def test_revision_is_the_same_in_another_folder(policies: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    before = revision(policies)
    assert revision(policies.rename(tmp_path_factory.mktemp("other") / "policies")) == before
