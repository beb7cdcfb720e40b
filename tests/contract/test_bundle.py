"""The shipped bundle has the content of the sources in the repository."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import yaml

from guard.authoring.bundle import revision
from tests.support.policies import SHIPPED

POLICIES = SHIPPED / "policies"


def _content(bundle: Path) -> dict[str, bytes]:
    with tarfile.open(bundle) as archive:
        files = [(member, archive.extractfile(member)) for member in archive.getmembers()]
        return {member.name.lstrip("/"): file.read() for member, file in files if file is not None}


def test_the_bundle_holds_the_enabled_policies_and_data_but_no_tests_or_schemas(bundle: Path) -> None:
    rules = yaml.safe_load((POLICIES / "guard" / "config" / "data.yaml").read_text())["rules"]
    off = {rule for rule, section in rules.items() if section["level"] == "off" and not section.get("overrides")}
    assert 0 < len(off) < len(rules)
    shipped = {
        f"policies/{path.relative_to(POLICIES)}"
        for path in POLICIES.rglob("*.rego")
        if not path.match("*_test.rego") and path.parent.name not in off
    }
    assert _content(bundle).keys() == shipped | {".manifest", "data.json"}


def test_the_bundles_revision_is_that_of_its_sources(bundle: Path) -> None:
    assert json.loads(_content(bundle)[".manifest"])["revision"] == revision(POLICIES)


def test_the_bundle_owns_only_the_guard_root_of_the_data(bundle: Path) -> None:
    assert json.loads(_content(bundle)[".manifest"])["roots"] == ["guard"]
    assert json.loads(_content(bundle)["data.json"]).keys() == {"guard"}
