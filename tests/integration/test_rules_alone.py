"""Asked one by one, the rules answer as they do together, and each whatever happens to another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from guard.authoring.opa import Opa, RunResult
from tests.support.golden import CASES, document_of, policies_of
from tests.support.policies import POLICIES

SEVERITY = ("allow", "warn", "deny")
BROKEN = "broken_rule_beside_a_deny"


def _ask(opa: Path, folder: Path, case: Path, query: str) -> RunResult:
    options = ("--bundle", POLICIES, "--ignore", "*_test.rego", "--strict-builtin-errors", "--format", "raw")
    return Opa(opa, folder).run("eval", *options, "--stdin-input", query, given=document_of(case).model_dump_json())


def _without_notices(findings: list[Any]) -> list[Any]:
    return [finding for finding in findings if finding["rule_id"] != "exemptions"]


@pytest.mark.parametrize("case", [case for case in CASES if case.name != BROKEN], ids=lambda case: case.name)
def test_rules_alone_find_what_they_find_together(case: Path, opa: Path, tmp_path: Path) -> None:
    policies_of(case, tmp_path)
    query = "[data.guard.main.decision, data.guard.main.by_rule, data.guard.main.rule_ids]"
    together, alone, asked = json.loads(_ask(opa, tmp_path, case, query).out)
    found = [finding for rule_id in sorted(alone) for finding in alone[rule_id]["findings"]]
    assert found == _without_notices(together["findings"])
    assert {finding["rule_id"] for finding in found} <= set(asked)
    notices = ["warn"] * (len(together["findings"]) - len(found))
    verdicts = [answer["decision"] for answer in alone.values()] + notices
    assert max(verdicts, key=SEVERITY.index) == together["decision"]


def test_error_of_a_rule_leaves_the_others_their_answers(opa: Path, tmp_path: Path) -> None:
    case = next(case for case in CASES if case.name == BROKEN)
    policies_of(case, tmp_path)
    together = _ask(opa, tmp_path, case, "data.guard.main.decision")
    alone = {
        rule_id: _ask(opa, tmp_path, case, f"data.guard.main.by_rule.{rule_id}")
        for rule_id in ("denied_image", "broken")
    }
    assert "eval_builtin_error" in together.err + together.out
    assert "eval_builtin_error" in alone["broken"].err + alone["broken"].out
    denied = json.loads(alone["denied_image"].out)
    assert (denied["decision"], [each["rule_id"] for each in denied["findings"]]) == ("deny", ["denied_image"])


def test_rules_to_ask_are_known_beside_a_broken_one(opa: Path, tmp_path: Path) -> None:
    case = next(case for case in CASES if case.name == BROKEN)
    policies_of(case, tmp_path)
    assert json.loads(_ask(opa, tmp_path, case, "data.guard.main.rule_ids").out) == ["denied_image", "broken"]
