"""The golden cases, each a job with a configuration and perhaps policies of its own, and the documents once recorded."""

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
"""A folder for each released schema of the document: never edited, only added to."""
RECORDED = sorted(file for folder in SCHEMAS for file in folder.glob("*.json"))


def document_of(case: Path) -> Document:
    """Return the complete document with what `job.json` states."""
    return complete_with(json.loads((case / "job.json").read_text()))


def policies_of(case: Path, folder: Path) -> Path:
    """Copy the policies without their tests, configured as a case or a folder of recordings has them, into `policies` there."""
    policies = folder / POLICIES
    shutil.copytree(SHIPPED / POLICIES, policies, ignore=shutil.ignore_patterns("*_test.rego"))
    if (case / "policies").exists():
        shutil.copytree(case / "policies", policies, dirs_exist_ok=True)
    (folder / CONFIG).write_text(yaml.safe_dump(configuration_of(case)))
    return policies


def configuration_of(case: Path) -> dict[str, Any]:
    """Return the configuration of a case, or of a folder of recordings: every rule is off but for what it says."""
    rules = [path for root in (SHIPPED, case) for path in (root / POLICIES / "guard" / "rules").glob("*")]
    off = {"rules": {rule.name: {"level": "off"} for rule in rules}, "exemptions": []}
    config: dict[str, Any] = _merged(off, yaml.safe_load((case / "config.yaml").read_text()))
    return config


def _merged(base: Any, change: Any) -> Any:
    if not isinstance(base, Mapping) or not isinstance(change, Mapping):
        return change
    merged = {key: _merged(base.get(key), value) for key, value in change.items()}
    return {key: value for key, value in {**base, **merged}.items() if value is not None}
