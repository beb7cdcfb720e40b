"""Overrides that never apply: an earlier one matches each of their jobs, or the rule is about none of them."""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from guard.authoring.account_check import account_of_role
from guard.authoring.explain import Explanation
from guard.authoring.glob_covers import FACTS, Candidates, covers, listed
from guard.jobs import BY_KIND


def shadowed_overrides(config: Mapping[str, Any]) -> Iterator[Explanation]:
    """Yield each override that an earlier one shadows, with its path. Of what is malformed nothing is said."""
    for rule_id, mappings in overrides_of(config):
        candidates = Candidates([override for _, override in mappings])
        for position, (index, given) in enumerate(mappings):
            later = _with_account(given)
            earlier = (mappings[at] for at in candidates.of(later) if at < position)
            number = next((number for number, override in earlier if _shadows(override, later)), None)
            if number is not None:
                text = f"never applies: overrides[{number}] matches each of its jobs first; put it before that, or remove it"
                yield ("rules", rule_id, "overrides", index), text


def unrelated_overrides(config: Mapping[str, Any], kinds: Mapping[str, Collection[str]]) -> Iterator[Explanation]:
    """Yield each override that is only for job kinds which its rule, by its id in `kinds`, isn't about."""
    for rule_id, mappings in overrides_of(config):
        about = set(kinds.get(rule_id, ()))
        for index, override in mappings:
            wanted = _kinds(listed(override.get("job_kind", [])))
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


def _with_account(override: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an override with the accounts of its roles, if it gives none itself: a job's roles are of its own account."""
    accounts = [account_of_role(role) for role in listed(override.get("role_arn", []))]
    if "account" in override or not accounts or not all(accounts):
        return override
    return {**override, "account": accounts}


def _shadows(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> bool:
    # For a job with several roles, one to deny needs one role that matches, any other needs all.
    if "role_arn" in earlier and earlier.get("level") != "deny" and later.get("level") == "deny":
        return False
    return all(_covers(fact, earlier[fact], later.get(fact, "*")) for fact in FACTS if fact in earlier)


def _covers(fact: str, wide: Any, narrow: Any) -> bool:
    patterns, others = listed(wide), listed(narrow)
    if fact == "job_kind":
        return _kinds(others) <= _kinds(patterns)
    written = {*patterns}
    # Of two long lists, as of accounts and their roles, most are the same as they are written.
    return all(other in written or any(covers(pattern, other) for pattern in patterns) for other in others)


def _kinds(patterns: list[str]) -> set[str]:
    return {kind for pattern in patterns for kind in fnmatch.filter(BY_KIND, pattern)}
