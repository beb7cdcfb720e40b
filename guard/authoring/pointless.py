"""Rules that are on with nothing to look for, as a list of denied instance types without one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from guard.authoring.concern import Concern
from guard.authoring.everything import leaves_none_out
from guard.authoring.rules import Rule
from guard.authoring.wording import shown

_EVERYTHING = ["*"]
# What the globs of a format are about; those of others are for everything if one of them is nothing but `*`.
_FACTS = {
    "account-glob": "account",
    "glob-of-accounts": "account",
    "glob-of-regions": "region",
    "glob-of-roles": "role_arn",
}


def pointless_rules(rules: Iterable[Rule], config: Mapping[str, Any]) -> Iterator[Concern]:
    """Yield the rules with what their METADATA calls `pointless`, for each job whose findings count or without an override."""
    sections = config.get("rules")
    for rule in rules:
        section = sections.get(rule.rule_id) if isinstance(sections, dict) else None
        on = [given for given in _variants(section) if given.get("level") in ("warn", "deny")]
        for values in rule.pointless if on else ():
            if all(_has(rule, given, values) for given in on):
                text = "the rule, or this part of it, finds nothing; say what to find, or switch the rule off"
                yield _concern(rule, values, text)
            elif on[0] is section and _has(rule, on[0], values):
                text = 'the rule, or this part of it, finds nothing without an override; say what to find, or write level: "off"'
                yield _concern(rule, values, f"{text} here and another one in the overrides")


def pointless_values(rule: Rule, given: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the first values of a rule's METADATA among the given ones that leave it, or a part of it, nothing to find."""
    return next((values for values in (*rule.pointless, *rule.emptied) if _has(rule, given, values)), None)


def written(values: Mapping[str, Any]) -> str:
    """Return values as a message writes them: `strict: false and tags: []`."""
    return " and ".join(f"{name}: {shown(value)}" for name, value in values.items())


def _concern(rule: Rule, values: Mapping[str, Any], text: str) -> Concern:
    at = min(values, key=lambda name: values[name] not in ([], {}))
    return Concern(("rules", rule.rule_id, at), f"with {written(values)} {text}", "warning")


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
    return all(_is(rule.parameters[name], given.get(name), value) for name, value in values.items())


def _is(schema: Mapping[str, Any], given: Any, value: Any) -> bool:
    """Tell whether a parameter has a value; of globs that match everything, whether it has any such."""
    has = schema.get("default") if given is None else given
    if value != _EVERYTHING or not isinstance(has, list):
        return bool(has == value)
    fact = _FACTS.get(schema.get("items", {}).get("format", ""))
    return leaves_none_out(fact, has) if fact else any(re.fullmatch(r"\*+", str(each)) for each in has)
