"""Write the tables of the README and the docs from the code that they describe; with `--check`, only report stale ones."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

from guard.authoring.formats import guide_table
from guard.jobs import JOB_KINDS, NOT_GUARDED, JobKind
from guard.resources import RESOURCE_KINDS, ResourceKind
from guard.settings import PREFIX, Settings
from tools.image_fields import image_fields, seen, service_model
from tools.unseen import UNDESCRIBED, UNSEEN


def coverage() -> str:
    """Return the table of job kinds; an image field is listed if the extractors read it."""
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


def not_guarded() -> str:
    """Return the table of operations that stop something which the guard doesn't guard."""
    rows = ["| what is stopped by | why the guard leaves it alone |", "| --- | --- |"]
    return "\n".join([*rows, *(f"| `{operation}` | {reason} |" for operation, reason in NOT_GUARDED.items())])


def unseen() -> str:
    """Return the table of fields that aren't in the input document."""
    rows = ["| field | why it isn't in the document |", "| --- | --- |"]
    return "\n".join([*rows, *(f"| `{path}` | {reason} |" for path, reason in UNSEEN.items())])


def undescribed() -> str:
    """Return the table of fields that only the create calls have."""
    rows = ["| field of the call | how the guard handles it |", "| --- | --- |"]
    return "\n".join([*rows, *(f"| `{path}` | {reason} |" for path, reason in UNDESCRIBED.items())])


def settings() -> str:
    """Return the table of environment variables."""
    rows = ["| variable | default | what it does |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        default = f"`{field.default}`" if str(field.default) else "empty"
        rows.append(f"| `{PREFIX}{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows)


TABLES: dict[Path, dict[str, Callable[[], str]]] = {
    Path("README.md"): {"coverage": coverage, "not-guarded": not_guarded, "settings": settings},
    Path("docs/policies.md"): {"formats": guide_table},
    Path("docs/unseen.md"): {"undescribed": undescribed, "unseen": unseen},
}


def rendered(path: Path, text: str) -> str:
    """Return the file's text with each table between `<!-- name -->` and `<!-- /name -->` regenerated."""
    for name, table in TABLES[path].items():
        marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text, count = marks.subn(lambda found, table=table: f"{found[1]}{table()}\n{found[2]}", text)  # type: ignore[misc]
        if count != 1:
            sys.exit(f"{path}: the marks of the table {name} must be there exactly once")
    return text


def main(arguments: list[str]) -> int:
    texts = {path: path.read_text() for path in TABLES}
    stale = {path: fresh for path, text in texts.items() if (fresh := rendered(path, text)) != text}
    for path, fresh in stale.items():
        if "--check" in arguments:
            print(f"{path}: a table is stale: run `make docs`", file=sys.stderr)
        else:
            path.write_text(fresh)
    return int("--check" in arguments and bool(stale))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
