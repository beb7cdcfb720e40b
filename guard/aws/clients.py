"""How the clients of AWS's services are given: whoever composes the guard or a command says how they are made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

ClientOf = Callable[[str], Any]
"""Makes the client of a service, by its name."""
