"""What `make bundle` works out once of the configuration, by the same Rego that makes it for each decision elsewhere."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from guard.authoring.opa import LIMITS, Opa

# Where policies/guard/plan looks for it; the structure check refuses such a file among the sources.
COMPILED = Path("guard/compiled/data.json")
_DOCUMENTS = (
    "rules",
    "stamps",
    "limits",
    "scoped",
    "defects",
    "unnamed",
    "exemptions",
    "filled",
    "varied",
    "constant",
)
_QUERY = "{" + ", ".join(f'"{name}": data.guard.plan.{name}' for name in _DOCUMENTS) + "}"


def copy_compiled(opa: Opa, policies: Path, folder: Path) -> Opa:
    """Copy the policies, with the plan that they make of their configuration, into a folder under the same name.

    Raises ConfigError when the plan can't be made.
    """
    plan = opa.json("eval", "--bundle", policies, "--strict-builtin-errors", "--format", "raw", _QUERY)
    shutil.copytree(opa.folder / policies, folder / policies)
    for name in LIMITS[1:]:
        shutil.copyfile(opa.folder / name, folder / name)
    file = folder / policies / COMPILED
    file.parent.mkdir()
    file.write_text(json.dumps(plan))
    return Opa(opa.binary, folder)
