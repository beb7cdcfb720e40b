"""The files of a new rule, its section in the configuration, and invalid names."""

from __future__ import annotations

from pathlib import Path

import pytest

from guard.authoring import scaffold
from guard.authoring.diagnostics import Diagnostic
from guard.authoring.opa import Opa
from guard.authoring.scaffold import new_rule, with_section
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
def test_with_section_adds_a_section_and_keeps_every_other_line(before: str, after: str) -> None:
    assert with_section(FILE, before, SECTION) == after


@pytest.mark.parametrize(
    "text", ["rules: {}\nexemptions: []\n", "rules:\nexemptions: []\n", 'rules: {a: {level: "off"}}\n']
)
def test_with_section_rejects_rules_that_are_not_a_block(text: str) -> None:
    with pytest.raises(ConfigError, match=r"data\.yaml:1: write the rules as an indented block"):
        with_section(FILE, text, SECTION)


POLICIES = Path("policies")
CONFIG = POLICIES / "guard/config/data.yaml"
RULE = POLICIES / "guard/rules/root_access"
WARNING = Diagnostic(CONFIG, 1, 1, "this is odd", "warning")
ERRORS = [Diagnostic(CONFIG, row, 1, "this is wrong") for row in (3, 4)]


@pytest.fixture
def opa(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opa:
    """A repository with only a configuration, which has a warning but no error."""
    monkeypatch.setattr(scaffold, "check_config", lambda opa, policies, today: [WARNING])
    monkeypatch.setattr(scaffold, "generated_files", lambda opa, policies: {Path("docs/rules.md"): "with the new rule"})
    (tmp_path / CONFIG).parent.mkdir(parents=True)
    (tmp_path / CONFIG).write_text("rules:\n  a: {level: deny}\nexemptions: []\n")
    return Opa(Path("opa"), tmp_path)


def test_a_new_rule_has_its_files_its_section_and_its_title(opa: Opa) -> None:
    told = new_rule(opa, POLICIES, "root_access")
    assert told == [
        "policies/guard/rules/root_access/root_access.rego       what the rule looks for",
        "policies/guard/rules/root_access/root_access_test.rego  what it must find, and what not",
        "policies/guard/config/data.yaml                         its level and parameters",
        "Change them, then: make docs check test-policies",
    ]
    rule, test = ((opa.folder / RULE / f"root_access{end}.rego").read_text() for end in ("", "_test"))
    assert rule.startswith("# METADATA\n# title: Root access\n")
    assert "\npackage guard.rules.root_access\n" in rule
    assert test.startswith("package guard.rules.root_access_test\n")
    assert "\n\n  root_access:\n    level: warn\n    names: []\nexemptions" in (opa.folder / CONFIG).read_text()
    assert (opa.folder / "docs/rules.md").read_text() == "with the new rule"


REGO = ["as", "contains", "data", "default", "else", "every", "false", "if", "import", "in", "input", "not", "null", "package",
        "some", "true", "with"]  # fmt: skip
SPELLING = ["", "Root", "root-access", "1st", "_root", "root_", "a__b", "a_test", "../x", "ä"]


@pytest.mark.parametrize("name", [*REGO, "exemptions", *SPELLING])
def test_a_reserved_name_is_rejected(opa: Opa, name: str) -> None:
    with pytest.raises(ConfigError, match="can't be a rule's name: use lower case, digits and underscores"):
        new_rule(opa, POLICIES, name)


def test_the_name_of_an_existing_rule_is_rejected(opa: Opa) -> None:
    (opa.folder / RULE).mkdir(parents=True)
    with pytest.raises(ConfigError, match=r"^the rule root_access already exists: policies/guard/rules/root_access$"):
        new_rule(opa, POLICIES, "root_access")


def test_no_rule_is_created_in_policies_with_errors(opa: Opa, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scaffold, "check_config", lambda opa, policies, today: [WARNING, *ERRORS])
    with pytest.raises(ConfigError) as raised:
        new_rule(opa, POLICIES, "root_access")
    told = [f"{CONFIG}:{row}:1: this is wrong" for row in (3, 4)]
    assert raised.value.message == "\n".join(["the policies have problems; fix them first:", *told])
    assert not (opa.folder / RULE).exists()
