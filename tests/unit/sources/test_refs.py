"""Jobs by their ARN, and the partitions of regions."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from guard.document import Source
from guard.errors import EventError, ScopeError
from guard.jobs import PROCESSING, TUNING
from guard.refs import job_from_arn, partition_of
from tests.support.events import HOME

SOURCE = Source(type="check", id="run-1", time=datetime(2024, 3, 5, tzinfo=UTC))
ARN = f"arn:aws:sagemaker:{HOME.region}:{HOME.account}"


def test_job_from_arn() -> None:
    arn = f"{ARN}:hyper-parameter-tuning-job/tuning-1"
    ref = job_from_arn(arn, TUNING, HOME, SOURCE)
    assert (ref.kind, ref.name, ref.arn, ref.home) == (TUNING, "tuning-1", arn, HOME)
    assert (ref.source, ref.actor, ref.reported) == (SOURCE, None, {})


@pytest.mark.parametrize("arn", ["", "tuning-1", f"{ARN}:training-job/x", f"{ARN}:processing-job/"])
def test_job_from_arn_refuses_the_arn_of_something_else(arn) -> None:
    with pytest.raises(EventError) as failed:
        job_from_arn(arn, PROCESSING, HOME, SOURCE)
    assert failed.value.evidence == {"field": "arn", "value": arn}


@pytest.mark.parametrize(
    "scope", [f"us-east-1:{HOME.account}", f"{HOME.region}:999999999999"], ids=["region", "account"]
)
def test_job_from_arn_refuses_a_job_of_another_account_or_region(scope: str) -> None:
    arn = f"arn:aws:sagemaker:{scope}:processing-job/x"
    with pytest.raises(ScopeError) as failed:
        job_from_arn(arn, PROCESSING, HOME, SOURCE)
    assert failed.value.evidence == {"field": "arn", "value": arn}


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-west-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("eu-isoe-west-1", "aws-iso-e"),
        ("us-isof-south-1", "aws-iso-f"),
        ("eusc-de-east-1", "aws-eusc"),
    ],
)
def test_partition_of(region, partition) -> None:
    assert partition_of(region) == partition
