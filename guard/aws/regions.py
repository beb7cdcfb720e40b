"""The regions that the installed botocore knows, without a call."""

from __future__ import annotations

from functools import cache

from botocore.loaders import Loader


@cache
def known_regions() -> tuple[str, ...]:
    """Return the names of the regions of all partitions, sorted."""
    partitions = Loader().load_data("partitions")["partitions"]
    # A partition's own name stands for services without regions.
    return tuple(sorted(name for each in partitions for name in each["regions"] if not name.endswith("-global")))
