"""Overrides that weaken a rule which may not be exempted, or that switch a rule off for every job."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from guard.authoring.concern import Concern
from guard.authoring.everything import is_for_every_job, matches_every_job
from guard.authoring.glob_covers import FACTS, listed
from guard.authoring.override_check import overrides_of
from guard.authoring.pointless import pointless_values, written
from guard.authoring.rules import Rule

_GRAVER = {"off": 0, "warn": 1, "deny": 2}
_EVERYBODY = "for every job"


@dataclass(frozen=True)
class _Lowered:
    """An override that weakens a rule: its effect in words, and the key that causes it."""

    index: int
    override: Mapping[str, Any]
    key: str
    verb: str
    what: str
    silences: bool


def lowered_levels(config: Mapping[str, Any], rules: Iterable[Rule]) -> Iterator[Concern]:
    """Yield the overrides that lower the level of a rule, or leave it nothing to find, where that is suspicious.

    That is so if `exemption_policy.never` lists the rule, or if the overrides silence it for every job.
    """
    never, accounts = _never(config), _accounts(config)
    by_id = {rule.rule_id: rule for rule in rules}
    for rule_id, overrides in overrides_of(config):
        rule = by_id.get(rule_id)
        section = config["rules"][rule_id]
        lowered = [each for each in (_lowered(rule, section, *given) for given in overrides) if each]
        about = rule.about if rule else ()
        # Unless `never` lists the rule, only overrides that silence it are added up: they are as good as a section that is off.
        together = _together([each for each in lowered if rule_id in never or each.silences], about, accounts)
        for each in lowered:
            for text, severity in _messages(rule_id, each, together.get(each.index), never=rule_id in never):
                yield Concern(("rules", rule_id, "overrides", each.index, each.key), text, severity)


def _never(config: Mapping[str, Any]) -> list[Any]:
    policy = config.get("exemption_policy")
    never = policy.get("never") if isinstance(policy, dict) else None
    return never if isinstance(never, list) else []


def _accounts(config: Mapping[str, Any]) -> list[str]:
    accounts = config.get("accounts")
    return [str(account) for account in accounts] if isinstance(accounts, list) else []


def _lowered(rule: Rule | None, section: Mapping[str, Any], index: int, override: Mapping[str, Any]) -> _Lowered | None:
    above, level = str(section.get("level")), str(override.get("level", section.get("level")))
    if not {above, level} <= _GRAVER.keys():
        return None
    if _GRAVER[level] < _GRAVER[above]:
        shown = '"off"' if level == "off" else level
        return _Lowered(index, override, "level", "lowers", f"to {shown}", level == "off")
    values = pointless_values(rule, {**section, **override}) if rule and level != "off" else None
    if rule is None or values is None or pointless_values(rule, section):
        return None
    key = next(name for name in values if name in override)
    return _Lowered(index, override, key, "leaves", f"nothing to find with {written(values)}", silences=True)


def _together(lowered: list[_Lowered], about: Collection[str], accounts: Collection[str]) -> dict[int, str]:
    """Return by index the overrides that match every job, alone or together with others that differ only in one fact."""
    found = {each.index: _EVERYBODY for each in lowered if is_for_every_job(each.override, about, accounts)}
    parts = [each for each in lowered if each.index not in found]
    for fact in FACTS:
        alike = [
            each
            for each in parts
            if fact in each.override and _is_only_limited_by(fact, each.override, about, accounts)
        ]
        patterns = [pattern for each in alike for pattern in listed(each.override[fact])]
        if alike and matches_every_job(fact, patterns, about, accounts):
            found |= {each.index: f"together with other overrides {_EVERYBODY}" for each in alike}
    return found


def _is_only_limited_by(
    fact: str, override: Mapping[str, Any], about: Collection[str], accounts: Collection[str]
) -> bool:
    return all(
        matches_every_job(other, override[other], about, accounts)
        for other in FACTS
        if other != fact and other in override
    )


def _messages(rule_id: str, lowered: _Lowered, whom: str | None, *, never: bool) -> Iterator[tuple[str, str]]:
    """Yield the message about an override that weakens the rule, with its severity."""
    does = f"{lowered.verb} {rule_id} {lowered.what}"
    if never and whom:
        text = f"{does} {whom}, and exemption_policy.never lists the rule"
        yield f"{text}; remove the override, or take the rule off that list", "error"
    elif never:
        text = f"{does} for these jobs, although exemption_policy.never lists the rule"
        yield f"{text}; remove the override unless this is intended", "warning"
    elif whom and lowered.silences:
        what = "switches the rule off" if lowered.key == "level" else does
        yield f'{what} {whom}; write level: "off" in the section itself', "warning"
