"""Rules that are on, but with parameters that leave nothing to find, such as an empty list of denied instance types."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from guard.authoring.concern import Concern
from guard.authoring.everything import matches_every_job
from guard.authoring.rules import Rule
from guard.authoring.wording import shown

_EVERYTHING = ["*"]
# The facts that globs of a format match. Globs of other formats match everything if one of them is only `*`.
_FACTS = {
    "account-glob": "account",
    "glob-of-accounts": "account",
    "glob-of-regions": "region",
    "glob-of-roles": "role_arn",
}


def pointless_rules(rules: Iterable[Rule], config: Mapping[str, Any]) -> Iterator[Concern]:
    """Yield the rules whose parameters are those that their METADATA lists as `pointless`.

    Reported are values that apply to every job for which the rule is on, or to all jobs without an override.
    """
    sections = config.get("rules")
    for rule in rules:
        section = sections.get(rule.rule_id) if isinstance(sections, dict) else None
        on = [given for given in _variants(section) if given.get("level") in ("warn", "deny")]
        for values in rule.pointless if on else ():
            if all(_has(rule, given, values) for given in on):
                text = "the rule, or this part of it, finds nothing; set what to find, or switch the rule off"
                yield _concern(rule, values, text)
            elif on[0] is section and _has(rule, on[0], values):
                text = 'the rule, or this part of it, finds nothing without an override; set what to find, or write level: "off"'
                yield _concern(rule, values, f"{text} here and another level in the overrides")


def pointless_values(rule: Rule, given: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the first `pointless` or `emptied` values of a rule's METADATA that the given parameters have; None if none."""
    return next((values for values in (*rule.pointless, *rule.emptied) if _has(rule, given, values)), None)


def written(values: Mapping[str, Any]) -> str:
    """Return values as messages show them: `strict: false and tags: []`."""
    return " and ".join(f"{name}: {shown(value)}" for name, value in values.items())


def _concern(rule: Rule, values: Mapping[str, Any], text: str) -> Concern:
    at = min(values, key=lambda name: values[name] not in ([], {}))
    return Concern(("rules", rule.rule_id, at), f"with {written(values)} {text}", "warning")


def _variants(section: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the parameters of a rule's section, and for each override those of the section as changed by it."""
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
    """Return whether a parameter has a value; for `["*"]`, whether it has any globs that match everything."""
    has = schema.get("default") if given is None else given
    if value != _EVERYTHING or not isinstance(has, list):
        return bool(has == value)
    fact = _FACTS.get(schema.get("items", {}).get("format", ""))
    return matches_every_job(fact, has) if fact else any(re.fullmatch(r"\*+", str(each)) for each in has)
