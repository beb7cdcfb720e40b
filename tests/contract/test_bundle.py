"""The bundle that ships against the sources beside it."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

from guard.authoring.bundle import revision

POLICIES = Path(__file__).resolve().parent.parent.parent / "policies"


def _content(bundle: Path) -> dict[str, bytes]:
    with tarfile.open(bundle) as archive:
        files = [(member, archive.extractfile(member)) for member in archive.getmembers()]
        return {member.name.lstrip("/"): file.read() for member, file in files if file is not None}


def test_the_bundle_holds_every_policy_its_data_and_neither_tests_nor_schemas(bundle: Path) -> None:
    policies = {f"policies/{path.relative_to(POLICIES)}" for path in POLICIES.rglob("*.rego")}
    shipped = {path for path in policies if not path.endswith("_test.rego")}
    assert _content(bundle).keys() == shipped | {".manifest", "data.json"}


def test_the_bundle_is_named_after_the_sources_that_it_was_built_from(bundle: Path) -> None:
    assert json.loads(_content(bundle)[".manifest"])["revision"] == revision(POLICIES)


def test_the_bundle_owns_the_guards_part_of_the_data_only(bundle: Path) -> None:
    assert json.loads(_content(bundle)[".manifest"])["roots"] == ["guard"]
    assert json.loads(_content(bundle)["data.json"]).keys() == {"guard"}
