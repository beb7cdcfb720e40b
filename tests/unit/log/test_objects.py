"""A record that is kept without its values says so."""

from __future__ import annotations

import pytest

from guard.errors import DecisionMissing, LogError
from guard.log.objects import ObjectSink
from tests.support.fakes import FakeSageMaker
from tests.support.records import ARN, denied


class Broken:
    """A policy that isn't there."""

    def masks(self, _: object) -> object:
        raise DecisionMissing("the masking policy is undefined")


def test_a_record_without_its_values_is_written_and_told() -> None:
    s3 = FakeSageMaker(PutObject={})
    with pytest.raises(LogError) as caught:
        ObjectSink(lambda: s3, "records", Broken()).write(denied())
    assert [operation for operation, _ in s3.calls] == ["PutObject"]
    assert caught.value.evidence == {
        "sink": "objects",
        "decision_id": "decision-1",
        "job": ARN,
        "problem": "the masking policy is undefined",
    }
