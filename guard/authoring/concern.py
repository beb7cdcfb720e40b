"""Problems of the configuration's values that its schema can't express."""

from __future__ import annotations

from dataclasses import dataclass

from guard.authoring.yaml_positions import KeyPath


@dataclass(frozen=True)
class Concern:
    """A problem of the value at a path; a warning doesn't stop a build."""

    path: KeyPath
    text: str
    severity: str = "error"
