"""The largest job of each kind, decided with every rule on: its denied image is found, and its line is bounded."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
import yaml

from benchmarks.largest import largest, on_many_packages
from guard.document import Document
from guard.extract.bounds import ENTRIES, SETTINGS_BYTES
from guard.jobs import JOB_KINDS, JobKind
from guard.log.line import LIMIT_BYTES, line
from guard.opa.engine import EmbeddedOpa
from tests.support.carriers import WITHOUT_IMAGE
from tests.support.policies import CONFIG, SHIPPED
from tests.support.records import denied

RULES = yaml.safe_load((SHIPPED / CONFIG).read_text())["rules"]


@pytest.fixture
def strict(engine_with: Callable[..., EmbeddedOpa]) -> EmbeddedOpa:
    """Every rule denies."""
    return engine_with(rules={rule_id: {"level": "deny", "overrides": []} for rule_id in RULES})


def size(document: Document) -> int:
    return len(document.model_dump_json().encode())


@pytest.mark.parametrize("kind", JOB_KINDS, ids=lambda kind: kind.id)
def test_the_document_of_the_largest_job_is_bounded(kind: JobKind) -> None:
    """What isn't a setting is at most some 1 MB, and OPA's work on all of it within half a processor second."""
    assert size(largest(kind)) <= SETTINGS_BYTES + 1_000_000


def test_a_job_on_thousands_of_containers_is_denied_by_what_it_shows_and_by_what_it_leaves_out(
    strict: EmbeddedOpa,
) -> None:
    document = on_many_packages()
    assert (len(document.images), len(document.storage.inputs)) == (ENTRIES, ENTRIES)
    assert document.entries_omitted is not None
    assert document.entries_omitted > 6000
    assert {"denied_image", "omitted_facts"} <= set(strict.evaluate(document).decision.rule_ids)


@pytest.mark.parametrize("kind", JOB_KINDS, ids=lambda kind: kind.id)
def test_the_line_of_the_largest_job_is_bounded_and_says_what_matters(kind: JobKind, strict: EmbeddedOpa) -> None:
    document = largest(kind)
    assert size(document) > LIMIT_BYTES
    evaluation = strict.evaluate(document)
    fields = line(replace(denied(), document=document, evaluation=evaluation))
    assert len(json.dumps(fields).encode()) <= LIMIT_BYTES
    assert (fields["decision"], fields["outcome"]) == ("deny", "stopped")
    assert set(fields["rule_ids"]) == {finding.rule_id for finding in evaluation.decision.findings}
    assert "denied_image" in fields["rule_ids"] or kind.id in WITHOUT_IMAGE
