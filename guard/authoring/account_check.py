"""Accounts that nobody has: with a list of `accounts` in the configuration, a scope for another one is a mistake."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping
from typing import Any

from guard.authoring.explain import Explanation, hint
from guard.authoring.yaml_positions import KeyPath

_OF_ROLE = re.compile(r"arn:[^:]*:iam::([^:]*):")


def unknown_accounts(config: Mapping[str, Any]) -> Iterator[Explanation]:
    """Yield the scopes of overrides and exemptions that match none of the configured `accounts`; nothing without that list."""
    accounts = config.get("accounts")
    if not isinstance(accounts, list) or not accounts:
        return
    known = [str(account) for account in accounts]
    for path, pattern in _scoped_accounts(config):
        if not fnmatch.filter(known, pattern):
            text = f"{pattern} is none of your accounts"
            yield path, hint(text, pattern, known, "correct it, or add it to accounts")


def _scoped_accounts(config: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    for path, scope in _scopes(config):
        for fact in ("account", "role_arn"):
            given = scope.get(fact)
            listed = given if isinstance(given, list) else [given]
            for index, text in enumerate(listed):
                account = _account(fact, text)
                if account is not None:
                    yield (*path, fact, index) if isinstance(given, list) else (*path, fact), account


def _account(fact: str, text: Any) -> str | None:
    if not isinstance(text, str):
        return None
    if fact == "account":
        return text
    found = _OF_ROLE.match(text)
    return found[1] if found else None


def _scopes(config: Mapping[str, Any]) -> Iterator[tuple[KeyPath, Mapping[str, Any]]]:
    sections, exemptions = config.get("rules"), config.get("exemptions")
    for rule_id, section in sections.items() if isinstance(sections, dict) else ():
        overrides = section.get("overrides") if isinstance(section, dict) else None
        for index, override in enumerate(overrides if isinstance(overrides, list) else []):
            if isinstance(override, dict):
                yield ("rules", rule_id, "overrides", index), override
    for index, exemption in enumerate(exemptions if isinstance(exemptions, list) else []):
        if isinstance(exemption, dict) and isinstance(exemption.get("scope"), dict):
            yield ("exemptions", index, "scope"), exemption["scope"]
