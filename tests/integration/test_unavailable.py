"""A call that failed for now may withhold findings, and never adds one: over all rules, in a real OPA."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
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
from tests.support.policies import ROOT
from tests.support.shapes import answer

NOTHING = DenyList(images={}, patterns=())
RULES = sorted(path.name for path in (ROOT / "policies" / "guard" / "rules").iterdir())
SOURCE = Source(type="state-change", id="event-1", time=datetime(2026, 11, 23, 10, tzinfo=UTC))


@pytest.fixture(scope="module")
def strict(engine_with: Callable[..., EmbeddedOpa]) -> EmbeddedOpa:
    """Every rule at deny."""
    return engine_with(rules={rule: {"level": "deny", "overrides": []} for rule in RULES})


def _client(kind: JobKind, seed: int, failing: frozenset[str]) -> FakeSageMaker:
    operations = [kind.describe_operation, *(row.describe_operation for row in RESOURCE_KINDS)]
    answers: dict[str, Any] = {name: answer(name, seed + number) for number, name in enumerate(operations)}
    answers["ListTags"] = {"Tags": [{"Key": "team", "Value": "a"}]}
    return FakeSageMaker(
        **{name: refused("ThrottlingException") if name in failing else answers[name] for name in answers}
    )


def _document(kind: JobKind, seed: int, failing: frozenset[str]) -> Document:
    told = answer(kind.describe_operation, seed)
    keep = random.Random(seed)
    told = {field: value for field, value in told.items() if keep.random() < 0.7}
    ref = JobRef(kind, "job-1", job_arn("job-1", kind, HOME), HOME, SOURCE, None, told)
    return normalize(ref, collect(_client(kind, seed, failing), ref), NOTHING)


def _found(engine: EmbeddedOpa, document: Document) -> Counter[str]:
    return Counter(finding.rule_id for finding in engine.evaluate(document).decision.findings)


@pytest.mark.parametrize("kind", JOB_KINDS, ids=lambda row: row.id)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_what_failed_for_now_adds_no_finding(strict: EmbeddedOpa, kind: JobKind, data: Any, seed: int) -> None:
    calls = ["ListTags", kind.describe_operation, *(row.describe_operation for row in RESOURCE_KINDS)]
    failing = frozenset(data.draw(st.sets(st.sampled_from(calls), min_size=1), label="failing calls"))
    complete = _found(strict, _document(kind, seed, frozenset()))
    partial = _found(strict, _document(kind, seed, failing))
    added = partial - complete
    assert not added, f"with {sorted(failing)} unavailable these rules report more than without: {dict(added)}"


def test_the_property_sees_a_job_that_cannot_be_read(strict: EmbeddedOpa) -> None:
    """Else it would hold for a test that compares nothing."""
    kind = next(row for row in JOB_KINDS if row.id == "training")
    assert any(_found(strict, _document(kind, seed, frozenset())) for seed in range(5))
    document = _document(kind, 1, frozenset({kind.describe_operation, "ListTags"}))
    assert document.unavailable is not None
    assert {call.operation for call in document.unavailable} == {kind.describe_operation, "ListTags"}
