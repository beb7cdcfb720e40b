"""Overrides that take from a rule what exemptions may not, or what its own level should say."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from guard.authoring.concern import Concern
from guard.authoring.everything import is_for_every_job
from guard.authoring.override_check import overrides_of

_GRAVER = {"off": 0, "warn": 1, "deny": 2}


def lowered_levels(config: Mapping[str, Any], kinds: Mapping[str, Collection[str]]) -> Iterator[Concern]:
    """Yield the overrides with a lower level than their section's that escape `exemption_policy.never`, or are for every job.

    `kinds` are the job kinds that each rule is about, by its id.
    """
    never = _never(config)
    for rule_id, overrides in overrides_of(config):
        above = config["rules"][rule_id].get("level") if overrides else None
        for index, override in overrides:
            level = str(override.get("level"))
            if _is_lower(level, above):
                everybody = is_for_every_job(override, kinds.get(rule_id, ()))
                for text, severity in _told(rule_id, level, never=rule_id in never, everybody=everybody):
                    yield Concern(("rules", rule_id, "overrides", index, "level"), text, severity)


def _never(config: Mapping[str, Any]) -> list[Any]:
    policy = config.get("exemption_policy")
    never = policy.get("never") if isinstance(policy, dict) else None
    return never if isinstance(never, list) else []


def _is_lower(level: str, above: object) -> bool:
    return level in _GRAVER and str(above) in _GRAVER and _GRAVER[level] < _GRAVER[str(above)]


def _told(rule_id: str, level: str, *, never: bool, everybody: bool) -> Iterator[tuple[str, str]]:
    """Yield what is said of an override that lowers the level, and how grave it is."""
    shown = '"off"' if level == "off" else level
    if never and everybody:
        text = f"lowers {rule_id} to {shown} for every job, and exemption_policy.never lists the rule"
        yield f"{text}; remove the override, or take the rule off that list", "error"
    elif never:
        text = f"lowers {rule_id} to {shown} for these jobs, though exemption_policy.never lists the rule"
        yield f"{text}; remove the override if they should not escape it", "warning"
    elif everybody and level == "off":
        yield 'switches the rule off for every job; write level: "off" in the section itself', "warning"
