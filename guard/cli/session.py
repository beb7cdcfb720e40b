"""The session and the clients that the commands act with: of the region that the AWS CLI would take."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config

from guard.aws.refusals import CALL_ERRORS
from guard.cli.region import region_of
from guard.errors import ConfigError

# ValueError: botocore checks no variable before it uses it, as the number of AWS_MAX_ATTEMPTS or the address of an endpoint.
_UNUSABLE: tuple[type[Exception], ...] = (*CALL_ERRORS, ValueError)


def new_session() -> boto3.Session:
    """Return a session of that region, or else of the one that boto3 finds. Raises ConfigError."""
    with _usable_configuration():
        return boto3.Session(region_name=region_of(os.environ))


def client_in(session: Any, service: str, config: Config | None = None) -> Any:
    """Return a client of the service in the session. Raises ConfigError."""
    with _usable_configuration():
        return session.client(service, config=config)


@contextmanager
def _usable_configuration() -> Iterator[None]:
    try:
        yield
    except _UNUSABLE as exc:
        told = "the AWS configuration can't be used; see the variables AWS_... and ~/.aws/config"
        raise ConfigError(told, error=str(exc)) from exc
