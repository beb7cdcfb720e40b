"""The name of a bundle's content."""

from __future__ import annotations

import re
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
        "guard/more/data.json": "{}",
        "guard/more/data.yml": "{}",
        "README.md": "{}",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    return tmp_path


SHIPPED = [".manifest", "guard/main/main.rego", "guard/config/data.yaml", "guard/more/data.json", "guard/more/data.yml"]


@pytest.mark.parametrize("name", SHIPPED)
def test_revision_changes_with_every_file_that_ships(policies: Path, name: str) -> None:
    """The revision also changes if the file keeps its length."""
    before = revision(policies)
    (policies / name).write_text((policies / name).read_text().swapcase()[:-1] + "x")
    assert revision(policies) != before


def test_revision_is_twelve_hexadecimal_digits(policies: Path) -> None:
    assert re.fullmatch(r"[0-9a-f]{12}", revision(policies))


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
