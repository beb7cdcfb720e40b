"""The copy of the policies for bundle and trial: with the precomputed plan and the capabilities."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from guard.authoring.compiled import PLAN, copy_compiled, copy_planned
from guard.authoring.opa import Opa

POLICIES = Path("policies")
DOCUMENTS = ("rules", "stamps", "limits", "scoped", "defects", "unnamed", "exemptions", "sections", "given", "filled")


@pytest.fixture
def opa(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opa:
    """An OPA that computes a plan of two documents, in a folder with policies."""

    def answer(opa: Opa, *arguments: Any) -> Any:
        names = ", ".join(f'"{name}": data.guard.plan.{name}' for name in DOCUMENTS)
        asked = ("--strict-builtin-errors", "--format", "raw", f"{{{names}}}")
        assert (*arguments[:2], *arguments[3:]) == ("eval", "--bundle", *asked), (
            "else a built-in that fails goes unseen"
        )
        assert "import" in (arguments[2] / PLAN).read_text(), (
            "the copy has its own plan before it has the one worked out"
        )
        return {"rules": {"on": "ö"}, "limits": [True, None], "defects": {"odd": ["x"]}, "unnamed": ["nameless"]}

    monkeypatch.setattr(Opa, "json", answer)
    (tmp_path / POLICIES / PLAN).parent.mkdir(parents=True)
    (tmp_path / POLICIES / PLAN).write_text("package guard.plan\n\nimport data.guard.config\n")
    (tmp_path / POLICIES / "other.rego").write_text("package other\n")
    (tmp_path / "capabilities.json").write_text("{}")
    return Opa(Path("opa"), tmp_path)


WRITTEN = """package guard.plan

rules := {"on": "ö"} if true

else := data.guard.config

limits := [true, null] if true

else := data.guard.config

defects := {"odd": ["x"]} if true

else := data.guard.config

unnamed := ["nameless"] if true

else := data.guard.config
"""


def test_the_copy_has_the_plan_instead_of_the_rules_that_compute_it(
    opa: Opa, tmp_path_factory: pytest.TempPathFactory
) -> None:
    target = tmp_path_factory.mktemp("planned") / "policies"
    copy_planned(opa, POLICIES, target)
    assert {str(file.relative_to(target)) for file in target.rglob("*.rego")} == {str(PLAN), "other.rego"}
    assert (target / PLAN).read_text() == WRITTEN
    assert "import" in (opa.folder / POLICIES / PLAN).read_text()


def test_the_copy_has_only_the_rules_that_decisions_need(opa: Opa, tmp_path_factory: pytest.TempPathFactory) -> None:
    rules = ("on", "odd", "nameless", "off")
    for rule in rules:
        (opa.folder / POLICIES / "guard" / "rules" / rule).mkdir(parents=True)
        (opa.folder / POLICIES / "guard" / "rules" / rule / f"{rule}.rego").write_text("")
    (opa.folder / POLICIES / "guard" / "rules" / "notes.md").write_text("Somebody's notes.")
    target = tmp_path_factory.mktemp("planned") / "policies"
    copy_planned(opa, POLICIES, target)
    kept = {"on", "odd", "nameless", "notes.md"}
    assert {path.name for path in (target / "guard" / "rules").iterdir()} == kept
    assert {path.name for path in (opa.folder / POLICIES / "guard" / "rules").iterdir()} == {*rules, "notes.md"}


def test_the_copy_that_is_built_has_the_built_ins_that_policies_may_use(opa: Opa, tmp_path_factory: Any) -> None:
    folder = tmp_path_factory.mktemp("compiled")
    assert copy_compiled(opa, POLICIES, folder) == Opa(opa.binary, folder)
    assert (folder / "capabilities.json").read_text() == "{}"
    assert (folder / POLICIES / PLAN).read_text() == WRITTEN
