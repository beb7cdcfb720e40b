"""The commands' boto3 session and clients, for the region that the AWS CLI would use."""

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

# ValueError: botocore doesn't validate variables before using them, such as AWS_MAX_ATTEMPTS or the URL of an endpoint.
_UNUSABLE: tuple[type[Exception], ...] = (*CALL_ERRORS, ValueError)


def new_session() -> boto3.Session:
    """Return a session for the region in AWS_REGION, or else for the one that boto3 finds. Raises ConfigError."""
    with _usable_configuration():
        return boto3.Session(region_name=region_of(os.environ))


def client_in(session: Any, service: str, config: Config | None = None) -> Any:
    """Return the session's client for the service. Raises ConfigError."""
    with _usable_configuration():
        return session.client(service, config=config)


@contextmanager
def _usable_configuration() -> Iterator[None]:
    try:
        yield
    except _UNUSABLE as exc:
        text = "the AWS configuration can't be used; see the variables AWS_... and ~/.aws/config"
        raise ConfigError(text, error=str(exc)) from exc
