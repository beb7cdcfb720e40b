"""A call that failed for now may withhold findings, and never adds one: over all rules, in a real OPA."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guard.aws.collect import collect
from guard.document import DenyList, Document, Source
from guard.jobs import JOB_KINDS, JobKind
from guard.normalize import normalize
from guard.opa.engine import EmbeddedOpa
from guard.refs import JobRef, job_arn
from guard.resources import RESOURCE_KINDS
from tests.support.fakes import FakeSageMaker, refused
from tests.support.jobs import HOME
from tests.support.policies import RULE_IDS
from tests.support.shapes import answer

NOTHING = DenyList(images={}, patterns=())
SOURCE = Source(type="state-change", id="event-1", time=datetime(2026, 11, 23, 10, tzinfo=UTC))


@pytest.fixture(scope="module")
def strict(engine_with: Callable[..., EmbeddedOpa]) -> EmbeddedOpa:
    """Every rule at deny."""
    return engine_with(rules={rule: {"level": "deny", "overrides": []} for rule in RULE_IDS})


# What takes findings out of the verdict is a fact of the job, too, and may be among those that can't be read.
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


def _client(kind: JobKind, seed: int, failing: frozenset[str]) -> FakeSageMaker:
    operations = [kind.describe_operation, *(row.describe_operation for row in RESOURCE_KINDS)]
    # Each is made when it is asked for: a job has few of the resources that there are.
    answers: dict[str, Any] = {name: partial(_answer, name, seed + number) for number, name in enumerate(operations)}
    answers["ListTags"] = {"Tags": [{"Key": "team", "Value": "a"}]}
    return FakeSageMaker(
        **{name: refused("ThrottlingException") if name in failing else answers[name] for name in answers}
    )


def _answer(operation: str, seed: int, **_: Any) -> dict[str, Any]:
    return answer(operation, seed)


def _document(kind: JobKind, seed: int, failing: frozenset[str]) -> Document:
    told = answer(kind.describe_operation, seed)
    keep = random.Random(seed)
    told = {field: value for field, value in told.items() if keep.random() < 0.7}
    ref = JobRef(kind, "job-1", job_arn("job-1", kind, HOME), HOME, SOURCE, None, told)
    return normalize(ref, collect(_client(kind, seed, failing), ref), NOTHING)


def _found(engine: EmbeddedOpa, document: Document) -> Counter[str]:
    return Counter(finding.rule_id for finding in engine.evaluate(document).decision.findings)


def _counting(engine: EmbeddedOpa, document: Document) -> Counter[str]:
    findings = engine.evaluate(document).decision.findings
    return Counter(finding.rule_id for finding in findings if finding.exempted_by is None)


@pytest.mark.parametrize("kind", JOB_KINDS, ids=lambda row: row.id)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_what_failed_for_now_adds_no_finding(strict: EmbeddedOpa, kind: JobKind, data: Any, seed: int) -> None:
    calls = ["ListTags", kind.describe_operation, *(row.describe_operation for row in RESOURCE_KINDS)]
    failing = frozenset(data.draw(st.sets(st.sampled_from(calls), min_size=1), label="failing calls"))
    complete = _found(strict, _document(kind, seed, frozenset()))
    partial = _found(strict, _document(kind, seed, failing))
    added = partial - complete
    assert not added, f"with {sorted(failing)} unavailable these rules report more than without: {dict(added)}"


@pytest.mark.parametrize("kind", JOB_KINDS, ids=lambda row: row.id)
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_what_failed_for_now_ends_no_exemption_and_no_override(
    relaxed: EmbeddedOpa, kind: JobKind, data: Any, seed: int
) -> None:
    calls = ["ListTags", kind.describe_operation, *(row.describe_operation for row in RESOURCE_KINDS)]
    failing = frozenset(data.draw(st.sets(st.sampled_from(calls), min_size=1), label="failing calls"))
    complete = _counting(relaxed, _document(kind, seed, frozenset()))
    partial = _counting(relaxed, _document(kind, seed, failing))
    added = partial - complete
    assert not added, f"with {sorted(failing)} unavailable these rules count more than without: {dict(added)}"


def test_the_property_sees_a_job_that_cannot_be_read(strict: EmbeddedOpa) -> None:
    """Else it would hold for a test that compares nothing."""
    kind = next(row for row in JOB_KINDS if row.id == "training")
    assert any(_found(strict, _document(kind, seed, frozenset())) for seed in range(5))
    document = _document(kind, 1, frozenset({kind.describe_operation, "ListTags"}))
    assert document.unavailable is not None
    assert {call.operation for call in document.unavailable} == {kind.describe_operation, "ListTags"}
