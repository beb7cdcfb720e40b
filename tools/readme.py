"""Writes the README's tables from the code that they describe; `--check` only says whether they are fresh."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

from guard.jobs import JOB_KINDS
from guard.settings import PREFIX, Settings

PATH = Path("README.md")


def coverage() -> str:
    """Return the table of job kinds."""
    rows = ["| job kind | seen by state-change event | seen by CloudTrail event | images looked at | stopped by |"]
    rows.append("| --- | --- | --- | --- | --- |")
    for row in JOB_KINDS:
        calls = ", ".join(f"`{name}`" for name in (*row.create_operations, *row.update_operations))
        slots = "<br>".join(f"`{slot}`" for slot in row.image_slots)
        event = f"`{row.detail_type}`" if row.detail_type else "none exists"
        rows.append(f"| {row.kind} | {event} | {calls} | {slots} | `{row.stop_operation}` |")
    return "\n".join(rows)


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
