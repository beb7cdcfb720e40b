"""The plan that `make bundle` precomputes from the configuration, with the same Rego that otherwise computes it per decision."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from guard.authoring.opa import TESTS, Opa
from guard.authoring.quick_copy import copy_limits, copy_policies

# In a bundle, this package has the values instead of the rules that compute them. OPA keeps values of a policy in its internal
# form, but converts values of data for each decision.
PLAN = Path("guard/plan/plan.rego")
_RULES = Path("guard/rules")
_DOCUMENTS = ("rules", "stamps", "limits", "scoped", "defects", "unnamed", "exemptions", "sections", "given", "filled")
_QUERY = "{" + ", ".join(f'"{name}": data.guard.plan.{name}' for name in _DOCUMENTS) + "}"


def copy_compiled(opa: Opa, policies: Path, folder: Path) -> Opa:
    """Copy the policies of a bundle into a folder, under the same name; return the OPA that runs there.

    Raises ConfigError when the plan can't be computed.
    """
    copy_planned(opa, policies, folder / policies)
    copy_limits(opa, folder)
    return replace(opa, folder=folder)


def copy_planned(opa: Opa, policies: Path, target: Path) -> None:
    """Copy the policies that decisions need into a new folder, with the precomputed plan of their configuration.

    Tests and rules that are off for every job are left out: no decision uses them, and reading them would take OPA half of its
    start. Raises ConfigError when the plan can't be computed.
    """
    copy_policies(opa, policies, target, TESTS)
    plan = opa.json("eval", "--bundle", target, "--strict-builtin-errors", "--format", "raw", _QUERY)
    (target / PLAN).write_text("\n".join(["package guard.plan\n", *(_constant(*item) for item in plan.items())]))
    reporting = {*plan["rules"], *plan["defects"], *plan["unnamed"]}
    for rule in (target / _RULES).glob("*/"):
        if rule.name not in reporting:
            shutil.rmtree(rule)


def _constant(name: str, value: Any) -> str:
    # The `else` is never reached. Without it, OPA infers the exact type of the constant, and rejects policies that compare it
    # with a value of another type.
    return f"{name} := {json.dumps(value, ensure_ascii=False)} if true\n\nelse := data.guard.config\n"
