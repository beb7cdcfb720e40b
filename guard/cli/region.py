"""The region that is meant where the AWS CLI and boto3 read different variables."""

from __future__ import annotations

from collections.abc import Mapping


def region_of(environment: Mapping[str, str]) -> str | None:
    """Return the region of AWS_REGION, None where it isn't given.

    Version 2 of the AWS CLI takes it before everything else; version 1 and boto3 don't read it, and would act on the stack of
    this name in another region.
    """
    return environment.get("AWS_REGION") or None
