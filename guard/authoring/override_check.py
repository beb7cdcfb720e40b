"""Overrides that never apply: an earlier one matches each of their jobs, or the rule is about none of them."""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any

from guard.authoring.explain import Explanation
from guard.jobs import BY_KIND

FACTS = ("account", "region", "role_arn", "job_kind")


def shadowed_overrides(config: Mapping[str, Any]) -> Iterator[Explanation]:
    """Yield each override that an earlier one shadows, with its path. Of what is malformed nothing is said."""
    for rule_id, mappings in overrides_of(config):
        for position, (index, later) in enumerate(mappings):
            number = next((number for number, earlier in mappings[:position] if _shadows(earlier, later)), None)
            if number is not None:
                text = f"never applies: overrides[{number}] matches each of its jobs first; put it before that, or remove it"
                yield ("rules", rule_id, "overrides", index), text


def unrelated_overrides(config: Mapping[str, Any], kinds: Mapping[str, Collection[str]]) -> Iterator[Explanation]:
    """Yield each override that is only for job kinds which its rule, by its id in `kinds`, isn't about."""
    for rule_id, mappings in overrides_of(config):
        about = set(kinds.get(rule_id, ()))
        for index, override in mappings:
            wanted = _kinds(_listed(override.get("job_kind", [])))
            if about and wanted and not wanted & about:
                text = (
                    f"never applies: the rule is about jobs of these kinds only: {', '.join(sorted(about))}; remove it"
                )
                yield ("rules", rule_id, "overrides", index), text


def overrides_of(config: Mapping[str, Any]) -> Iterator[tuple[str, list[tuple[int, dict[str, Any]]]]]:
    """Yield the overrides of each rule, with its id and their numbers; what is malformed is left out."""
    sections = config.get("rules")
    for rule_id, section in sections.items() if isinstance(sections, dict) else ():
        overrides = section.get("overrides") if isinstance(section, dict) else None
        listed = list(enumerate(overrides)) if isinstance(overrides, list) else []
        yield rule_id, [(index, override) for index, override in listed if isinstance(override, dict)]


def _shadows(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> bool:
    # For a job with several roles, one to deny needs one role that matches, any other needs all.
    if "role_arn" in earlier and earlier.get("level") != "deny" and later.get("level") == "deny":
        return False
    return all(_covers(fact, earlier[fact], later.get(fact, "*")) for fact in FACTS if fact in earlier)


def _covers(fact: str, wide: Any, narrow: Any) -> bool:
    patterns, others = _listed(wide), _listed(narrow)
    if fact == "job_kind":
        return _kinds(others) <= _kinds(patterns)
    return all(any(covers(pattern, other) for pattern in patterns) for other in others)


def _listed(patterns: Any) -> list[str]:
    return [str(each) for each in (patterns if isinstance(patterns, list) else [patterns])]


def _kinds(patterns: list[str]) -> set[str]:
    return {kind for pattern in patterns for kind in fnmatch.filter(BY_KIND, pattern)}


@cache
def covers(wide: str, narrow: str) -> bool:
    """Tell whether a glob of `*` and `?` matches all that another one does; False also where that isn't seen.

    >>> covers("eu-*", "eu-west-?"), covers("eu-west-?", "eu-*")
    (True, False)
    """
    reached = {0}
    for symbol in narrow:
        reached = {after for at in _with_empty(wide, reached) for after in _step(wide, at, symbol)}
    return len(wide) in _with_empty(wide, reached)


def _with_empty(wide: str, reached: set[int]) -> set[int]:
    """Add the positions after each `*`, which may stand for nothing."""
    found = set(reached)
    for at in sorted(reached):
        while at < len(wide) and wide[at] == "*":
            at += 1
            found.add(at)
    return found


def _step(wide: str, at: int, symbol: str) -> Iterator[int]:
    if at == len(wide):
        return
    if wide[at] == "*":
        yield at
    elif wide[at] == symbol or (wide[at] == "?" and symbol != "*"):
        yield at + 1
