"""A bundle holds what the configuration alone decides."""

from __future__ import annotations

import json
from pathlib import Path

from guard.authoring.compiled import PLAN, copy_compiled
from guard.authoring.opa import Opa
from tests.support.golden import CASES, policies_of
from tests.support.policies import POLICIES, ROOT, SHIPPED


def test_the_compiled_plan_is_what_decides(opa: Path, tmp_path: Path) -> None:
    """With another plan than its configuration's, a bundle decides by the plan: it is not made again."""
    compiled = copy_compiled(Opa(opa, SHIPPED), POLICIES, tmp_path)
    file = compiled.folder / POLICIES / PLAN
    (line,) = [line for line in file.read_text().splitlines() if line.startswith("rules := ")]
    assert "denied_image" in json.loads(line.removeprefix("rules := ").removesuffix(" if true"))
    file.write_text(file.read_text().replace(line, "rules := {} if true"))
    assert "import " not in file.read_text()
    assert compiled.json("eval", "--bundle", POLICIES, "--format", "raw", "data.guard.main.rule_ids") == []


def test_the_plan_holds_texts_of_any_kind(opa: Path, tmp_path: Path) -> None:
    texts = ['"quoted" \\n', "line\nbreak\ttab", "\u0000\u001f\u007f\u2028", "naïve 😀", "{region} `x` ${y} %s"]
    (tmp_path / "plain").mkdir()
    policies_of(CASES[0], tmp_path / "plain")
    plain = Opa(opa, tmp_path / "plain")
    (plain.folder / "capabilities.json").write_text((ROOT / "capabilities.json").read_text())
    config = plain.folder / POLICIES / "guard" / "config" / "data.yaml"
    config.write_text(json.dumps({"rules": {"region": {"level": "warn", "regions": texts}}, "exemptions": []}))
    compiled = copy_compiled(plain, POLICIES, tmp_path / "compiled")
    query = "data.guard.plan.sections.region.regions"
    assert compiled.json("eval", "--bundle", POLICIES, "--format", "raw", query) == texts
