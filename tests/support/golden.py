"""The golden cases: recorded documents, each with a configuration, and perhaps policies of its own."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.support.policies import CONFIG, POLICIES, ROOT

CASES = sorted(folder for folder in (ROOT / "tests" / "golden").iterdir() if folder.is_dir())


def policies_of(case: Path, folder: Path) -> Path:
    """Copy the policies, configured as the case has them, into the folder's `policies`."""
    policies = folder / POLICIES
    shutil.copytree(ROOT / POLICIES, policies)
    if (case / "policies").exists():
        shutil.copytree(case / "policies", policies, dirs_exist_ok=True)
    off = {
        "rules": {rule.name: {"level": "off"} for rule in (policies / "guard" / "rules").iterdir()},
        "exemptions": [],
    }
    config = _merged(off, yaml.safe_load((case / "config.yaml").read_text()))
    (folder / CONFIG).write_text(yaml.safe_dump(config))
    return policies


def _merged(base: Any, change: Any) -> Any:
    if not isinstance(base, Mapping) or not isinstance(change, Mapping):
        return change
    merged = {key: _merged(base.get(key), value) for key, value in change.items()}
    return {key: value for key, value in {**base, **merged}.items() if value is not None}
