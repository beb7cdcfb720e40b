"""What `make bundle` works out once of the configuration, by the same Rego that makes it for each decision elsewhere."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from guard.authoring.opa import TESTS, Opa
from guard.authoring.quick_copy import copy_limits, copy_policies

# The package that a bundle has in place of the one that works these documents out. OPA keeps what a policy names as it needs it;
# what it reads from data, it converts for each decision.
PLAN = Path("guard/plan/plan.rego")
_RULES = Path("guard/rules")
_DOCUMENTS = ("rules", "stamps", "limits", "scoped", "defects", "unnamed", "exemptions", "sections", "given", "filled")
_QUERY = "{" + ", ".join(f'"{name}": data.guard.plan.{name}' for name in _DOCUMENTS) + "}"


def copy_compiled(opa: Opa, policies: Path, folder: Path) -> Opa:
    """Copy the policies that a bundle has into a folder under the same name.

    Raises ConfigError when the plan can't be made.
    """
    copy_planned(opa, policies, folder / policies)
    copy_limits(opa, folder)
    return replace(opa, folder=folder)


def copy_planned(opa: Opa, policies: Path, target: Path) -> None:
    """Copy the policies that decide into a new folder, with the plan that they make of their configuration.

    Neither their tests are among them nor rules that the configuration has off for every job: no decision looks into those, and
    OPA takes half of its start to read them. Raises ConfigError when the plan can't be made.
    """
    copy_policies(opa, policies, target, TESTS)
    plan = opa.json("eval", "--bundle", target, "--strict-builtin-errors", "--format", "raw", _QUERY)
    (target / PLAN).write_text("\n".join(["package guard.plan\n", *(_constant(*item) for item in plan.items())]))
    reporting = {*plan["rules"], *plan["defects"], *plan["unnamed"]}
    for rule in (target / _RULES).glob("*/"):
        if rule.name not in reporting:
            shutil.rmtree(rule)


def _constant(name: str, value: Any) -> str:
    # With the second value, which is never given, OPA doesn't take the type of the first for all that there can be: it would
    # refuse policies that compare it with another one.
    return f"{name} := {json.dumps(value, ensure_ascii=False)} if true\n\nelse := data.guard.config\n"
