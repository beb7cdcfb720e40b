"""The bearer token of a remote OPA, from where AWS keeps it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from guard.aws.refusals import code
from guard.errors import OpaUnauthorized

ClientOf = Callable[[str], Any]


def token_from(arn: str, client_of: ClientOf) -> str:
    """Return the text of a Secrets Manager secret or an SSM parameter; `client_of` makes the client of a service.

    Raises OpaUnauthorized when it can't be read, without anything of its value.
    """
    service = arn.split(":")[2]
    try:
        if service == "secretsmanager":
            found = client_of(service).get_secret_value(SecretId=arn)["SecretString"]
        else:
            found = client_of(service).get_parameter(Name=arn, WithDecryption=True)["Parameter"]["Value"]
    except (ClientError, BotoCoreError, ResponseParserError, KeyError) as exc:
        raise OpaUnauthorized("the token of the remote OPA could not be read", arn=arn, code=code(exc)) from exc
    return str(found).strip()
