"""Inserting a section into the configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from guard.authoring.scaffold import with_section
from guard.errors import ConfigError

FILE = Path("data.yaml")
SECTION = "new_one:\n  level: warn\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "# head\nrules:  # all of them\n  a:\n    level: deny  # why\n    # the end of a\n\n# later\nexemptions: []\n",
            "# head\nrules:  # all of them\n  a:\n    level: deny  # why\n    # the end of a\n"
            "\n  new_one:\n    level: warn\n\n# later\nexemptions: []\n",
            id="before the next key, comments stay",
        ),
        pytest.param(
            "exemptions: []\nrules:\n  a: {level: deny}\n",
            "exemptions: []\nrules:\n  a: {level: deny}\n\n  new_one:\n    level: warn\n",
            id="at the end of the file",
        ),
        pytest.param(
            "rules:\n    a:\n        level: deny\nexemptions: []\n",
            "rules:\n    a:\n        level: deny\n\n    new_one:\n      level: warn\nexemptions: []\n",
            id="indented as the others",
        ),
        pytest.param(
            "rules:\n  a: {level: deny}",
            "rules:\n  a: {level: deny}\n\n  new_one:\n    level: warn\n",
            id="no newline at the end of the file",
        ),
    ],
)
def test_with_section_adds_it_and_keeps_every_other_line(before: str, after: str) -> None:
    assert with_section(FILE, before, SECTION) == after


@pytest.mark.parametrize(
    "text", ["rules: {}\nexemptions: []\n", "rules:\nexemptions: []\n", 'rules: {a: {level: "off"}}\n']
)
def test_with_section_refuses_rules_that_are_no_block(text: str) -> None:
    with pytest.raises(ConfigError, match=r"data\.yaml:1: write the rules as an indented block"):
        with_section(FILE, text, SECTION)
