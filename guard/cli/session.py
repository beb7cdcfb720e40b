"""The session that the commands make their clients with: of the region that the AWS CLI would take."""

from __future__ import annotations

import os
from collections.abc import Mapping

import boto3


def region_of(environment: Mapping[str, str]) -> str | None:
    """Return the region of AWS_REGION, None where it isn't given.

    Version 2 of the AWS CLI takes it before everything else; version 1 and boto3 don't read it, and would act on the stack of
    this name in another region.
    """
    return environment.get("AWS_REGION") or None


def new_session() -> boto3.Session:
    """Return a session of that region, or else of the one that boto3 finds. Raises what boto3 raises."""
    return boto3.Session(region_name=region_of(os.environ))
