"""The facts that a document marks as unavailable while a call fails: exactly those that the response could have changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from guard.document import Document
from guard.errors import CollectError
from guard.jobs import BY_KIND, INFERENCE_RECOMMENDATIONS, TRANSFORM, JobKind
from guard.normalize import normalize
from guard.refs import Collected, JobRef, job_arn
from guard.resources import BY_RESOURCE_KIND, ResourceKind
from tests.support.busy import NAMED, NOTHING, SOURCE, overlaps
from tests.support.busy import document as busy
from tests.support.events import HOME

ROLE = "arn:aws:iam::111122223333:role/own"
FEW, MANY = 40, 400


def ref(kind: JobKind) -> JobRef:
    return JobRef(kind, "job-1", job_arn("job-1", kind, HOME), HOME, SOURCE, None, {})


ELSEWHERE = {"schema_version", "source", "account", "region", "partition", "job", "actor", "deny_list", "unavailable"}
DESCRIBED = ["job.role_arns", *(name for name in Document.model_fields if name not in ELSEWHERE)]

DEFINED = ["images", "job.role_arns", "compute", "network", "storage", "environment", "endpoints", "command"]


@pytest.mark.parametrize(
    ("operation", "facts", "fields"),
    [
        ("ListTags", ["job.tags"], ["job.tags"]),
        ("DescribeAlgorithm", ["images", "storage.inputs"], ["images", "storage"]),
        (
            "DescribeModel",
            [
                *("images", "job.role_arns", "storage.inputs", "environment", "models"),
                *("network.isolated", "network.vpc", "job.execution_role_arns"),
            ],
            ["images", "job.role_arns", "storage", "environment", "models", "network"],
        ),
        (
            "DescribeModelPackage",
            ["images", "storage.inputs", "environment", "models"],
            ["images", "storage", "environment", "models"],
        ),
        ("DescribeTransformJob", [*DESCRIBED, "job.execution_role_arns"], DESCRIBED),
        ("DescribeDataQualityJobDefinition", [*DEFINED, "job.execution_role_arns"], DEFINED),
    ],
)
def test_a_failed_call_marks_what_its_response_would_have_contained(
    operation: str, facts: list[str], fields: list[str]
) -> None:
    failure = CollectError("busy", operation=operation, resource="m", code="ThrottlingException")
    told = normalize(ref(TRANSFORM), Collected({"ModelName": "m"}, {}, {}, (failure,)), NOTHING)
    (call,) = told.unavailable or ()
    assert (call.operation, call.resource, call.message) == (operation, "m", "ThrottlingException")
    assert (call.facts, call.fields) == (tuple(facts), tuple(fields))


@pytest.mark.parametrize(
    ("kind", "description", "withheld"),
    [
        pytest.param(TRANSFORM, {"ModelName": "m"}, True, id="the model's role is the job's"),
        pytest.param(INFERENCE_RECOMMENDATIONS, {"RoleArn": ROLE}, False, id="a role of its own"),
    ],
)
def test_a_model_that_cannot_be_read_hides_the_execution_role_where_the_job_has_none(
    kind: JobKind, description: dict[str, Any], withheld: bool
) -> None:
    failure = CollectError("busy", operation="DescribeModel", resource="m", code="ThrottlingException")
    (call,) = normalize(ref(kind), Collected(description, {}, {}, (failure,)), NOTHING).unavailable or ()
    assert ("job.execution_role_arns" in (call.facts or ())) is withheld


@pytest.mark.parametrize(
    ("resource", "fields"),
    [
        ("arn:aws:sagemaker:eu-west-1:111122223333:transform-job/job-1", ("job.tags",)),
        ("arn:aws:sagemaker:eu-west-1:111122223333:model/m", ("models",)),
        ("arn:aws:sagemaker:eu-west-1:111122223333:model-package/p/1", ("models",)),
    ],
    ids=["of the job", "of its model", "of its package"],
)
def test_throttled_tags_mark_what_they_would_have_contained(resource, fields) -> None:
    busy = CollectError("the SageMaker API call failed", operation="ListTags", resource=resource, code="Throttling")
    found = normalize(ref(TRANSFORM), Collected({"ModelName": "m"}, None, {}, (busy,)), NOTHING)
    assert found.unavailable is not None
    assert [(call.operation, call.fields) for call in found.unavailable] == [("ListTags", fields)]


# Facts that a document counts or copies from other facts, by these facts.
DERIVED = {
    "job.execution_role_arns": "job.role_arns",
    "job.parts": "network",
    "job.role_arn": "job.role_arns",
    "settings_omitted": "environment",
}
# Their own lists, or their own values, are facts by themselves.
PARTS = {"job", "compute", "network", "storage", "command", "remote_access"}


def _differing(one: Document, other: Document) -> Iterator[str]:
    for name in Document.model_fields.keys() - {"unavailable"}:
        ours, theirs = getattr(one, name), getattr(other, name)
        if name not in PARTS:
            if ours != theirs:
                yield DERIVED.get(name, name)
            continue
        for part in type(ours).model_fields:
            if getattr(ours, part) != getattr(theirs, part):
                yield DERIVED.get(f"{name}.{part}", f"{name}.{part}")


def _told(document: Document, resource: ResourceKind) -> set[str]:
    calls = (call for call in document.unavailable or () if call.operation == resource.describe_operation)
    return {fact for call in calls for fact in call.facts or ()} - {"job.execution_role_arns"}


@pytest.mark.parametrize(
    ("kind", "resource"),
    [
        pytest.param(BY_KIND[kind], BY_RESOURCE_KIND[resource], id=f"{resource} of {kind}")
        for kind, named in NAMED.items()
        for resource in named
    ],
)
def test_exactly_the_facts_of_an_unavailable_resource_are_named(kind: JobKind, resource: ResourceKind) -> None:
    """Otherwise a throttled model would keep a job with denied volumes running, or stop one for what its model may have."""
    failing, changed, named = frozenset({resource.describe_operation}), set[str](), set[str]()
    for seed in range(MANY):
        if seed > FEW and named and all(overlaps(fact, changed) for fact in named):
            return
        partial = busy(kind, seed, failing)
        differing, told = set(_differing(busy(kind, seed, frozenset()), partial)), _told(partial, resource)
        assert {fact for fact in differing if not overlaps(fact, told)} == set(), f"seed {seed}"
        changed |= differing
        named |= told
    pytest.fail(f"it never changes {named - changed}")
