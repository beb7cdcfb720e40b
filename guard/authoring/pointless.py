"""Rules that are on with nothing to look for, as a list of denied instance types without one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from guard.authoring.concern import Concern
from guard.authoring.explain import shown
from guard.authoring.rules import Rule


def pointless_rules(rules: Iterable[Rule], config: Mapping[str, Any]) -> Iterator[Concern]:
    """Yield the rules that have for each job whose findings count what their METADATA calls `pointless`."""
    sections = config.get("rules")
    for rule in rules:
        section = sections.get(rule.rule_id) if isinstance(sections, dict) else None
        on = [given for given in _variants(section) if given.get("level") in ("warn", "deny")]
        for values in rule.pointless if on else ():
            if all(_has(rule, given, values) for given in on):
                yield _concern(rule, values)


def _concern(rule: Rule, values: Mapping[str, Any]) -> Concern:
    written = " and ".join(f"{name}: {shown(value)}" for name, value in values.items())
    at = min(values, key=lambda name: values[name] not in ([], {}))
    text = f"with {written} the rule, or this part of it, finds nothing; say what to find, or switch the rule off"
    return Concern(("rules", rule.rule_id, at), text, "warning")


def _variants(section: Any) -> Iterator[Mapping[str, Any]]:
    """Yield what a rule is given by its section, and by each override with what that leaves."""
    if not isinstance(section, dict):
        return
    yield section
    overrides = section.get("overrides")
    for override in overrides if isinstance(overrides, list) else []:
        if isinstance(override, dict):
            yield {**section, **override}


def _has(rule: Rule, given: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    return all(given.get(name, rule.parameters[name].get("default")) == value for name, value in values.items())
