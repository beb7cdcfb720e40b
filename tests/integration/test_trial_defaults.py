"""A default that only the METADATA has is reported if the configuration leaves the parameter out."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from guard.authoring.opa import Opa
from guard.authoring.rules import read_rules
from guard.authoring.trial.run import trial_problems
from tests.support.policies import CONFIG, POLICIES, copy_policies

FOLDER = POLICIES / "guard/rules/own"
HEAD = """# METADATA
# title: Own
# description: A rule of one's own.
# related_resources:
#   - https://example.com
# schemas:
#   - input: schema.input
# custom:
#   severity: low
#   remediation: Do something else.
#   parameters:
#     limit: {description: The longest runtime., type: integer, default: 60}
package guard.rules.own

import data.guard.parameters

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

"""
READ = 'findings contains {"message": "x"} if input.compute.max_runtime_seconds > parameters.of.own.limit\n'
HELPED = """findings contains {"message": "x"} if input.compute.max_runtime_seconds > _limit

default _limit := %d

_limit := parameters.of.own.limit
"""


@pytest.fixture
def tree(tmp_path: Path, opa: Path) -> Opa:
    """The libraries; tests add a rule of their own."""
    return copy_policies(tmp_path, opa, rules=())


def _said(tree: Opa, body: str, **section: object) -> list[str]:
    folder = tree.folder / FOLDER
    folder.mkdir(parents=True)
    (folder / "own.rego").write_text(HEAD + body)
    (folder / "own_test.rego").write_text("package guard.rules.own_test\n")
    (tree.folder / CONFIG).write_text(
        yaml.safe_dump({"rules": {"own": {"level": "deny", **section}}, "exemptions": []})
    )
    return [str(problem) for problem in trial_problems(tree, POLICIES)]


@pytest.mark.usefixtures("short_trial")
def test_a_rule_that_finds_nothing_without_a_parameter_with_a_default_is_reported(tree: Opa) -> None:
    (problem,) = _said(tree, READ)
    assert problem == (
        f"{FOLDER}/own.rego:13:1: without limit in the configuration the rule finds nothing on a complete training job, but "
        "with the default of its METADATA it does; OPA doesn't read that default, so set it in the rule, as "
        "`default _limit := 60`, or configure limit: 60"
    )


@pytest.mark.usefixtures("short_trial")
@pytest.mark.parametrize(
    ("body", "section"),
    [
        pytest.param(READ, {"limit": 60}, id="given"),
        pytest.param(READ, {"level": "off"}, id="off"),
        pytest.param(HELPED % 60, {}, id="the rule's own default"),
        pytest.param(HELPED % 0, {}, id="a stricter one"),
    ],
)
def test_a_rule_with_the_default_or_a_configured_value_is_not_reported(
    tree: Opa, body: str, section: dict[str, object]
) -> None:
    assert _said(tree, body, **section) == []


@pytest.mark.usefixtures("short_trial")
def test_no_rule_that_ships_finds_less_without_its_defaults(tmp_path: Path, opa: Path) -> None:
    tree = copy_policies(tmp_path, opa)
    config = yaml.safe_load((tmp_path / CONFIG).read_text())
    for rule in read_rules(tree, POLICIES)[0]:
        section = config["rules"][rule.rule_id]
        required = {name: section[name] for name in rule.required}
        config["rules"][rule.rule_id] = {"level": "deny", **required}
    (tmp_path / CONFIG).write_text(yaml.safe_dump(config))
    assert [str(problem) for problem in trial_problems(tree, POLICIES)] == []
