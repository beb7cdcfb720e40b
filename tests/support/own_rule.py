"""A team's own rule with only the files that a case needs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

POLICIES = Path("policies")
FOLDER = POLICIES / "guard/rules/own"
FILE = FOLDER / "own.rego"
PARAMETERS = {
    "seconds": {"type": "integer"},
    "names": {"type": "array", "items": {"type": "string", "format": "glob"}},
    "images": {"type": "object"},
    "tags": {"type": "object"},
}
EXPORTS = 'findings contains {"message": "x"}\n\nremediation := "x"\n'
TEST = "package guard.rules.own_test\n"
Said = Callable[..., list[str]]
