"""A temporarily failed call may withhold only findings that depend on it, and never adds one: for all rules, in a real OPA."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guard.authoring.opa import Opa
from guard.authoring.reads import copy_readable, input_paths
from guard.document import Document
from guard.jobs import JOB_KINDS, JobKind
from guard.opa.engine import EmbeddedOpa
from guard.resources import BY_RESOURCE_KIND, RESOURCE_KINDS
from tests.support.bundles import configured_bundle
from tests.support.busy import NAMED, document, overlaps
from tests.support.policies import ROOT, RULE_IDS


@pytest.fixture(scope="module")
def strict(engine_with: Callable[..., EmbeddedOpa]) -> EmbeddedOpa:
    """Every rule at deny."""
    return engine_with(rules={rule: {"level": "deny", "overrides": []} for rule in RULE_IDS})


# Exemptions and overrides depend on facts of the job too, which may be unavailable.
SCOPES: list[dict[str, Any]] = [
    {"role_arn": "*"},
    {"image": "*"},
    {"role_arn": "*", "image": "*"},
    {"role_arn": "arn:aws:iam::111122223333:role/nobody"},
]
SECTIONS: list[dict[str, Any]] = [
    {"level": "deny", "overrides": [{"role_arn": "*", "level": "off"}]},
    {"level": "deny", "overrides": [{"role_arn": "*", "level": "deny"}, {"account": "*", "level": "off"}]},
    {"level": "deny", "overrides": [{"role_arn": "arn:aws:iam::111122223333:role/nobody", "level": "off"}]},
    {"level": "off", "overrides": [{"role_arn": "*", "level": "warn"}]},
    {"level": "off", "overrides": [{"role_arn": "*", "level": "deny"}]},
]


def _exemption(number: int, rule: str, scope: dict[str, Any]) -> dict[str, Any]:
    expires = "2026-01-01" if number % 5 == 4 else "2027-01-31"
    return {"id": f"EX-{number}", "owner": "o", "reason": "r", "rules": [rule], "scope": scope, "expires": expires}


@pytest.fixture(scope="module", params=["exemptions", *range(len(SECTIONS))])
def relaxed(engine_with: Callable[..., EmbeddedOpa], request: pytest.FixtureRequest) -> EmbeddedOpa:
    """Every rule relaxed for some jobs: by exemptions, or by overrides, each rule in another way."""
    turn = request.param
    if turn == "exemptions":
        pairs = [(rule, scope) for rule in RULE_IDS for scope in SCOPES]
        exemptions = [_exemption(number, *pair) for number, pair in enumerate(pairs)]
        return engine_with(rules={rule: {"level": "deny", "overrides": []} for rule in RULE_IDS}, exemptions=exemptions)
    sections = {rule: SECTIONS[(number + turn) % len(SECTIONS)] for number, rule in enumerate(RULE_IDS)}
    return engine_with(rules=sections)


def _found(engine: EmbeddedOpa, document: Document) -> Counter[str]:
    return Counter(finding.rule_id for finding in engine.evaluate(document).decision.findings)


def _counting(engine: EmbeddedOpa, document: Document) -> Counter[str]:
    findings = engine.evaluate(document).decision.findings
    return Counter(finding.rule_id for finding in findings if finding.exempted_by is None)


@pytest.mark.parametrize("kind", JOB_KINDS, ids=lambda row: row.id)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_a_temporary_failure_adds_no_finding(strict: EmbeddedOpa, kind: JobKind, data: Any, seed: int) -> None:
    calls = ["ListTags", kind.describe_operation, *(row.describe_operation for row in RESOURCE_KINDS)]
    failing = frozenset(data.draw(st.sets(st.sampled_from(calls), min_size=1), label="failing calls"))
    complete = _found(strict, document(kind, seed, frozenset()))
    partial = _found(strict, document(kind, seed, failing))
    added = partial - complete
    assert not added, f"with {sorted(failing)} unavailable these rules report more than without: {dict(added)}"


Reads = Callable[[str], set[tuple[str, ...]]]


@pytest.fixture(scope="module")
def reads(opa: Path, tmp_path_factory: pytest.TempPathFactory) -> Reads:
    """Return the paths of the document that a rule's findings depend on, but for what failed."""
    folder = tmp_path_factory.mktemp("reads")
    bundle = configured_bundle(folder, opa, rules={rule: {"level": "deny"} for rule in RULE_IDS})
    copy_readable(Opa(opa, ROOT), bundle, folder / "readable")
    return cache(lambda rule: input_paths(Opa(opa, ROOT), folder / "readable", rule) - {("unavailable",)})


@pytest.mark.parametrize("kind", [row for row in JOB_KINDS if row.id in NAMED], ids=lambda row: row.id)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_a_busy_resource_withholds_no_finding_that_it_could_not_change(
    strict: EmbeddedOpa, reads: Reads, kind: JobKind, data: Any, seed: int
) -> None:
    failing = frozenset({BY_RESOURCE_KIND[data.draw(st.sampled_from(NAMED[kind.id]))].describe_operation})
    partial = document(kind, seed, failing)
    lacking = {fact for call in partial.unavailable or () for fact in call.facts or ()}
    withheld = _found(strict, document(kind, seed, frozenset())) - _found(strict, partial)
    certain = [rule for rule in withheld if not any(overlaps(".".join(path), lacking) for path in reads(rule))]
    assert certain == [], f"without {sorted(lacking)}"


@pytest.mark.parametrize("kind", JOB_KINDS, ids=lambda row: row.id)
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_a_temporary_failure_ends_no_exemption_and_no_override(
    relaxed: EmbeddedOpa, kind: JobKind, data: Any, seed: int
) -> None:
    calls = ["ListTags", kind.describe_operation, *(row.describe_operation for row in RESOURCE_KINDS)]
    failing = frozenset(data.draw(st.sets(st.sampled_from(calls), min_size=1), label="failing calls"))
    complete = _counting(relaxed, document(kind, seed, frozenset()))
    partial = _counting(relaxed, document(kind, seed, failing))
    added = partial - complete
    assert not added, f"with {sorted(failing)} unavailable these rules count more than without: {dict(added)}"


def test_the_property_sees_a_job_that_cannot_be_read(strict: EmbeddedOpa) -> None:
    """Otherwise the property would also hold for a test that compares nothing."""
    kind = next(row for row in JOB_KINDS if row.id == "training")
    assert any(_found(strict, document(kind, seed, frozenset())) for seed in range(5))
    partial = document(kind, 1, frozenset({kind.describe_operation, "ListTags"}))
    assert partial.unavailable is not None
    assert {call.operation for call in partial.unavailable} == {kind.describe_operation, "ListTags"}
