"""Regions that may be misspelt: AWS opens new ones, so that one which botocore doesn't know need not be wrong."""

from __future__ import annotations

import fnmatch

from guard.authoring.wording import hint
from guard.aws.regions import known_regions


def doubt_about(pattern: str) -> str | None:
    """Return why a glob, or the name of a region, may be misspelt; None where it matches a known region.

    >>> doubt_about("eu-wset-1")
    'is not among the regions that botocore knows; did you mean eu-west-1?'
    """
    if fnmatch.filter(known_regions(), pattern):
        return None
    wild = "*" in pattern or "?" in pattern
    text = "matches none of the regions that botocore knows" if wild else "is not among the regions that botocore knows"
    return hint(text, pattern, [*known_regions()], "correct it, unless the region is a new one")
