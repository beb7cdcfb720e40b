"""Recorded documents, each with a configuration, and the whole decision that the real OPA makes with the built bundle.

A case is a folder of tests/golden: `document.json`; `config.yaml`, merged into a configuration that has every rule off, null
removing a key; `expected.json`, the decision or the error; and, if it has one, `policies/`, files that the bundle has besides.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from guard.authoring.opa import Opa
from guard.document import Document
from guard.errors import PolicyError
from guard.opa.engine import EmbeddedOpa
from guard.opa.process import OpaProcess
from tests.support.policies import CONFIG, POLICIES, ROOT

CASES = sorted(folder for folder in (ROOT / "tests" / "golden").iterdir() if folder.is_dir())


def _merged(base: Any, change: Any) -> Any:
    if not isinstance(base, Mapping) or not isinstance(change, Mapping):
        return change
    merged = {key: _merged(base.get(key), value) for key, value in change.items()}
    return {key: value for key, value in {**base, **merged}.items() if value is not None}


def _bundle(case: Path, opa: Path, folder: Path) -> Path:
    shutil.copytree(ROOT / POLICIES, folder / POLICIES)
    if (case / "policies").exists():
        shutil.copytree(case / "policies", folder / POLICIES, dirs_exist_ok=True)
    rules = (folder / POLICIES / "guard" / "rules").iterdir()
    off = {"rules": {rule.name: {"level": "off"} for rule in rules}, "exemptions": []}
    config = _merged(off, yaml.safe_load((case / "config.yaml").read_text()))
    (folder / CONFIG).write_text(yaml.safe_dump(config))
    built = Opa(opa, folder).run("build", "--bundle", POLICIES, "--ignore", "*_test.rego", "--output", "bundle.tar.gz")
    assert built.code == 0, built.said
    return folder / "bundle.tar.gz"


def _decided(document: Document, opa: Path, bundle: Path) -> dict[str, Any]:
    with EmbeddedOpa(lambda: OpaProcess(opa, bundle), timeout=10, start_timeout=20) as engine:
        try:
            return engine.evaluate(document).decision.model_dump(mode="json")
        except PolicyError as exc:
            evidence = {name: exc.evidence.get(name) for name in ("file", "row")}
            return {"error": type(exc).__name__, **evidence}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_decision_is_the_recorded_one(case: Path, opa: Path, tmp_path: Path) -> None:
    document = Document.model_validate_json((case / "document.json").read_text())
    decided = _decided(document, opa, _bundle(case, opa, tmp_path))
    assert decided == json.loads((case / "expected.json").read_text())
