"""The bearer token of a remote OPA, from where AWS keeps it."""

from __future__ import annotations

import re

from guard.aws.clients import ClientOf
from guard.aws.refusals import CALL_ERRORS, code
from guard.errors import OpaUnauthorized

# KeyError: a secret of bytes has no text.
_ERRORS: tuple[type[Exception], ...] = (*CALL_ERRORS, KeyError)


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
    except _ERRORS as exc:
        raise OpaUnauthorized("the token of the remote OPA could not be read", arn=arn, code=code(exc)) from exc
    token = str(found).strip()
    if not re.fullmatch(r"[!-~]+", token):
        # What a client says of such a header would quote it.
        raise OpaUnauthorized("the token of the remote OPA is not one line of visible ASCII characters", arn=arn)
    return token
