"""The token of a remote OPA: an invalid one is rejected without quoting it."""

from __future__ import annotations

from typing import Any

import pytest

from guard.aws.secrets import token_from
from guard.errors import OpaUnauthorized
from tests.support.fakes import FakeSageMaker

ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:opa"


def _token(value: Any) -> str:
    return token_from(ARN, lambda _: FakeSageMaker(GetSecretValue={"SecretString": value}))


def test_white_space_around_a_token_is_stripped() -> None:
    assert _token(" t0k.en/+=~-\n") == "t0k.en/+=~-"


@pytest.mark.parametrize(
    "value",
    ['{\n "token": "s3cret"\n}', "s3cret\ns3cret", "s3 cret", "\u201cs3cret\u201d", "s3cret\x7f", ""],
    ids=["JSON", "two lines", "a space", "typographic quotes", "a control character", "nothing"],
)
def test_an_invalid_token_is_not_quoted(value: str) -> None:
    """An HTTP client quotes the whole header in its error."""
    with pytest.raises(OpaUnauthorized, match="not one line of visible ASCII characters") as refused:
        _token(value)
    assert refused.value.evidence == {"arn": ARN}
    assert "s3cret" not in str(refused.value)
