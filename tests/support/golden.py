"""The golden cases, each a job with its own configuration and possibly policies, and the recorded documents."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from guard.authoring.samples import complete_with
from guard.document import Document
from tests.support.policies import CONFIG, POLICIES, ROOT, SHIPPED

GOLDEN = ROOT / "tests" / "golden"
CASES = sorted(file.parent for file in GOLDEN.glob("*/job.json"))
SCHEMAS = sorted(GOLDEN.glob("schema-*"))
"""A folder for each released schema version of the document; files are added, but never edited."""
RECORDED = sorted(file for folder in SCHEMAS for file in folder.glob("*.json"))


def document_of(case: Path) -> Document:
    """Return the complete document with the changes in `job.json`."""
    return complete_with(json.loads((case / "job.json").read_text()))


def policies_of(case: Path, folder: Path) -> Path:
    """Copy the policies without tests to `policies` in the folder, configured as a case or a folder of recordings has them."""
    policies = folder / POLICIES
    shutil.copytree(SHIPPED / POLICIES, policies, ignore=shutil.ignore_patterns("*_test.rego"))
    if (case / "policies").exists():
        shutil.copytree(case / "policies", policies, dirs_exist_ok=True)
    (folder / CONFIG).write_text(yaml.safe_dump(configuration_of(case)))
    return policies


def configuration_of(case: Path) -> dict[str, Any]:
    """Return the configuration of a case, or of a folder of recordings; all rules that it doesn't mention are off."""
    rules = [path for root in (SHIPPED, case) for path in (root / POLICIES / "guard" / "rules").glob("*")]
    off = {"rules": {rule.name: {"level": "off"} for rule in rules}, "exemptions": []}
    config: dict[str, Any] = _merged(off, yaml.safe_load((case / "config.yaml").read_text()))
    return config


def _merged(base: Any, change: Any) -> Any:
    if not isinstance(base, Mapping) or not isinstance(change, Mapping):
        return change
    merged = {key: _merged(base.get(key), value) for key, value in change.items()}
    return {key: value for key, value in {**base, **merged}.items() if value is not None}
