"""Writes the README's tables from the code that they describe; `--check` only says whether they are fresh."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

from guard.jobs import JOB_KINDS, JobKind
from guard.resources import RESOURCE_KINDS, ResourceKind
from guard.settings import PREFIX, Settings
from tools.image_fields import image_fields, seen, service_model

PATH = Path("README.md")


def coverage() -> str:
    """Return the table of job kinds; an image field is listed if the extractors find what stands in it."""
    rows = ["| job kind | state-change event | CloudTrail events | where its images are named | stopped by |"]
    rows.append("| --- | --- | --- | --- | --- |")
    for row in JOB_KINDS:
        calls = "<br>".join(f"`{name}`" for name in (*row.create_operations, *row.update_operations))
        event = f"`{row.detail_type}`" if row.detail_type else "none exists"
        fields = _fields(row) or "the service picks them: shown as `managed`"
        rows.append(f"| {row.id} | {event} | {calls} | {fields} | `{row.stop_operation}` |")
    rows += ["", "What a job names is described too:", "", "| resource | where its images are named |", "| --- | --- |"]
    rows += [f"| {resource.id} | {_fields(resource)} |" for resource in RESOURCE_KINDS]
    return "\n".join(rows)


def _fields(row: JobKind | ResourceKind) -> str:
    operations = (*row.create_operations, *row.update_operations)
    found = [field for operation in operations for field in image_fields(service_model(), operation) if seen(field)]
    # An update's `...ToAdd` is the same field of the description.
    paths = dict.fromkeys(field.path.replace("ToAdd[]", "[]") for field in found)
    return "<br>".join(f"`{path}`" for path in paths)


def settings() -> str:
    """Return the table of environment variables."""
    rows = ["| variable | default | what it does |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        default = f"`{field.default}`" if str(field.default) else "empty"
        rows.append(f"| `{PREFIX}{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows)


TABLES: dict[str, Callable[[], str]] = {"coverage": coverage, "settings": settings}


def rendered(text: str) -> str:
    """Return the text with each table between its `<!-- name -->` and `<!-- /name -->` marks made anew."""
    for name, table in TABLES.items():
        marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text, count = marks.subn(lambda found, table=table: f"{found[1]}{table()}\n{found[2]}", text)  # type: ignore[misc]
        if count != 1:
            sys.exit(f"{PATH}: the marks of the table {name} are not there exactly once")
    return text


def main(arguments: list[str]) -> int:
    text = PATH.read_text()
    fresh = rendered(text)
    if "--check" in arguments:
        if fresh != text:
            print(f"{PATH}: a table is stale: run `make docs`", file=sys.stderr)
        return int(fresh != text)
    PATH.write_text(fresh)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
