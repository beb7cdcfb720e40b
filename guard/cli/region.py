"""The AWS region, which the AWS CLI and boto3 read from different variables."""

from __future__ import annotations

from collections.abc import Mapping


def region_of(environment: Mapping[str, str]) -> str | None:
    """Return the value of AWS_REGION, None if it isn't set.

    Version 2 of the AWS CLI prefers it to every other source; version 1 and boto3 don't read it, and would use the stack of the
    same name in another region.
    """
    return environment.get("AWS_REGION") or None
