"""The jobs of a list: each by its name, or by the ARN where the summary has no name."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from guard.jobs import TRAINING
from guard.refs import job_arn
from guard.sources.sweep import Listed, listed
from tests.support.jobs import HOME

CREATED, MODIFIED = datetime(2026, 11, 23, 10, tzinfo=UTC), datetime(2026, 11, 23, 11, tzinfo=UTC)
ARN = job_arn("churn", TRAINING, HOME)
JOB = Listed(TRAINING, "churn", ARN, "InProgress", CREATED, MODIFIED)
REST = {"TrainingJobStatus": "InProgress", "CreationTime": CREATED, "LastModifiedTime": MODIFIED}


@pytest.mark.parametrize(
    "summary",
    [
        pytest.param({"TrainingJobName": "churn", "TrainingJobArn": ARN}, id="both"),
        pytest.param({"TrainingJobName": "churn"}, id="name"),
        pytest.param({"TrainingJobArn": ARN}, id="ARN"),
    ],
)
def test_a_job_of_a_list(summary) -> None:
    assert listed(TRAINING, summary | REST, HOME) == JOB


def test_a_job_whose_summary_has_no_status_has_none() -> None:
    job = listed(TRAINING, {"TrainingJobName": "churn"}, HOME)
    assert job == Listed(TRAINING, "churn", ARN, "", None, None)


@pytest.mark.parametrize("summary", [{}, {"TrainingJobName": ""}, {"TrainingJobArn": "arn:aws:s3:::x"}])
def test_a_summary_that_cannot_be_described_is_none(summary) -> None:
    assert listed(TRAINING, summary | REST, HOME) is None
