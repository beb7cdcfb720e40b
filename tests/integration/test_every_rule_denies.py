"""Where every rule denies, a job that complies goes on, of every kind and variant, and a careless one breaks what it can."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
import yaml

from guard.authoring.opa import Opa
from guard.document import DenyList, Document, Source
from guard.extract import extract
from guard.extract.bounds import SETTINGS_BYTES
from guard.jobs import BY_KIND
from guard.normalize import normalize
from guard.refs import Collected, JobRef, job_arn
from tests.support.jobs import HOME
from tests.support.policies import CONFIG, POLICIES, ROOT, RULE_IDS, SHIPPED

FILE = ROOT / "tests" / "golden" / "every-rule-denies.yaml"
READ: dict[str, Any] = yaml.safe_load(FILE.read_text())
CASES: dict[str, dict[str, Any]] = READ["cases"]
SOURCE = Source(type="check", id="check-1", time=datetime(2026, 11, 24, 12, tzinfo=UTC))


def merged(base: Any, change: Any) -> Any:
    """The base with a change merged into it at every depth; lists are replaced."""
    if not isinstance(base, Mapping) or not isinstance(change, Mapping):
        return change
    return {**base, **{key: merged(base.get(key), value) for key, value in change.items()}}


def padding(path: Sequence[str]) -> dict[str, Any]:
    """More settings than a document has room for, at their place in a description."""
    settings: Any = {f"padding-{number}": "x" * 2_000 for number in range(SETTINGS_BYTES // 2_000 + 1)}
    return reduce(lambda inner, key: {key: inner}, reversed(path), settings) if path else {}


def document_of(case: dict[str, Any], *, careless: bool) -> Document:
    """The document of a case's job; a careless one runs in another region."""
    home = replace(HOME, region="us-east-1") if careless else HOME
    kind = BY_KIND[case["kind"]]
    description, described = case["description"], case.get("resources", {})
    if careless:
        description = merged(merged(description, case["careless"]), padding(case.get("padded", ())))
        described = merged(described, case.get("careless_resources", {}))
    known: dict[Any, Any] = {}
    while wanted := set(extract(kind.id, description, "job-1", known).unresolved):
        known |= {resource: described[resource.kind] for resource in wanted}
    ref = JobRef(kind, "job-1", job_arn("job-1", kind, home), home, SOURCE, None, {})
    tags = {} if careless else {"team": "churn"}
    return normalize(ref, Collected(description, tags, known), DenyList(images={}, patterns=()))


def config(**levels: Any) -> dict[str, Any]:
    """The shipped configuration with every rule at these levels, and with the parameters of a team."""
    shipped = yaml.safe_load((SHIPPED / CONFIG).read_text())["rules"]
    rules = {rule_id: section | READ["parameters"].get(rule_id, {}) for rule_id, section in shipped.items()}
    return {
        "rules": {rule_id: rule | levels for rule_id, rule in rules.items()},
        "exemptions": [],
    }


# Every rule denies, and every rule is off and turned on by the override that a team would write.
DENY = {"level": "deny", "overrides": []}
OVERRIDDEN = {"level": "off", "overrides": [{"account": "*", "level": "deny"}]}

Found = dict[tuple[str, bool], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def found(opa: Path) -> Found:
    """By case, and whether its job is careless, what the rules find where each of them denies."""
    return _found(opa, config(**DENY))


def _found(opa: Path, configured: dict[str, Any]) -> Found:
    keys = [(name, careless) for name in CASES for careless in (False, True)]
    documents = [document_of(CASES[name], careless=careless).model_dump(mode="json") for name, careless in keys]
    query = (
        "[findings | config := input.config; some document in input.documents;"
        " findings := data.guard.main.decision.findings with input as document with data.guard.config as config]"
    )
    given = json.dumps({"documents": documents, "config": configured})
    options = ("--bundle", POLICIES, "--ignore", "*_test.rego", "--strict-builtin-errors", "--format", "raw")
    answer = Opa(opa, SHIPPED).json("eval", *options, "--stdin-input", query, given=given)
    return dict(zip(keys, answer, strict=True))


def test_every_kind_has_a_case() -> None:
    assert {case["kind"] for case in CASES.values()} == set(BY_KIND)


@pytest.mark.parametrize("name", CASES)
def test_a_job_that_complies_goes_on(found: Found, name: str) -> None:
    assert [f"{one['rule_id']}: {one['message']}" for one in found[name, False]] == []


@pytest.mark.parametrize("name", CASES)
def test_a_careless_job_breaks_what_it_can(found: Found, name: str) -> None:
    assert sorted({one["rule_id"] for one in found[name, True]}) == sorted(CASES[name].get("denied_by", []))
    assert {one["level"] for one in found[name, True]} == {"deny"}


def test_every_rule_is_broken_by_a_careless_job(found: Found) -> None:
    broken = {one["rule_id"] for (_, careless), findings in found.items() if careless for one in findings}
    assert set(RULE_IDS) - broken == set()


def test_an_override_makes_no_rule_report_what_its_level_would_not(opa: Path, found: Found) -> None:
    def reported(of: Found) -> dict[tuple[str, bool], set[str]]:
        return {key: {one["rule_id"] for one in findings} for key, findings in of.items()}

    assert reported(_found(opa, config(**OVERRIDDEN))) == reported(found)
