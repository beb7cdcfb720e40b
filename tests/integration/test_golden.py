"""Jobs, each with a configuration, and the whole decision that the real OPA makes with the built bundle.

A case is a folder of tests/golden: `job.json`, what it states about the job, merged into the complete document; `config.yaml`,
merged into a configuration that has every rule off, null removing a key; `expected.json`, the decision or the error; and, if it
has one, `policies/`, files that the bundle has besides.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from guard.authoring.opa import Opa
from guard.document import Document
from guard.errors import PolicyError
from guard.opa.engine import EmbeddedOpa
from guard.opa.process import OpaProcess
from tests.support.golden import CASES, document_of, policies_of
from tests.support.policies import POLICIES


def _bundle(case: Path, opa: Path, folder: Path) -> Path:
    policies_of(case, folder)
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
    decided = _decided(document_of(case), opa, _bundle(case, opa, tmp_path))
    assert decided == json.loads((case / "expected.json").read_text()), (
        f"if this is meant, correct {case}/expected.json"
    )
