"""Masking policies that hide nothing, and that aren't there."""

from __future__ import annotations

from guard.errors import DecisionMissing


class NoMasks:
    """A policy that hides nothing."""

    def masks(self, _: object) -> object:
        return []


class Broken:
    """A policy that isn't there."""

    def masks(self, _: object) -> object:
        raise DecisionMissing("the masking policy is undefined")
