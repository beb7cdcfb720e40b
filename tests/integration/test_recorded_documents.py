"""Documents once recorded, for each released schema: they stay readable, and decide for ever as they did.

A file of tests/golden/schema-<version> holds a whole document as it was written then, the decision on it under that folder's
`config.yaml`, and what it found: rule, level and exemption. Messages and details may change. Files are added, never edited: the
lines of `SHA256SUMS` are `sha256sum *.json` of the folder.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from guard.authoring.opa import Opa
from guard.document import Document
from guard.opa.engine import EmbeddedOpa
from guard.opa.process import OpaProcess
from tests.support.golden import RECORDED, SCHEMAS, policies_of
from tests.support.policies import POLICIES

Engines = Callable[[Path], EmbeddedOpa]


@pytest.fixture(scope="module")
def engine_of(opa: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    """Make one engine for each schema, with the shipped policies configured as its folder says."""
    engines: list[EmbeddedOpa] = []

    @cache
    def make(schema: Path) -> EmbeddedOpa:
        folder = tmp_path_factory.mktemp(schema.name)
        policies_of(schema, folder)
        build = ("build", "--bundle", POLICIES, "--ignore", "*_test.rego", "--output", "bundle.tar.gz")
        built = Opa(opa, folder).run(*build)
        assert built.code == 0, built.output
        engines.append(
            EmbeddedOpa(lambda: OpaProcess(opa, folder / "bundle.tar.gz"), timeout=10, start_timeout=20).__enter__()
        )
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


def _lost(recorded: Any, read: Any, path: str = "") -> list[str]:
    """Where the value that was read isn't the recorded one; what is null besides came after it."""
    if isinstance(recorded, dict) and isinstance(read, dict):
        later = [f"{path}.{key}" for key in read.keys() - recorded.keys() if read[key] is not None]
        kept = (_lost(value, read.get(key), f"{path}.{key}") for key, value in recorded.items())
        return later + [place for places in kept for place in places]
    if isinstance(recorded, list) and isinstance(read, list) and len(recorded) == len(read):
        pairs = enumerate(zip(recorded, read, strict=True))
        return [place for number, pair in pairs for place in _lost(*pair, f"{path}[{number}]")]
    return [] if recorded == read else [path]


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: f"{file.parent.name} {file.stem}")
def test_a_recorded_document_reads_as_it_was_written(file: Path) -> None:
    recorded = json.loads(file.read_text())["document"]
    read = Document.model_validate(recorded).model_dump(mode="json")
    assert not _lost(recorded, read), (
        "guard/document.py no longer reads what it wrote: give an additive field the default null, "
        "or raise schema_version (docs/policies.md, When the document grows)"
    )


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: f"{file.parent.name} {file.stem}")
def test_a_recorded_document_decides_as_it_did(file: Path, engine_of: Engines) -> None:
    recorded = json.loads(file.read_text())
    decision = engine_of(file.parent).evaluate(Document.model_validate(recorded["document"])).decision
    found = {(finding.rule_id, finding.level, finding.exempted_by) for finding in decision.findings}
    then = {(finding["rule_id"], finding["level"], finding["exempted_by"]) for finding in recorded["findings"]}
    assert (decision.decision, sorted(found, key=str)) == (recorded["decision"], sorted(then, key=str)), (
        f"a replay of {file.name} would decide otherwise: change the policies, not the file"
    )


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda folder: folder.name)
def test_recorded_documents_are_never_edited(schema: Path) -> None:
    lines = (schema / "SHA256SUMS").read_text().splitlines()
    listed = {name: digest for digest, name in (line.split() for line in lines)}
    there = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in schema.glob("*.json")}
    assert there == listed, f"restore what was recorded; for a new file add its line to {schema}/SHA256SUMS"


def test_each_released_schema_has_recorded_documents() -> None:
    version = Document.model_fields["schema_version"].default
    assert [folder.name for folder in SCHEMAS] == [f"schema-{number}" for number in range(1, version + 1)]
    assert {file.parent for file in RECORDED} == set(SCHEMAS)


@pytest.mark.parametrize(
    ("read", "lost"),
    [
        ({"a": 1, "b": [{"c": 2}], "later": None}, []),
        ({"a": 2, "b": [{"c": 2}]}, [".a"]),
        ({"a": 1, "b": [{"c": None}]}, [".b[0].c"]),
        ({"a": 1, "b": []}, [".b"]),
        ({"a": 1}, [".b"]),
        ({"a": 1, "b": [{"c": 2}], "later": ()}, [".later"]),
    ],
    ids=["grown", "changed", "nulled", "shortened", "left out", "later and not null"],
)
def test_a_lost_field_of_a_document_is_named(read: Any, lost: list[str]) -> None:
    assert _lost({"a": 1, "b": [{"c": 2}]}, read) == lost
