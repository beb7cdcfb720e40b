"""Rights that the guard's role has by its template and that something else took: a service control policy, or a boundary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guard.document import ImageError
from guard.errors import RightMissing
from guard.refs import Home
from guard.resources import BY_RESOURCE_KIND, Resource


def missing_rights(home: Home, answers: Mapping[Resource, Mapping[str, Any] | ImageError]) -> tuple[RightMissing, ...]:
    """Return an error for each API call that was refused for resources of the guard's own account and region, with the first one.

    Who may see a resource of another account is its owner's decision, and one of another region is behind none of the rights.
    """
    missing: dict[str, RightMissing] = {}
    for resource, answer in sorted(answers.items(), key=lambda item: item[0]):
        if isinstance(answer, ImageError) and answer.code == "access-denied" and _is_own(home, resource.name):
            operation = BY_RESOURCE_KIND[resource.kind].describe_operation
            missing.setdefault(
                operation,
                RightMissing(
                    "the guard lacks a right that its role has by the template",
                    operation=operation,
                    account=home.account,
                    resource=resource.name,
                    error=answer.message,
                ),
            )
    return tuple(missing.values())


def _is_own(home: Home, name: str) -> bool:
    """Whether the name, or the ARN, is that of a resource in this account and region."""
    _, *place = name.split(":")[:5]
    return not name.startswith("arn:") or place == [home.partition, "sagemaker", home.region, home.account]
