"""Reads the bearer token of a remote OPA from Secrets Manager or SSM."""

from __future__ import annotations

import re

from guard.aws.clients import ClientOf
from guard.aws.refusals import CALL_ERRORS, code
from guard.errors import OpaUnauthorized

# KeyError: a binary secret has no SecretString.
_ERRORS: tuple[type[Exception], ...] = (*CALL_ERRORS, KeyError)


def token_from(arn: str, client_of: ClientOf) -> str:
    """Return the value of a Secrets Manager secret or an SSM parameter; `client_of` returns the client of a service.

    Raises OpaUnauthorized, which never contains any part of the value, if it can't be read or isn't a valid token.
    """
    service = arn.split(":")[2]
    try:
        if service == "secretsmanager":
            found = client_of(service).get_secret_value(SecretId=arn)["SecretString"]
        else:
            found = client_of(service).get_parameter(Name=arn, WithDecryption=True)["Parameter"]["Value"]
    except _ERRORS as exc:
        raise OpaUnauthorized("the token of the remote OPA could not be read", arn=arn, code=code(exc)) from exc
    token = str(found).strip()
    if not re.fullmatch(r"[!-~]+", token):
        # An HTTP client's error about such a header would quote the token.
        raise OpaUnauthorized("the token of the remote OPA is not one line of visible ASCII characters", arn=arn)
    return token
