"""Scopes that no job has because of their account: it isn't in the list `accounts`, or differs from that of the scope's role."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping
from typing import Any

from guard.authoring.explain import Explanation
from guard.authoring.wording import hint
from guard.authoring.yaml_positions import KeyPath

# In a glob that doesn't begin like an ARN, only 12 digits before `:role/` are certainly an account.
_OF_ROLE = re.compile(r"arn:[^:]*:iam::([^:]*):|.*[:*]([0-9]{12}):role/", re.IGNORECASE)


def unknown_accounts(config: Mapping[str, Any]) -> Iterator[Explanation]:
    """Yield the scopes of overrides and exemptions that match none of the configured `accounts`; none without that list."""
    accounts = config.get("accounts")
    if not isinstance(accounts, list) or not accounts:
        return
    known = [str(account) for account in accounts]
    for path, pattern in _scoped_accounts(config):
        if not fnmatch.filter(known, pattern):
            text = f"{pattern} matches none of your accounts"
            yield path, hint(text, pattern, known, "correct it, or add it to accounts")


def contradicting_accounts(config: Mapping[str, Any]) -> Iterator[Explanation]:
    """Yield the roles whose account the `account` of their scope excludes: a job runs with a role of its own account."""
    for path, scope in _scopes(config):
        patterns = [text for _, text in _given(path, "account", scope) if isinstance(text, str)]
        for at, role in _given(path, "role_arn", scope) if patterns else ():
            account = _account("role_arn", role)
            if account and not re.search(r"[*?]", account) and not _any_matches(patterns, account):
                yield at, f"{account} is not the scope's account, so no job matches both; correct one of them"


def _any_matches(patterns: list[str], account: str) -> bool:
    return any(fnmatch.fnmatchcase(account, pattern) for pattern in patterns)


def _scoped_accounts(config: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    for path, scope in _scopes(config):
        for fact in ("account", "role_arn"):
            for at, text in _given(path, fact, scope):
                account = _account(fact, text)
                if account is not None:
                    yield at, account


def _given(path: KeyPath, fact: str, scope: Mapping[str, Any]) -> Iterator[tuple[KeyPath, Any]]:
    """Yield the values that a scope has for a fact, each with its path."""
    given = scope.get(fact)
    if isinstance(given, list):
        yield from (((*path, fact, index), text) for index, text in enumerate(given))
    else:
        yield (*path, fact), given


def _account(fact: str, text: Any) -> str | None:
    if not isinstance(text, str):
        return None
    if fact == "account":
        return text
    return account_of_role(text)


def account_of_role(role: str) -> str | None:
    """Return the account of a glob of roles, which may be a glob as well; None if it is uncertain."""
    found = _OF_ROLE.match(role)
    return (found[1] or found[2]) if found else None


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
