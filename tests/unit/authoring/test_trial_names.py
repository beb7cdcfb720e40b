"""Names of settings that rules may look for, from their texts and their parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from guard.authoring.opa import Opa
from guard.authoring.trial.names import names_among, texts_of_rules

RULE = """package guard.rules.own

# Not "IN_A_COMMENT".
findings contains {"message": "No tokens."} if {
	some setting in input.environment
	setting.name in {"HF_TOKEN", `API-KEY`}
	not setting.value == "a b"
	not input.job.tags.owner
}
"""
CONFIG = {"rules": {"own": {"level": "off", "names": ["DB_URI", "*_KEY"], "by_name": {"STAGE": 7}}}, "exemptions": []}


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    folder = tmp_path / "policies" / "guard" / "rules" / "own"
    folder.mkdir(parents=True)
    (folder / "own.rego").write_text(RULE)
    (folder / "own_test.rego").write_text('package guard.rules.own_test\n\nname := "IN_A_TEST"\n')
    monkeypatch.setattr(Opa, "read_yaml", lambda _self, _file: CONFIG)
    return names_among(texts_of_rules(Opa(Path("opa"), tmp_path), Path("policies")))


def test_texts_of_rules_and_parameters_may_be_names(names: list[str]) -> None:
    assert {"HF_TOKEN", "API-KEY", "DB_URI", "STAGE", "owner"} <= set(names)
    assert names == sorted(set(names))


@pytest.mark.parametrize("text", ["IN_A_COMMENT", "IN_A_TEST", "No tokens.", "a b", "*_KEY"])
def test_other_texts_are_not_names(names: list[Any], text: str) -> None:
    assert text not in names
