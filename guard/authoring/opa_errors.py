"""The errors that `opa check` reports."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guard.authoring.opa import RunResult
from guard.errors import ConfigError


@dataclass(frozen=True)
class OpaError:
    """One error of `opa check --format json`; row and column count from 1."""

    code: str
    message: str
    file: Path
    row: int
    column: int
    details: Mapping[str, Any]

    @property
    def is_syntax(self) -> bool:
        """Whether OPA couldn't parse the file; it then reports no other errors."""
        return self.code == "rego_parse_error"


def reported(ran: RunResult, policies: Path) -> list[OpaError]:
    """Return the errors of `opa check --format json`, in the order of the files.

    Raises ConfigError if OPA printed something else.
    """
    if ran.code == 0:
        return []
    try:
        errors = [_error(error, policies) for error in json.loads(ran.err or ran.out)["errors"]]
    except (ValueError, KeyError, TypeError) as exc:
        raise ConfigError(f"OPA can't check the policies: {ran.output}") from exc
    return sorted(errors, key=lambda error: (error.file, error.row, error.column))


def _error(error: Mapping[str, Any], policies: Path) -> OpaError:
    place, details = error.get("location") or {}, error.get("details")
    return OpaError(
        code=str(error.get("code")),
        message=str(error["message"]),
        file=Path(place.get("file") or policies),
        row=place.get("row") or 1,
        column=place.get("col") or 1,
        details=details if isinstance(details, dict) else {},
    )
