"""Regions that may be misspelt. A region that botocore doesn't list need not be wrong: AWS opens new ones."""

from __future__ import annotations

import fnmatch

from guard.authoring.wording import hint
from guard.aws.regions import known_regions


def doubt_about(pattern: str) -> str | None:
    """Return why the name of a region, or a glob of regions, may be misspelt; None if it matches a known region.

    >>> doubt_about("eu-wset-1")
    'is not among the regions that botocore lists; did you mean eu-west-1?'
    """
    if fnmatch.filter(known_regions(), pattern):
        return None
    wild = "*" in pattern or "?" in pattern
    text = "matches none of the regions that botocore lists" if wild else "is not among the regions that botocore lists"
    return hint(text, pattern, [*known_regions()], "correct it, unless the region is a new one")
