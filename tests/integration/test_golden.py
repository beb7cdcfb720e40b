"""Jobs, each with a configuration, and the whole decision that the real OPA makes with the built bundle.

A case is a folder of tests/golden: `job.json`, what it states about the job, merged into the complete document; `config.yaml`,
merged into a configuration that has every rule off, null removing a key; `expected.json`, the decision or the error; and, if it
has one, `policies/`, files that the bundle has besides.

A bundle holds what its configuration alone decides. So each decides about a complete job of each kind too, and as the folder
does that it is made of, which works the same out for each decision.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from guard.authoring.bundle import pack_bundle
from guard.authoring.opa import CAPABILITIES, Opa
from guard.authoring.samples import complete_of_each_kind
from guard.document import Document
from guard.errors import PolicyError
from guard.opa.engine import EmbeddedOpa
from guard.opa.process import OpaProcess
from tests.support.golden import CASES, configuration_of, document_of, policies_of
from tests.support.policies import POLICIES, ROOT, SHIPPED

_OF_THE_FOLDER = """{name: decided |
	some name, config in input.configurations
	decided := [answer |
		some document in input.documents
		answer := {d | d := data.guard.main.decision with input as document with data.guard.config as config}
	]
}"""
Decisions = dict[str, Any]


def _of_folder(opa: Opa, cases: list[Path]) -> Decisions:
    documents = [document.model_dump(mode="json") for document in complete_of_each_kind()]
    given = {"configurations": {case.name: configuration_of(case) for case in cases}, "documents": documents}
    options = ("--ignore", "*_test.rego", "--format", "raw", "--stdin-input")
    decisions: Decisions = opa.json("eval", "--bundle", POLICIES, *options, _OF_THE_FOLDER, given=json.dumps(given))
    return decisions


@pytest.fixture(scope="module")
def of_folder(opa: Path, tmp_path_factory: pytest.TempPathFactory) -> Decisions:
    """What the folder of policies decides about a complete job of each kind, by case; nothing where a rule is broken."""
    own = [case for case in CASES if (case / "policies").exists()]
    decisions = _of_folder(Opa(opa, SHIPPED), [case for case in CASES if case not in own])
    for case in own:
        folder = tmp_path_factory.mktemp(case.name)
        policies_of(case, folder)
        decisions |= _of_folder(Opa(opa, folder), [case]) if _is_sound(case) else {}
    return decisions


def _is_sound(case: Path) -> bool:
    return "error" not in json.loads((case / "expected.json").read_text())


@pytest.fixture
def decided(case: Path, opa: Path, tmp_path: Path) -> Iterator[Callable[[Document], Any]]:
    """What the bundle of a case decides."""
    policies_of(case, tmp_path)
    shutil.copy(ROOT / CAPABILITIES, tmp_path)
    built = pack_bundle(Opa(opa, tmp_path), POLICIES, Path("bundle.tar.gz"))
    assert built.code == 0, built.output
    bundle = tmp_path / "bundle.tar.gz"
    with EmbeddedOpa(lambda: OpaProcess(opa, bundle), timeout=10, start_timeout=20) as engine:
        yield lambda document: _decided(engine, document)


def _decided(engine: EmbeddedOpa, document: Document) -> dict[str, Any]:
    try:
        return engine.evaluate(document).decision.model_dump(mode="json")
    except PolicyError as exc:
        evidence = {name: exc.evidence.get(name) for name in ("file", "row")}
        return {"error": type(exc).__name__, **evidence}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_decision_is_the_recorded_one(case: Path, decided: Callable[[Document], Any], of_folder: Decisions) -> None:
    assert decided(document_of(case)) == json.loads((case / "expected.json").read_text()), (
        f"if this is meant, correct {case}/expected.json"
    )
    of_bundle = [[decided(document)] for document in complete_of_each_kind()] if _is_sound(case) else None
    assert of_bundle == of_folder.get(case.name)
