"""The table of the guard's state when DynamoDB refuses."""

from __future__ import annotations

import pytest

from guard.aws.table import StateTable
from guard.errors import StateError
from tests.support.fakes import FakeSageMaker, refused


def test_a_refused_call_is_an_error_with_its_evidence() -> None:
    dynamodb = FakeSageMaker(UpdateItem=refused("ProvisionedThroughputExceededException", "slow down"))
    with pytest.raises(StateError) as caught:
        StateTable(lambda: dynamodb, "guard-state").add("breaker", {"stops": 1})
    error = caught.value.evidence.pop("error")
    assert caught.value.evidence == {
        "table": "guard-state",
        "operation": "UpdateItem",
        "code": "ProvisionedThroughputExceededException",
    }
    assert "slow down" in str(error)
