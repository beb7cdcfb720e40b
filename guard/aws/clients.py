"""The type of the functions that create AWS clients: the composition root and the commands pass them in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

ClientOf = Callable[[str], Any]
"""Returns the client of the named service."""
