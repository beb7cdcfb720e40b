"""Overrides that never apply: an earlier one matches each of their jobs, or the rule isn't about these kinds of jobs."""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from guard.authoring.account_check import account_of_role
from guard.authoring.explain import Explanation
from guard.authoring.glob_covers import FACTS, Candidates, covers, listed
from guard.jobs import BY_KIND

_NAMED = 4


def shadowed_overrides(config: Mapping[str, Any]) -> Iterator[Explanation]:
    """Yield each override that earlier ones shadow, with its path. Malformed overrides are skipped."""
    for rule_id, mappings in overrides_of(config):
        section = _Section([override for _, override in mappings])
        for position, (index, _) in enumerate(mappings):
            if first := section.shadowing(position):
                names = [f"overrides[{mappings[at][0]}]" for at in first]
                verb, which = ("matches", "that") if len(names) == 1 else ("match", "those")
                text = f"never applies: {_joined(names)} {verb} each of its jobs first; move it before {which}, or remove it"
                yield ("rules", rule_id, "overrides", index), text


class _Section:
    """The overrides of a rule, in their order."""

    def __init__(self, overrides: list[dict[str, Any]]) -> None:
        self._overrides = overrides
        self._candidates = Candidates(overrides)

    def shadowing(self, position: int) -> list[int]:
        """Return the positions of earlier overrides that match each job of an override.

        That is a single override if there is one, else one for each pattern of a fact; empty if there are none.
        """
        given = self._overrides[position]
        if (alone := self._first(given, position)) is not None:
            return [alone]
        for fact in FACTS:
            parts = [{**given, fact: pattern} for pattern in _patterns(fact, given)]
            found = self._for_each(fact, parts, position) if len(parts) > 1 else set()
            if found:
                return sorted(found)
        return []

    def _for_each(self, fact: str, parts: list[dict[str, Any]], position: int) -> set[int]:
        """Return the earlier overrides that match the jobs of the parts of an override; empty if a part has none."""
        found = set()
        for part in parts:
            first = self._first(part, position, needs_deny=fact == "role_arn")
            if first is None:
                return set()
            found.add(first)
        return found

    def _first(self, given: Mapping[str, Any], position: int, *, needs_deny: bool = False) -> int | None:
        """Return the position of the first override that matches each job of `given`; None if none does.

        With `needs_deny`, overrides for roles count only if they deny: any other must match all roles of a job, and a job
        may have roles of different parts.
        """
        later = _with_account(given)
        for at in self._candidates.of(later):
            if at >= position:
                return None
            earlier = self._overrides[at]
            if needs_deny and "role_arn" in earlier and earlier.get("level") != "deny":
                continue
            if _shadows(earlier, later):
                return at
        return None


def _patterns(fact: str, override: Mapping[str, Any]) -> list[str]:
    """Return the patterns that an override has for a fact; for job kinds, the kinds that they match."""
    patterns = listed(override.get(fact, []))
    return sorted(_kinds(patterns)) if fact == "job_kind" else patterns


def _joined(names: list[str]) -> str:
    *others, last = names if len(names) <= _NAMED else [*names[: _NAMED - 1], f"{len(names) - _NAMED + 1} more"]
    return f"{', '.join(others)} and {last}" if others else last


def unrelated_overrides(config: Mapping[str, Any], kinds: Mapping[str, Collection[str]]) -> Iterator[Explanation]:
    """Yield each override whose job kinds its rule isn't about; `kinds` has the job kinds by rule id."""
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
    """Yield the id of each rule and its overrides with their numbers; malformed ones are left out."""
    sections = config.get("rules")
    for rule_id, section in sections.items() if isinstance(sections, dict) else ():
        overrides = section.get("overrides") if isinstance(section, dict) else None
        listed = list(enumerate(overrides)) if isinstance(overrides, list) else []
        yield rule_id, [(index, override) for index, override in listed if isinstance(override, dict)]


def _with_account(override: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an override with the accounts of its roles if it has no `account`: a job's roles are of its own account."""
    accounts = [account_of_role(role) for role in listed(override.get("role_arn", []))]
    if "account" in override or not accounts or not all(accounts):
        return override
    return {**override, "account": accounts}


def _shadows(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> bool:
    # For a job with several roles, an override to deny must match one of them, any other override all of them.
    if "role_arn" in earlier and earlier.get("level") != "deny" and later.get("level") == "deny":
        return False
    return all(_covers(fact, earlier[fact], later.get(fact, "*")) for fact in FACTS if fact in earlier)


def _covers(fact: str, wide: Any, narrow: Any) -> bool:
    patterns, others = listed(wide), listed(narrow)
    if fact == "job_kind":
        return _kinds(others) <= _kinds(patterns)
    written = {*patterns}
    # In long lists, as of accounts and their roles, most patterns are literally the same.
    return all(other in written or any(covers(pattern, other) for pattern in patterns) for other in others)


def _kinds(patterns: list[str]) -> set[str]:
    return {kind for pattern in patterns for kind in fnmatch.filter(BY_KIND, pattern)}
