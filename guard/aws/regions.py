"""The partitions and regions listed in the installed botocore; needs no API call."""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore.loaders import Loader


@cache
def known_partitions() -> tuple[str, ...]:
    """Return the names of all partitions, sorted."""
    return tuple(sorted(each["id"] for each in _partitions()))


@cache
def known_regions() -> tuple[str, ...]:
    """Return the names of the regions of all partitions, sorted."""
    # An entry such as `aws-global` stands for services without regions.
    return tuple(sorted(name for each in _partitions() for name in each["regions"] if not name.endswith("-global")))


def _partitions() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Loader().load_data("partitions")["partitions"]
    return found
