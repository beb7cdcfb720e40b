"""Masking policies: one that hides nothing, one that hides what a test names, and a missing one."""

from __future__ import annotations

from guard.errors import DecisionMissing


class NoMasks:
    """A policy that hides nothing."""

    def masks(self, _: object) -> object:
        return []


class Masks:
    """A policy that replaces the values at these paths."""

    def __init__(self, *paths: str) -> None:
        self.paths = paths

    def masks(self, _: object) -> object:
        return [{"op": "upsert", "path": path, "value": "***"} for path in self.paths]


class Broken:
    """A missing policy."""

    def masks(self, _: object) -> object:
        raise DecisionMissing("the masking policy is undefined")
