"""Permissions that the template grants to the guard's role, but a service control policy or permissions boundary denies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guard.document import ImageError
from guard.errors import RightMissing
from guard.refs import Home
from guard.resources import BY_RESOURCE_KIND, Resource


def missing_rights(home: Home, answers: Mapping[Resource, Mapping[str, Any] | ImageError]) -> tuple[RightMissing, ...]:
    """Return an error for each API operation refused on a resource of the guard's own account and region, with the first one.

    A refusal for another account's resource is its owner's decision, and the role has no permissions in other regions.
    """
    missing: dict[str, RightMissing] = {}
    for resource, answer in sorted(answers.items(), key=lambda item: item[0]):
        if isinstance(answer, ImageError) and answer.code == "access-denied" and _is_own(home, resource.name):
            operation = BY_RESOURCE_KIND[resource.kind].describe_operation
            missing.setdefault(
                operation,
                RightMissing(
                    "the guard's role lacks a permission that the template grants",
                    operation=operation,
                    account=home.account,
                    resource=resource.name,
                    error=answer.message,
                ),
            )
    return tuple(missing.values())


def _is_own(home: Home, name: str) -> bool:
    """Return whether the name or ARN refers to a resource in this account and region."""
    _, *place = name.split(":")[:5]
    return not name.startswith("arn:") or place == [home.partition, "sagemaker", home.region, home.account]
