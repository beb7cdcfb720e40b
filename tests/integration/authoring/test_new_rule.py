"""`make new-rule` on copies of the policies."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from guard.authoring.mutation.run import mutate
from guard.authoring.opa import SCHEMAS, Opa
from guard.authoring.scaffold import new_rule
from guard.errors import ConfigError
from tests.support.authoring import RULES, RUNTIME, SECONDS, Change, checked, outcome_of_tests
from tests.support.policies import CONFIG, POLICIES


@pytest.mark.usefixtures("short_trial")
def test_a_new_rule_passes_every_check_and_test_at_once(tree: Opa, regal: Path) -> None:
    new_rule(tree, POLICIES, "root_access_enabled")
    well, _, printed = checked(tree, regal)
    assert well, printed
    passed, printed = outcome_of_tests(tree)
    assert passed, printed


def test_a_new_rule_leaves_every_other_line_of_the_configuration(tree: Opa) -> None:
    before = (tree.folder / CONFIG).read_text()
    new_rule(tree, POLICIES, "root_access_enabled")
    after = (tree.folder / CONFIG).read_text()
    section = "\n  root_access_enabled:\n    level: warn\n    names: []\n"
    assert after.replace(section, "", 1) == before
    assert after.count(section) == 1


def test_a_new_rule_is_in_the_catalogue_and_the_schema(tree: Opa) -> None:
    new_rule(tree, POLICIES, "root_access_enabled")
    assert "## root_access_enabled" in (tree.folder / "docs" / "rules.md").read_text()
    schema = json.loads((tree.folder / SCHEMAS / "config.json").read_text())
    assert "names" in schema["properties"]["rules"]["properties"]["root_access_enabled"]["properties"]


def test_a_new_rules_mutants_are_all_killed_by_its_test(tree: Opa) -> None:
    new_rule(tree, POLICIES, "root_access_enabled")
    out = io.StringIO()
    assert mutate(tree, POLICIES, ("root_access_enabled",), out)
    assert "survived" not in out.getvalue()


@pytest.mark.parametrize(
    "name", ["", "Root", "root-access", "1st", "_root", "root_", "a__b", "a_test", "default", "exemptions", "../x"]
)
def test_a_reserved_name_is_rejected(tree: Opa, name: str) -> None:
    before = (tree.folder / CONFIG).read_text()
    with pytest.raises(ConfigError, match="can't be a rule's name"):
        new_rule(tree, POLICIES, name)
    assert (tree.folder / CONFIG).read_text() == before


def test_the_name_of_an_existing_rule_is_rejected(tree: Opa) -> None:
    before = (tree.folder / RUNTIME).read_text()
    with pytest.raises(ConfigError, match=r"the rule max_runtime already exists: policies/guard/rules/max_runtime$"):
        new_rule(tree, POLICIES, "max_runtime")
    assert (tree.folder / RUNTIME).read_text() == before


def test_no_rule_is_created_in_policies_with_problems(tree: Opa, change: Change) -> None:
    change(CONFIG, SECONDS, "seconds: soon")
    with pytest.raises(ConfigError, match=r"rules\.max_runtime\.seconds: must be a whole number"):
        new_rule(tree, POLICIES, "root_access_enabled")
    assert not (tree.folder / RULES / "root_access_enabled").exists()
