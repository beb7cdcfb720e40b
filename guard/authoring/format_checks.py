"""The checks of the configuration's formats: each raises FormatProblem for a text that can't match or work."""

from __future__ import annotations

import re
import zoneinfo
from datetime import date

from guard.authoring.regions import doubt_about
from guard.authoring.wording import hint
from guard.denylist.entries import canonical, parse_entry, reject_mistaken
from guard.errors import EntryError

# Placeholders in a parameter's globs, replaced by facts of the job; see policies/guard/lib/globs.
PLACEHOLDERS = ("account", "region", "partition")
_OF_ECR = re.compile(r"[0-9*]+\.dkr[.-]ecr(?:-fips)?\.([a-z0-9*-]+)\.[^/]*/")
# Folders with a job's inputs, code and output.
_WRITABLE = ("/opt/ml", "/tmp")  # noqa: S108 - a path of containers
_FIRST_YEAR, _LAST_YEAR = 2000, 2199


class FormatProblem(ValueError):
    """The text can't match or work; the message has the reason and what to write."""


class FormatDoubt(FormatProblem):
    """The text probably can't match or work, but this isn't certain: a warning."""


def not_empty(text: str) -> None:
    """Any text that isn't empty."""
    if not text:
        raise FormatProblem("is empty and matches nothing; remove it")


def image_entry(text: str) -> None:
    """An exact entry of the deny list."""
    _image(text, pattern=False)


def image_pattern(text: str) -> None:
    """An entry of the deny list with a wildcard."""
    _image(text, pattern=True)
    if "*" not in text:
        raise FormatProblem("has no wildcard; move it to `images`, where a lookup is fast in a list of any length")


def image_scope(text: str) -> None:
    """An entry of the deny list, with or without wildcards."""
    _image(text, pattern=True)


def _image(text: str, *, pattern: bool) -> None:
    try:
        reject_mistaken(text)
        parse_entry(text, pattern=pattern)
    except EntryError as exc:
        raise FormatProblem(f"can never match an image: {exc.message}") from exc
    if canonical(text) != text:
        raise FormatProblem(f"is not in canonical form; write {canonical(text)}")
    region = _OF_ECR.match(text)
    if region and (doubt := doubt_about(region[1])):
        raise FormatDoubt(f"names the region {region[1]}, which {doubt}")


def glob(text: str) -> None:
    """A glob in OPA's syntax; `formats` checks that OPA can read it."""
    not_empty(text)
    bare = outside = re.sub(r"\\.|\[[^]]*\]", "", text)
    while (shorter := re.sub(r"\{[^{}]*\}", "", outside)) != outside:
        outside = shorter
    if "," in outside:
        raise FormatProblem("has a comma, which doesn't separate globs; write a list, or ? where the value has a comma")
    for name in re.findall(r"\{([^{},]*)\}", bare):
        if name not in PLACEHOLDERS:
            known = ", ".join(f"{{{placeholder}}}" for placeholder in PLACEHOLDERS)
            raise FormatProblem(f"has the unknown placeholder {{{name}}}; known are {known}")


def bucket_parameter(text: str) -> None:
    """A glob in OPA's syntax for the name of a bucket or the ARN of an access point."""
    glob(text)
    led = re.match(r"[a-z0-9]+://|arn:[^:]*:s3:::", text, re.IGNORECASE)
    if led or ("/" in text and ":" not in text and "accesspoint" not in text):
        name = text[led.end() if led else 0 :].split("/")[0] or "its name"
        raise FormatProblem(f"matches no bucket: it is compared with the bare name; write {name}")


def path_of_images(text: str) -> None:
    """A path that a job's owner can't write to."""
    for root in _WRITABLE:
        if f"{text}/".startswith(f"{root}/") or f"{root}/".startswith(f"{text}/"):
            raise FormatDoubt(
                f"is at, above or below {root}, where a job's owner writes; write only folders of the image itself"
            )


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
    """A glob of only `*` and `?`."""
    if not text:
        raise FormatProblem('is empty and matches nothing; write "*" for everything')
    if re.search(r"[\[\]{}\\]", text):
        raise FormatProblem("has a bracket or a backslash; only * and ? are special here, write a list instead")
    glob(text)


def time_zone(text: str) -> None:
    """A time zone of the IANA database."""
    known = zoneinfo.available_timezones()
    # Without the database on this machine there is no check here, but the trial of `make check` still evaluates the rules.
    if known and text not in known:
        raise FormatProblem(hint("is not a time zone", text, sorted(known), "write one as Europe/Berlin, or UTC"))
