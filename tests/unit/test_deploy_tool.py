"""The fingerprint of a release: another one for each change, the same one when nothing changes."""

from __future__ import annotations

import pytest

from tools.deploy import fingerprint, with_data_policy

PACKAGED = """
Parameters:
  Mode: {Type: String, Default: enforce}
  Release: {Type: String, Default: ""}
Resources:
  Function: {Code: {S3Key: 0123}, Role: !GetAtt Role.Arn}
"""
FIRST = fingerprint(PACKAGED, {})


def test_a_default_is_the_same_said_or_not() -> None:
    assert fingerprint(PACKAGED, {"Mode": "enforce", "Release": "abc"}) == FIRST


@pytest.mark.parametrize(
    ("packaged", "parameters"),
    [
        pytest.param(PACKAGED.replace("0123", "4567"), {}, id="other code"),
        pytest.param(PACKAGED, {"Mode": "audit"}, id="another parameter"),
    ],
)
def test_what_the_functions_are_made_of_makes_another_release(packaged: str, parameters: dict[str, str]) -> None:
    assert fingerprint(packaged, parameters) != FIRST


DATA = """
  Log:
    DeletionPolicy: RetainExceptOnCreate
    UpdateReplacePolicy: Retain
  Bucket:
    DeletionPolicy: Retain
    Description: "DeletionPolicy: Retain is for audits"
"""


@pytest.mark.parametrize("on_delete", ["keep", ""])
def test_data_stays_unless_it_is_to_go(on_delete: str) -> None:
    assert with_data_policy(DATA, on_delete) == DATA


def test_data_goes_with_the_stack_and_is_still_not_lost_when_a_resource_is_replaced() -> None:
    expected = DATA.replace("RetainExceptOnCreate", "Delete").replace(
        "DeletionPolicy: Retain\n", "DeletionPolicy: Delete\n"
    )
    assert with_data_policy(DATA, "delete") == expected
