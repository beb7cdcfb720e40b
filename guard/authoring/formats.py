"""The formats that a parameter's schema can have. They reject texts that are valid YAML but could never match or work."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import FormatChecker

from guard.authoring import format_checks as checks
from guard.authoring import scope_checks
from guard.authoring.format_checks import FormatProblem
from guard.authoring.opa import Opa


@dataclass(frozen=True)
class Format:
    """A format: its word in the description of a type, its row in the guide, and its check, which raises FormatProblem.

    OPA must also be able to compile the text as `read_as`, a glob or a regular expression: otherwise no rule can use it.
    """

    name: str
    word: str
    accepts: str
    check: Callable[[str], None]
    read_as: str | None = None


_READABLE = {"glob": '_ := glob.match(text, null, "")', "regex": "regex.is_valid(text)"}

_ROWS = (
    Format(
        "glob",
        "glob",
        "a glob that OPA can read: `*`, `?`, `[a-z]`, `{a,b}`; it matches the whole value. `{account}`, `{region}` and "
        "`{partition}` are those of the job. A comma outside of brackets is rejected: write a list",
        checks.glob,
        read_as="glob",
    ),
    Format(
        "glob-of-accounts",
        "glob",
        "a glob as `glob` that can match an account: 12 digits, without the dashes that the console shows",
        scope_checks.account_parameter,
        read_as="glob",
    ),
    Format(
        "glob-of-roles",
        "glob",
        "a glob as `glob` that can match the ARN of a role, in any case",
        scope_checks.role_parameter,
        read_as="glob",
    ),
    Format(
        "glob-of-regions",
        "glob",
        "a glob as `glob` that can match a region; one that matches none that botocore lists is a warning",
        scope_checks.region_parameter,
        read_as="glob",
    ),
    Format(
        "glob-of-instance-types",
        "glob",
        "a glob as `glob` that can match an instance type: `ml.`, a family, a dot and a size, in lower case",
        scope_checks.instance_type_parameter,
        read_as="glob",
    ),
    Format(
        "glob-of-buckets",
        "glob",
        "a glob as `glob` for the name of a bucket or the ARN of an access point, without `s3://` and without a key",
        checks.bucket_parameter,
        read_as="glob",
    ),
    Format(
        "path-of-images",
        "path",
        "an absolute path in an image; at, above or below `/opt/ml` or `/tmp`, where a job writes, it is a warning",
        checks.path_of_images,
    ),
    Format(
        "regex",
        "regular expression",
        "a regular expression that OPA can read",
        checks.not_empty,
        read_as="regex",
    ),
    Format(
        "image-entry",
        "image entry",
        "an entry of the deny list without wildcards: `[registry/]repository[:tag][@digest]`",
        checks.image_entry,
    ),
    Format("image-pattern", "image pattern", "an entry of the deny list with at least one `*`", checks.image_pattern),
    Format("image-scope", "image entry", "an entry of the deny list, with or without `*`", checks.image_scope),
    Format(
        "job-kind",
        "job kind",
        "a job kind: the first column of the table in the README",
        scope_checks.job_kind,
    ),
    Format(
        "job-kind-glob", "glob", "a glob of `*` and `?` that matches at least one job kind", scope_checks.job_kind_glob
    ),
    Format("account", "account", "an account: 12 digits", scope_checks.account),
    Format("account-glob", "glob", "12 digits, or a glob of digits, `*` and `?`", scope_checks.account_glob),
    Format(
        "region-glob",
        "glob",
        "a region, or a glob of `*` and `?` that can match one; one that matches no region that botocore lists is a warning",
        scope_checks.region_glob,
    ),
    Format(
        "role-glob",
        "glob",
        "the ARN of a role, or a glob of `*` and `?` that can match one (`arn:aws:iam::<account>:role/<name>`, not the ARN of "
        "a session), in any case",
        scope_checks.role_glob,
    ),
    Format("scope-glob", "glob", "a glob of `*` and `?`", checks.scope_glob),
    Format(
        "framework",
        "framework",
        "a framework of AWS's images, as `pytorch`, or a word of their tags, as `transformers`; an unknown one is a warning",
        checks.not_empty,
    ),
    Format("time-zone", "time zone", "a time zone of the IANA database, as `Europe/Berlin` or `UTC`", checks.time_zone),
    Format("day", "day", "a date as YYYY-MM-DD", checks.day),
)
FORMATS = {row.name: row for row in _ROWS}
OF_GLOBS = {row.name for row in _ROWS if row.read_as == "glob"}
"""Formats of globs: rules read these parameters with the placeholders replaced by facts of the job."""


def read_as(schema: Mapping[str, Any]) -> str | None:
    """Return how OPA reads a text of this schema, as `glob` or `regex`; None for plain text."""
    form = FORMATS.get(str(schema.get("format")))
    return form.read_as if form else None


def format_checker(opa: Opa, config: object) -> FormatChecker:
    """Return the checker of all formats for the texts of one configuration."""
    unreadable = _unreadable(opa, config)
    checker = FormatChecker(formats=())
    for row in _ROWS:
        checker.checks(row.name, raises=FormatProblem)(_for_text(row, unreadable.get(row.read_as or "", set())))
    return checker


def guide_table() -> str:
    """Return the guide's table of formats."""
    return "\n".join(
        ["| format | text that is accepted |", "| --- | --- |", *(f"| `{row.name}` | {row.accepts} |" for row in _ROWS)]
    )


def _unreadable(opa: Opa, config: object) -> dict[str, set[str]]:
    """Return the texts of the configuration that OPA can't read as `glob` and those that it can't read as `regex`."""
    special = sorted({text for text in _texts(config) if re.search(r"[\[\]{}()\\*+?|^$]", text)})
    if not special:
        return {}
    items = [f'"{name}": [text | some text in input; {holds}]' for name, holds in _READABLE.items()]
    query = f"{{{', '.join(items)}}}"
    answer = opa.json("eval", "--format", "raw", "--stdin-input", query, given=json.dumps(special))
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


def _for_text(row: Format, unreadable: set[str]) -> Callable[[Any], bool]:
    def holds(value: Any) -> bool:
        if isinstance(value, str):
            if value in unreadable:
                raise FormatProblem(
                    f"is not a {row.word} that OPA can read; look for an unmatched bracket, or a lone `\\` or `*`"
                )
            row.check(value)
        return True

    return holds
