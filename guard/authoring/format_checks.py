"""The checks of the configuration's formats: each raises FormatProblem for a text that can't do its work."""

from __future__ import annotations

import fnmatch
import re
import zoneinfo
from datetime import date

from guard.authoring.explain import hint
from guard.authoring.regions import doubt_about
from guard.denylist.entries import canonical, parse_entry, refuse_mistaken
from guard.errors import EntryError
from guard.jobs import BY_KIND

# What stands in a parameter's globs for a fact of the job; see policies/guard/lib/globs.
PLACEHOLDERS = ("account", "region", "partition")
_FIRST_YEAR, _LAST_YEAR = 2000, 2199

_ACCOUNT = r"(?:[0-9]{12}|(?=[0-9]*[*?])[0-9*?]+)"
_ROLE = re.compile(rf"arn:[a-z*?-]+:iam::{_ACCOUNT}:role/.+", re.DOTALL)
_EXAMPLE = "arn:aws:iam::000000000000:role/x"
_SESSION = re.compile(r"arn:([^:]*):sts::([^:]*):assumed-role/([^/]+)")


class FormatProblem(ValueError):
    """The text can't do its work: says why, and what to write."""


class FormatDoubt(FormatProblem):
    """The text probably can't do its work, which isn't certain: a warning."""


def not_empty(text: str) -> None:
    """Any text but the empty one."""
    if not text:
        raise FormatProblem("is empty and matches nothing; remove it")


def image_entry(text: str) -> None:
    """An exact entry of the deny list."""
    _image(text, pattern=False)


def image_pattern(text: str) -> None:
    """An entry of the deny list with a wildcard."""
    _image(text, pattern=True)
    if "*" not in text:
        raise FormatProblem("has no wildcard; move it to `images`, where a lookup costs the same however long the list")


def image_scope(text: str) -> None:
    """An entry of the deny list, with or without wildcards."""
    _image(text, pattern=True)


def _image(text: str, *, pattern: bool) -> None:
    try:
        refuse_mistaken(text)
        parse_entry(text, pattern=pattern)
    except EntryError as exc:
        raise FormatProblem(f"can never match an image: {exc.message}") from exc
    if canonical(text) != text:
        raise FormatProblem(f"is not how images are compared; write {canonical(text)}")


def glob(text: str) -> None:
    """A glob of OPA's, which OPA itself has read."""
    not_empty(text)
    bare = outside = re.sub(r"\\.|\[[^]]*\]", "", text)
    while (shorter := re.sub(r"\{[^{}]*\}", "", outside)) != outside:
        outside = shorter
    if "," in outside:
        raise FormatProblem("has a comma, which separates nothing here; write a list, or ? where the value has a comma")
    for name in re.findall(r"\{([^{},]*)\}", bare):
        if name not in PLACEHOLDERS:
            known = ", ".join(f"{{{placeholder}}}" for placeholder in PLACEHOLDERS)
            raise FormatProblem(f"has {{{name}}}, which stands for nothing; a fact of the job is one of {known}")


def day(text: str) -> None:
    """A date."""
    try:
        if (
            re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII)
            and _FIRST_YEAR <= date.fromisoformat(text).year <= _LAST_YEAR
        ):
            return
    except ValueError as exc:
        raise FormatProblem(f"is not a valid date ({exc}); write one as YYYY-MM-DD") from exc
    raise FormatProblem(f"is not a date of the years {_FIRST_YEAR} to {_LAST_YEAR}; write one as YYYY-MM-DD")


def scope_glob(text: str) -> None:
    """A glob of `*` and `?` alone."""
    if not text:
        raise FormatProblem('is empty and matches nothing; write "*" for everything')
    if re.search(r"[\[\]{}\\]", text):
        raise FormatProblem("has a bracket or a backslash; only * and ? are special here, write a list instead")
    glob(text)


def account(text: str) -> None:
    """An account."""
    if not re.fullmatch(r"[0-9]{12}", text):
        raise FormatProblem("is not an account; write its 12 digits in quotes")


def time_zone(text: str) -> None:
    """A time zone of the IANA database."""
    known = zoneinfo.available_timezones()
    # A machine without the database can't tell; `make check` tries each rule on documents all the same.
    if known and text not in known:
        raise FormatProblem(hint("is not a time zone", text, sorted(known), "write one as Europe/Berlin, or UTC"))


def account_glob(text: str) -> None:
    """A glob that can match an account."""
    scope_glob(text)
    if not re.fullmatch(r"[0-9]{12}|(?=.*[*?])[0-9*?]+", text):
        raise FormatProblem("matches no account; write its 12 digits in quotes, or a glob of digits, * and ?")


def region_glob(text: str) -> None:
    """A glob that can match a region."""
    scope_glob(text)
    if not re.fullmatch(r"[a-z]+(-[a-z]+)+-[0-9]+|(?=.*[*?])[a-z0-9*?-]+", text):
        raise FormatProblem("matches no region; write one as eu-west-1, or a glob as eu-*")
    if doubt := doubt_about(text):
        raise FormatDoubt(doubt)


def role_glob(text: str) -> None:
    """A glob that can match the ARN of a role."""
    scope_glob(text)
    if text.startswith(("*", "?")) or _ROLE.fullmatch(text) or _may_be_role(text):
        return
    if session := _SESSION.match(text):
        role = "arn:{}:iam::{}:role/{}".format(*session.groups())
        raise FormatProblem(f"is a session, and a job has the role that the session is of; write {role}")
    form = "arn:<partition>:iam::<account>:role/<path and name>, each of them or a glob"
    if short := re.match(r"arn:[a-z*?-]+:iam::(?![0-9]{12}:)([0-9]+):role/", text):
        raise FormatProblem(
            f"matches no role: {short[1]} is not an account, which has 12 digits and not {len(short[1])}"
        )
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


def job_kind(text: str) -> None:
    """A known job kind."""
    if text not in BY_KIND:
        raise FormatProblem(f"is not a known job kind; known are {', '.join(BY_KIND)}")


def job_kind_glob(text: str) -> None:
    """A glob that matches a known job kind."""
    scope_glob(text)
    if not fnmatch.filter(BY_KIND, text):
        raise FormatProblem(f"matches no known job kind; known are {', '.join(BY_KIND)}")
