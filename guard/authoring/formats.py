"""The formats that a parameter's schema can name, for text that would be accepted but could never do its work."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from jsonschema import FormatChecker

from guard.authoring.opa import Opa
from guard.entries import canonical, parse_entry
from guard.errors import EntryError
from guard.jobs import BY_KIND

_FIRST_YEAR, _LAST_YEAR = 2000, 2199

# What OPA can't compile, a rule can't compare with: it would fail for every job.
_READABLE = """{
  "glob": [text | some text in input; _ := glob.match(text, null, "")],
  "regex": [text | some text in input; regex.is_valid(text)],
}"""


class FormatProblem(ValueError):
    """The text can't do its work: says why, and what to write."""


def format_checker(opa: Opa, config: object) -> FormatChecker:
    """Return the checker of all formats for the texts of one configuration."""
    broken = _broken_patterns(opa, config)
    checker = FormatChecker(formats=())
    for name, check in {
        "account-glob": _account_glob,
        "day": _day,
        "glob": _refuse(broken["glob"], "is not a glob that OPA can read"),
        "image-entry": _image_entry,
        "image-pattern": _image_pattern,
        "image-scope": _image_scope,
        "job-kind": _job_kind,
        "job-kind-glob": _job_kind_glob,
        "regex": _refuse(broken["regex"], "is not a regular expression that OPA can read"),
        "region-glob": _region_glob,
        "role-glob": _role_glob,
        "scope-glob": _scope_glob,
    }.items():
        checker.checks(name, raises=FormatProblem)(_for_text(check))
    return checker


def _broken_patterns(opa: Opa, config: object) -> dict[str, set[str]]:
    special = sorted({text for text in _texts(config) if re.search(r"[\[\]{}()\\*+?|^$]", text)})
    if not special:
        return {"glob": set(), "regex": set()}
    answer = opa.json("eval", "--format", "raw", "--stdin-input", _READABLE, given=json.dumps(special))
    return {name: set(special) - set(readable) for name, readable in answer.items()}


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _for_text(check: Callable[[str], None]) -> Callable[[Any], bool]:
    def holds(value: Any) -> bool:
        if isinstance(value, str):
            check(value)
        return True

    return holds


def _refuse(broken: set[str], text: str) -> Callable[[str], None]:
    def check(value: str) -> None:
        if not value:
            raise FormatProblem("is empty and matches nothing; remove it")
        if value in broken:
            raise FormatProblem(f"{text}; look for a bracket without its partner, or a lone `\\` or `*`")

    return check


def _image_entry(text: str) -> None:
    _image(text, pattern=False)


def _image_pattern(text: str) -> None:
    _image(text, pattern=True)
    if "*" not in text:
        raise FormatProblem("has no wildcard; move it to `images`, where a lookup costs the same however long the list")


def _image_scope(text: str) -> None:
    _image(text, pattern=True)


def _image(text: str, *, pattern: bool) -> None:
    try:
        parse_entry(text, pattern=pattern)
    except EntryError as exc:
        raise FormatProblem(f"can never match an image: {exc.message}") from exc
    if canonical(text) != text:
        raise FormatProblem(f"is not how images are compared; write {canonical(text)}")


def _day(text: str) -> None:
    try:
        if (
            re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII)
            and _FIRST_YEAR <= date.fromisoformat(text).year <= _LAST_YEAR
        ):
            return
    except ValueError as exc:
        raise FormatProblem(f"is no day of the calendar ({exc}); write one as YYYY-MM-DD") from exc
    raise FormatProblem(f"is not a day of the years {_FIRST_YEAR} to {_LAST_YEAR}; write one as YYYY-MM-DD")


def _scope_glob(text: str) -> None:
    if not text:
        raise FormatProblem('is empty and matches nothing; write "*" for everything')
    if re.search(r"[\[\]{}\\]", text):
        raise FormatProblem("has a bracket or a backslash; only * and ? are special here, write a list instead")


def _account_glob(text: str) -> None:
    _scope_glob(text)
    if not re.fullmatch(r"[0-9]{12}|(?=.*[*?])[0-9*?]+", text):
        raise FormatProblem("matches no account; write its 12 digits in quotes, or a glob of digits, * and ?")


def _region_glob(text: str) -> None:
    _scope_glob(text)
    if not re.fullmatch(r"[a-z0-9*?-]+", text):
        raise FormatProblem("matches no region; write one as eu-west-1, or a glob as eu-*")


def _role_glob(text: str) -> None:
    _scope_glob(text)
    if not text.startswith(("arn:", "*", "?")):
        raise FormatProblem(f"matches no role, as it compares with the whole ARN; write arn:aws:iam::*:role/{text}")


def _job_kind(text: str) -> None:
    if text not in BY_KIND:
        raise FormatProblem(f"is no kind of job; known are {', '.join(BY_KIND)}")


def _job_kind_glob(text: str) -> None:
    _scope_glob(text)
    if not fnmatch.filter(BY_KIND, text):
        raise FormatProblem(f"matches no kind of job; known are {', '.join(BY_KIND)}")
