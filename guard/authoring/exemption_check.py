"""Checks of exemptions beyond their form: those that break the exemption policy, match every job, or last too long, or expire."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from guard.authoring.concern import Concern
from guard.authoring.everything import matches_every_job
from guard.authoring.image_exemptions import foreign_images, rules_about_images
from guard.authoring.opa import TESTS, Opa
from guard.authoring.rules import Rule
from guard.authoring.yaml_positions import KeyPath
from guard.errors import ConfigError
from guard.notices.message import PLACEHOLDERS

WARNED_DAYS = 14
"""Exemptions that end within so many days are reported."""
LONG_DAYS = 366
"""Exemptions that last longer than this are practically permanent, and are reported."""

_LIBRARIES = Path("guard/lib")
_FOLDER = _LIBRARIES / "exemption_policy"
# The exemptions are checked by the same library that rejects exemptions in decisions.
_QUERY = """[{"refused": refused, "unlimited": unlimited} |
	some exemption in input.exemptions
	refused := data.guard.lib.exemption_policy.problems(exemption, input.policy)
	unlimited := [fact |
		some fact, patterns in exemption.scope
		some pattern in {text | some text in [patterns]; is_string(text)} | {text | some text in patterns; is_string(text)}
		data.guard.lib.exemption_policy.matches_everything(fact, pattern)
	]
]"""
# Facts that a job's owner chooses.
_CHOSEN = {"job_name", "job_kind"}
_MEANT = {"owner": "who is responsible for it", "reason": "why the job must run as it is"}


def exemption_concerns(
    opa: Opa, policies: Path, config: Mapping[str, Any], rules: Iterable[Rule], today: date
) -> Iterator[Concern]:
    """Yield the problems of a configuration's exemptions, except those that its schema reports.

    An expired exemption is only a warning. It has no effect any more, and a build that fails although nobody changed anything
    would delay the next urgent entry of the deny list.
    """
    exemptions = config.get("exemptions")
    if not isinstance(exemptions, list):
        return
    yield from _repeated_ids(exemptions)
    judged = _judged(opa, policies, exemptions, config.get("exemption_policy", {}))
    images = rules_about_images(opa, rules) if any(map(_names_images, exemptions)) else set()
    for index, (exemption, found) in enumerate(zip(exemptions, judged, strict=True)):
        if isinstance(exemption, dict):
            yield from _concerns(("exemptions", index), exemption, found, images, today)


def _names_images(exemption: Any) -> bool:
    return isinstance(exemption, dict) and "image" in _scope(exemption)


def _scope(exemption: Mapping[str, Any]) -> Mapping[str, Any]:
    scope = exemption.get("scope")
    return scope if isinstance(scope, dict) else {}


def day_of(value: object) -> date | None:
    """Return the date in a text; None for other values."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _judged(opa: Opa, policies: Path, exemptions: list[Any], policy: Any) -> list[dict[str, list[str]]]:
    nothing: list[dict[str, list[str]]] = [{"refused": [], "unlimited": []} for _ in exemptions]
    if not exemptions or not (opa.folder / policies / _FOLDER).is_dir():
        return nothing
    given = json.dumps(
        {"exemptions": [each if isinstance(each, dict) else {} for each in exemptions], "policy": policy}
    )
    libraries = ("--data", policies / _LIBRARIES, "--ignore", TESTS)
    arguments = ("eval", *libraries, "--format", "raw", "--stdin-input", _QUERY)
    found: list[dict[str, list[str]]] = opa.json(*arguments, given=given)
    if len(found) != len(exemptions):
        raise ConfigError(f"{policies / _FOLDER} returned no result for some exemptions: run `make test-policies`")
    return found


def _repeated_ids(exemptions: list[Any]) -> Iterator[Concern]:
    first: dict[str, int] = {}
    for index, exemption in enumerate(exemptions):
        name = exemption.get("id") if isinstance(exemption, dict) else None
        if not isinstance(name, str):
            continue
        if name in first:
            text = f"{name} is also the id of exemptions[{first[name]}]; choose another"
            yield Concern(("exemptions", index, "id"), text)
        first.setdefault(name, index)


def _concerns(
    path: KeyPath, exemption: dict[str, Any], found: dict[str, list[str]], images: set[str], today: date
) -> Iterator[Concern]:
    name, expires = exemption.get("id"), day_of(exemption.get("expires"))
    if expires and expires < today:
        text = f"{name} expired on {expires} and exempts nothing; remove it, or let its owner renew it"
        yield Concern((*path, "expires"), text, "warning")
        return
    yield from _unfilled(path, exemption)
    yield from (Concern(path, f"{name} breaks the exemption policy: {text}") for text in sorted(found["refused"]))
    starts = day_of(exemption.get("starts"))
    if starts and expires and starts > expires:
        yield Concern((*path, "starts"), f"{name} starts after its last day, {expires}; correct one of them")
    days = (expires - today).days if expires else 0
    if expires and days <= WARNED_DAYS:
        left = {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")
        text = f"{name} ends {left}, on {expires}; tell its owner {exemption.get('owner')}, and renew or remove it"
        yield Concern((*path, "expires"), text, "warning")
    if scope := _scope(exemption):
        unlimited = {*found["unlimited"], *(fact for fact in scope if matches_every_job(fact, scope[fact]))}
        later = (expires - starts).days + 1 if expires and starts and starts > today else None
        yield from _reach(path, exemption, scope.keys() - unlimited, _chosen(exemption, images), (days, later))
        yield from foreign_images(path, exemption)


def _unfilled(path: KeyPath, exemption: Mapping[str, Any]) -> Iterator[Concern]:
    """Yield the keys that still have the placeholder of the notice that proposed the exemption."""
    for key, placeholder in PLACEHOLDERS.items():
        written = exemption.get(key)
        if isinstance(written, str) and " ".join(written.split()).casefold() == placeholder.casefold():
            text = f'{exemption.get("id")} still has the placeholder "{placeholder}" as {key}; write {_MEANT[key]}'
            yield Concern((*path, key), text)


def _chosen(exemption: dict[str, Any], images: set[str]) -> set[str]:
    """Return the facts that a job's owner chooses, so that they limit nobody; `image` limits only rules about images."""
    rules = exemption.get("rules")
    about_images = isinstance(rules, list) and images.issuperset(map(str, rules))
    return _CHOSEN if about_images else {*_CHOSEN, "image"}


def _reach(
    path: KeyPath, exemption: dict[str, Any], limiting: set[str], chosen_facts: set[str], left: tuple[int, int | None]
) -> Iterator[Concern]:
    """Yield the problems of an exemption's reach; `left` has the days from today, and in all if it hasn't started yet."""
    name, (days, more) = exemption.get("id"), (left[0], " more") if left[1] is None else (left[1], "")
    long = days > LONG_DAYS
    if not limiting and long:
        text = f"{name} is for every job, for {days:,} days; set the rule's level instead, or limit scope and days"
        yield Concern((*path, "scope"), text)
        return
    if not limiting:
        text = f"{name} is for every job: its scope excludes none; add an account, a region or a role"
        yield Concern((*path, "scope"), text, "warning")
    elif limiting <= chosen_facts:
        chosen = " and ".join(sorted(limiting))
        text = f"{name} is limited only by {chosen}, which a job's owner chooses; add an account, a region or a role"
        yield Concern((*path, "scope"), text, "warning")
    if long:
        text = f"{name} lasts {days:,} days{more}; choose a day within a year, and renew it if it is still needed"
        yield Concern((*path, "expires"), text, "warning")
