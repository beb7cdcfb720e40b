"""Helpers of the tests of the embedded OPA."""

from __future__ import annotations

import os

ALLOW = 'decision := {"decision": "allow", "findings": []} if input.schema_version == 1'
"""A rule of `guard.main` that allows every document of its schema."""


def alive(pid: int) -> bool:
    """Return whether the process exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
