"""The fingerprint of a release: another one for each change, the same one when nothing changes."""

from __future__ import annotations

import pytest

from tools.deploy import fingerprint

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
