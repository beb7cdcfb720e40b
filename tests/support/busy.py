"""Documents of jobs of every kind for which some Describe calls are throttled."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from functools import partial
from typing import Any

from guard.aws.collect import collect
from guard.document import DenyList, Document, Source
from guard.jobs import JobKind
from guard.normalize import normalize
from guard.refs import JobRef, job_arn
from guard.resources import JOB_DEFINITIONS, RESOURCE_KINDS
from tests.support.fakes import FakeSageMaker, refused
from tests.support.jobs import HOME
from tests.support.shapes import answer

NOTHING = DenyList(images={}, patterns=())
SOURCE = Source(type="state-change", id="event-1", time=datetime(2026, 11, 23, 10, tzinfo=UTC))

# The resources that jobs of a kind refer to, directly or through other resources; other kinds refer to none.
NAMED = {
    "hyperparameter-tuning": ("algorithm",),
    "inference-recommendations": ("model", "model-package"),
    "labeling": ("model", "model-package"),
    "monitoring-schedule": tuple(row.id for row in JOB_DEFINITIONS.values()),
    "training": ("algorithm",),
    "transform": ("model", "model-package"),
}


def _client(kind: JobKind, seed: int, failing: frozenset[str]) -> FakeSageMaker:
    operations = [kind.describe_operation, *(row.describe_operation for row in RESOURCE_KINDS)]
    # Answers are made on request, because a job refers to few of the resources.
    answers: dict[str, Any] = {name: partial(_answer, name, seed + number) for number, name in enumerate(operations)}
    answers["ListTags"] = {"Tags": [{"Key": "team", "Value": "a"}]}
    return FakeSageMaker(
        **{name: refused("ThrottlingException") if name in failing else answers[name] for name in answers}
    )


def _answer(operation: str, seed: int, **_: Any) -> dict[str, Any]:
    return answer(operation, seed)


def document(kind: JobKind, seed: int, failing: frozenset[str]) -> Document:
    """Return the document of the seed's job with the resources that it names, while these calls are throttled."""
    told = answer(kind.describe_operation, seed)
    keep = random.Random(seed)
    told = {field: value for field, value in told.items() if keep.random() < 0.7}
    ref = JobRef(kind, "job-1", job_arn("job-1", kind, HOME), HOME, SOURCE, None, told)
    return normalize(ref, collect(_client(kind, seed, failing), ref), NOTHING)


def overlaps(fact: str, facts: set[str]) -> bool:
    """Whether a dotted fact equals one of the facts, is a part of one, or contains one."""
    return any(f"{fact}.".startswith(f"{other}.") or f"{other}.".startswith(f"{fact}.") for other in facts)
