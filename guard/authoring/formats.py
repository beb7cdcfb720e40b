"""The formats that a parameter's schema can name, for text that would be accepted but could never do its work."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any

from jsonschema import FormatChecker

from guard.authoring.opa import Opa
from guard.denylist.entries import canonical, parse_entry
from guard.errors import EntryError
from guard.jobs import BY_KIND

_FIRST_YEAR, _LAST_YEAR = 2000, 2199

# What OPA can't compile, a rule can't compare with: it would fail for every job.
_READABLE = """{
  "glob": [text | some text in input; _ := glob.match(text, null, "")],
  "regex": [text | some text in input; regex.is_valid(text)],
}"""

_ROLE = re.compile(r"arn:[a-z*?-]+:iam::[0-9*?]+:role/.+", re.DOTALL)
_EXAMPLE = "arn:aws:iam::000000000000:role/x"
_SESSION = re.compile(r"arn:([^:]*):sts::([^:]*):assumed-role/([^/]+)")


class FormatProblem(ValueError):
    """The text can't do its work: says why, and what to write."""


def format_checker(opa: Opa, config: object) -> FormatChecker:
    """Return the checker of all formats for the texts of one configuration."""
    broken = _broken_patterns(opa, config)
    readable = {name: _refuse(broken[name], f"is not a {kind} that OPA can read") for name, kind in _KINDS.items()}
    checker = FormatChecker(formats=())
    for name in FORMATS:
        checks = [check[name] for check in (readable, _CHECKS) if name in check]
        checker.checks(name, raises=FormatProblem)(_for_text(checks))
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


def _for_text(checks: Iterable[Callable[[str], None]]) -> Callable[[Any], bool]:
    def holds(value: Any) -> bool:
        if isinstance(value, str):
            for check in checks:
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


def _glob(text: str) -> None:
    plain, before = re.sub(r"\\.|\[[^]]*\]", "", text), ""
    while plain != before:
        before, plain = plain, re.sub(r"\{[^{}]*\}", "", plain)
    if "," in plain:
        raise FormatProblem("has a comma, which separates nothing here; write a list, or ? where the value has a comma")


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
    _glob(text)


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
    if text.startswith(("*", "?")) or _ROLE.fullmatch(text) or _may_be_role(text):
        return
    if session := _SESSION.match(text):
        role = "arn:{}:iam::{}:role/{}".format(*session.groups())
        raise FormatProblem(f"is a session, and a job has the role that the session is of; write {role}")
    form = "arn:<partition>:iam::<account>:role/<path and name>, each of them or a glob"
    if text.startswith("arn:"):
        raise FormatProblem(f"matches no role; write {form}")
    raise FormatProblem(f"matches no role, as it compares with the whole ARN; write arn:aws:iam::*:role/{text}")


def _may_be_role(text: str) -> bool:
    """Tell whether a glob whose `*` stands for several parts of an ARN can match a role's."""
    begin, star, rest = text.partition("*")
    end = rest.rpartition(":")[2]
    # An ARN that begins like this one is a role's if it does so too when it is filled up.
    begins = any(_ROLE.fullmatch(begin + _EXAMPLE[i:]) for i in range(len(_EXAMPLE)))
    return begins and star != "" and (":" not in rest or end.startswith(("*", "role/")))


def _job_kind(text: str) -> None:
    if text not in BY_KIND:
        raise FormatProblem(f"is no kind of job; known are {', '.join(BY_KIND)}")


def _job_kind_glob(text: str) -> None:
    _scope_glob(text)
    if not fnmatch.filter(BY_KIND, text):
        raise FormatProblem(f"matches no kind of job; known are {', '.join(BY_KIND)}")


_KINDS = {"glob": "glob", "regex": "regular expression"}
_CHECKS: dict[str, Callable[[str], None]] = {
    "account-glob": _account_glob,
    "day": _day,
    "glob": _glob,
    "image-entry": _image_entry,
    "image-pattern": _image_pattern,
    "image-scope": _image_scope,
    "job-kind": _job_kind,
    "job-kind-glob": _job_kind_glob,
    "region-glob": _region_glob,
    "role-glob": _role_glob,
    "scope-glob": _scope_glob,
}
FORMATS = tuple(sorted({*_KINDS, *_CHECKS}))
