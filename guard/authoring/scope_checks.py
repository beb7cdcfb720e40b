"""Checks of the texts in scopes: each raises FormatProblem for a text that can't match any account, region, role or job kind."""

from __future__ import annotations

import fnmatch
import re

from guard.authoring.format_checks import FormatDoubt, FormatProblem, glob, scope_glob
from guard.authoring.glob_meets import Part, literal, meets
from guard.authoring.regions import doubt_about
from guard.authoring.wording import hint
from guard.aws.regions import known_partitions
from guard.jobs import BY_KIND

ACCOUNT = [Part("[0-9]")] * 12
_PARTITION = [Part("[a-z]"), Part("[a-z-]", repeated=True)]
_WORD = [Part("[a-z0-9-]"), Part("[a-z0-9-]", repeated=True)]
INSTANCE_TYPE = [*literal("ml."), *_WORD, *literal("."), *_WORD]
# The path of a role may have a colon, but this is unusual.
_NAME, _USUAL_NAME = ([Part(characters), Part(characters, repeated=True)] for characters in ("(?s:.)", "[^:]"))
_FORM = "arn:<partition>:iam::<account>:role/<path and name>, where each part may be a glob"
_SESSION = re.compile(r"arn:([^:]*):sts::([^:]*):assumed-role/([^/]+)", re.IGNORECASE)
# The end of a role's ARN: optionally the account, optionally `role/`, and the name.
_END_OF_ROLE = re.compile(r"(?:(?:.*:)?([0-9]{12}):)?(?:role/)?(.+)", re.IGNORECASE | re.DOTALL)


def _roles(partition: list[Part], name: list[Part]) -> list[Part]:
    return [*literal("arn:"), *partition, *literal(":iam::"), *ACCOUNT, *literal(":role/"), *name]


ROLE = _roles(_PARTITION, _NAME)
REGION = [Part("[a-z]"), Part("[a-z-]", repeated=True), *literal("-"), Part("[0-9]"), Part("[0-9]", repeated=True)]


def account(text: str) -> None:
    """An account."""
    if not re.fullmatch(r"[0-9]{12}", text):
        raise FormatProblem("is not an account; write its 12 digits in quotes")


def account_glob(text: str) -> None:
    """A glob that can match an account."""
    scope_glob(text)
    _account(text)


def account_parameter(text: str) -> None:
    """A glob in OPA's syntax that can match an account."""
    glob(text)
    _account(plain_glob(text))


def _account(text: str) -> None:
    if not meets(text, ACCOUNT):
        raise FormatProblem("matches no account; write its 12 digits in quotes, or a glob of digits, * and ?")


def region_glob(text: str) -> None:
    """A glob that can match a region."""
    scope_glob(text)
    _region(text)


def region_parameter(text: str) -> None:
    """A glob in OPA's syntax that can match a region."""
    glob(text)
    _region(plain_glob(text))


def _region(text: str) -> None:
    if not re.fullmatch(r"[a-z]+(-[a-z]+)+-[0-9]+|(?=.*[*?])[a-z0-9*?-]+", text):
        raise FormatProblem("matches no region; write one as eu-west-1, or a glob as eu-*")
    if doubt := doubt_about(text):
        raise FormatDoubt(doubt)


def instance_type_parameter(text: str) -> None:
    """A glob in OPA's syntax that can match an instance type."""
    glob(text)
    if not meets(plain_glob(text), INSTANCE_TYPE):
        raise FormatProblem("matches no instance type; write one as ml.p4d.24xlarge, or a glob as ml.p4*")


def role_glob(text: str) -> None:
    """A glob that can match the ARN of a role, ignoring case."""
    scope_glob(text)
    _role(text.lower(), text)


def role_parameter(text: str) -> None:
    """A glob in OPA's syntax that can match the ARN of a role, ignoring case."""
    glob(text)
    _role(plain_glob(text.lower()), text)


def plain_glob(text: str) -> str:
    """Return a glob in OPA's syntax with its brackets replaced by `*` and `?`, so that it matches the same texts or more."""
    plain = re.sub(r"\\(.)|\[[^]]*\]", lambda found: found[1] or "?", text)
    while (shorter := re.sub(r"\{[^{}]*\}", "*", plain)) != plain:
        plain = shorter
    return plain


def _role(pattern: str, written: str) -> None:
    """Raise FormatProblem or FormatDoubt for a glob of `*` and `?` that matches no role; messages are about `written`."""
    is_usual = meets(pattern, _roles(_PARTITION, _USUAL_NAME))
    if not is_usual and (pattern.startswith("arn:") or not meets(pattern, _roles(_PARTITION, _NAME))):
        _reject_role(written)
    if not is_usual:
        raise FormatDoubt(f"matches a role only if its path has a colon; write {_FORM}")
    if not any(meets(pattern, _roles(literal(each), _NAME)) for each in known_partitions()):
        named, known = [*pattern.split(":"), pattern][1], [*known_partitions()]
        text = f"matches no role: {named} is not a partition that botocore lists"
        raise FormatDoubt(hint(text, named.strip("*?"), known, f"they are {', '.join(known)}"))


def _reject_role(text: str) -> None:
    if session := _SESSION.match(text):
        role = "arn:{}:iam::{}:role/{}".format(*session.groups())
        raise FormatProblem(f"is the ARN of a session, but jobs have that of its role; write {role}")
    wrong = re.match(r"arn:[^:]+:iam::([^:{]+):role/", text, re.IGNORECASE)
    if wrong and not meets(wrong[1], ACCOUNT):
        raise FormatProblem(f"matches no role: {wrong[1]} is not an account, which has 12 digits")
    end = _END_OF_ROLE.fullmatch(text)
    if end is None or re.match(r"arn:|[*?\[{]", text, re.IGNORECASE):
        raise FormatProblem(f"matches no role; write {_FORM}")
    role = f"arn:aws:iam::{end[1] or '*'}:role/{end[2]}"
    raise FormatProblem(f"matches no role: it is compared with the whole ARN; write {role}")


def job_kind(text: str) -> None:
    """A known job kind."""
    if text not in BY_KIND:
        raise FormatProblem(f"is not a known job kind; known are {', '.join(BY_KIND)}")


def job_kind_glob(text: str) -> None:
    """A glob that matches a known job kind."""
    scope_glob(text)
    if not fnmatch.filter(BY_KIND, text):
        raise FormatProblem(f"matches no known job kind; known are {', '.join(BY_KIND)}")
