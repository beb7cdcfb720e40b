"""What the guard's tests decide with where a team has rules and a configuration of its own."""

from __future__ import annotations

from pathlib import Path

from guard.authoring.bundle import revision
from guard.authoring.scaffold import new_rule
from tests.support.policies import CONFIG, POLICIES, SHIPPED, copy_policies
from tools.shipped import build_shipped, shipped_folder


def test_a_teams_rules_and_configuration_are_left_out(tmp_path: Path, opa: Path) -> None:
    team = copy_policies(tmp_path, opa)
    new_rule(team, POLICIES, "root_access_enabled")
    config = (tmp_path / CONFIG).read_text()
    (tmp_path / CONFIG).write_text(config.replace('level: "off"', "level: deny"))
    assert build_shipped(tmp_path, opa) == 0
    made = shipped_folder(tmp_path)
    assert made != tmp_path
    assert revision(made / POLICIES) == revision(SHIPPED / POLICIES) != revision(tmp_path / POLICIES)
    assert (made / "docs" / "rules.md").read_text() == (SHIPPED / "docs" / "rules.md").read_text()


def test_policies_as_they_ship_need_no_copy(tmp_path: Path, opa: Path) -> None:
    copy_policies(tmp_path, opa)
    assert shipped_folder(tmp_path) == tmp_path
