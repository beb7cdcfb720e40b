"""Records for tests: of a denied training job with secrets, before and after it was stopped."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from guard.decision import Decision, Evaluation, Finding
from guard.jobs import BY_KIND
from guard.record import Outcome, Record
from guard.refs import JobRef
from tests.support.documents import document
from tests.support.jobs import ACCOUNT, DENIED, HOME, REGION, ROLE

STARTED = datetime(2026, 11, 23, 10, 1, tzinfo=UTC)
ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/churn-42"
FINDING = Finding(
    rule_id="denied_image",
    level="deny",
    level_source="level",
    message=f"The image {DENIED} is on the deny list: out of support.",
    remediation="Use a current image.",
    details={"config": "rules.denied_image.images", "slot": "AlgorithmSpecification.TrainingImage", "image": DENIED},
    exempted_by=None,
)


def denied(*findings: Finding, outcome: Outcome | None = Outcome.STOPPED, **changes: Any) -> Record:
    """Return the record of a denied job with the secrets s3cret and hyp3r in its settings and cmd-w0rd in its command."""
    subject = document(
        source={"time": "2026-11-23T10:00:00Z"},
        job={
            "name": "churn-42",
            "arn": ARN,
            "created_at": "2026-11-23T10:00:00Z",
            "role_arn": ROLE,
            "role_arns": [ROLE],
        },
        tag="1.10-cpu-py38",
        environment=[{"slot": "Environment", "name": "TOKEN", "value": "s3cret"}],
        hyperparameters=[{"slot": "HyperParameters", "name": "epochs", "value": "hyp3r"}],
        command={"entrypoint": ["cmd-w0rd"], "arguments": None},
    )
    decision = Decision(decision="deny", findings=findings or (FINDING,))
    record = Record(
        "decision-1",
        "event-1",
        HOME,
        "enforce",
        STARTED,
        ref=JobRef(BY_KIND["training"], "churn-42", ARN, HOME, subject.source, None, {}),
        outcome=outcome,
        document=subject,
        evaluation=Evaluation(decision, "r1", "1.22.2"),
        decided_at=STARTED + timedelta(milliseconds=4),
        finished_at=STARTED + timedelta(milliseconds=120) if outcome else None,
    )
    return replace(record, **changes)
