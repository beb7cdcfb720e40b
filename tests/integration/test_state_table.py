"""The table of the guard's state, on moto's DynamoDB."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from guard.aws.table import StateTable
from guard.errors import StateError
from tests.support.fakes import FakeSageMaker, refused

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)


def test_what_was_written_is_read_with_its_expiry(table: StateTable) -> None:
    table.write("a", {"text": "x", "number": -3}, LATER)
    assert table.read("a") == {"id": "a", "text": "x", "number": -3, "expiration": int(LATER.timestamp())}
    assert table.read("b") == {}


def test_one_of_two_has_the_lease_until_it_gives_it_back(table: StateTable) -> None:
    assert [table.claim("lease", owner, LATER, NOW) for owner in ("first", "second")] == [True, False]
    table.release("lease", "second")
    assert not table.claim("lease", "second", LATER, NOW)
    table.release("lease", "first")
    assert table.claim("lease", "second", LATER, NOW)


def test_the_lease_of_a_killed_owner_runs_out(table: StateTable) -> None:
    table.claim("lease", "killed", LATER, NOW)
    assert not table.claim("lease", "next", LATER, LATER - timedelta(milliseconds=1))
    assert table.claim("lease", "next", LATER + timedelta(minutes=10), LATER)


def test_an_owner_may_hold_the_lease_longer(table: StateTable) -> None:
    assert [table.claim("lease", "owner", until, NOW) for until in (LATER, 2 * (LATER - NOW) + NOW)] == [True, True]
    assert not table.claim("lease", "next", LATER, LATER)


def test_numbers_are_added_at_once_and_others_removed(table: StateTable) -> None:
    table.add("count", {"m1": 2}, expires=LATER)
    table.add("count", {"m1": 1, "m2": 5})
    assert table.add("count", {"m2": -1}, remove=["m1", "m0"]) == {
        "id": "count",
        "m2": 4,
        "expiration": int(LATER.timestamp()),
    }


def test_what_is_neither_a_text_nor_a_whole_number_is_left_out() -> None:
    """Another program may have written to the item; the guard uses only its own values."""
    item = {"id": {"S": "a"}, "share": {"N": "0.5"}, "on": {"BOOL": True}, "number": {"N": "7"}}
    assert StateTable(lambda: FakeSageMaker(GetItem={"Item": item}), "state").read("a") == {"id": "a", "number": 7}


def test_what_was_just_written_is_read() -> None:
    """DynamoDB guarantees this only for consistent reads."""
    dynamodb = FakeSageMaker(GetItem={})
    StateTable(lambda: dynamodb, "state").read("a")
    assert dynamodb.calls == [("GetItem", {"TableName": "state", "Key": {"id": {"S": "a"}}, "ConsistentRead": True})]


def test_a_failed_claim_is_not_a_lease_held_by_another() -> None:
    table = StateTable(lambda: FakeSageMaker(PutItem=refused("ThrottlingException")), "state")
    with pytest.raises(StateError) as raised:
        table.claim("lease", "owner", LATER, NOW)
    assert raised.value.evidence["operation"] == "PutItem"


@pytest.mark.parametrize("operation", ["GetItem", "PutItem", "UpdateItem", "DeleteItem"])
def test_a_refusal_is_a_state_error_that_names_the_table(operation: str) -> None:
    error = refused("ProvisionedThroughputExceededException")
    table = StateTable(lambda: FakeSageMaker(**{operation: error}), "state")
    calls = {
        "GetItem": lambda: table.read("a"),
        "PutItem": lambda: table.write("a", {}, NOW),
        "UpdateItem": lambda: table.add("a", {"n": 1}),
        "DeleteItem": lambda: table.release("a", "me"),
    }
    with pytest.raises(StateError) as raised:
        calls[operation]()
    assert (raised.value.evidence["table"], raised.value.evidence["operation"]) == ("state", operation)
    assert raised.value.evidence["code"] == "ProvisionedThroughputExceededException"


def test_a_number_that_is_added_to_again_is_not_removed(table: StateTable) -> None:
    """The clock may go back; DynamoDB refuses to do both at once."""
    table.add("count", {"m1": 2, "m2": 1}, expires=LATER)
    found = table.add("count", {"m1": 1}, remove=["m1", "m2"])
    assert (found["m1"], "m2" in found) == (3, False)
