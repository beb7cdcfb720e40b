"""Whether the policies compile: OPA's strict check against the schema, and once more where it doesn't look."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from guard.authoring.opa import CAPABILITIES, FLAGS, SCHEMAS, Opa, Ran

_IMPORT = re.compile(r"^import future\.keywords\.not$", re.MULTILINE)
# A body after `not` can't be read without the import.
_NOT_OF_A_BODY = re.compile(r"\bnot\s*\{")


def check_types(opa: Opa, policies: Path) -> Ran:
    """Return what OPA says about the policies' types; the code is 0 if nothing is wrong.

    In a file with `import future.keywords.not`, OPA checks no arguments inside of a `not`: `not f(1, 2)` passes for a
    function of one argument, and is true for ever. So what passes is checked again without the import, for types only.
    """
    checked = opa.run("check", "--strict", "--bundle", policies, *FLAGS)
    if checked.code != 0:
        return checked
    with TemporaryDirectory() as folder:
        shutil.copytree(opa.folder / policies, Path(folder) / policies)
        for file in (Path(folder) / policies).rglob("*.rego"):
            text = file.read_text()
            if not _NOT_OF_A_BODY.search(text):
                file.write_text(_IMPORT.sub("", text))
        types = ("--schema", opa.folder.resolve() / SCHEMAS, "--capabilities", opa.folder.resolve() / CAPABILITIES)
        again = replace(opa, folder=Path(folder)).run("check", "--bundle", policies, *types, "--format", "json")
    found = [_told(error) for error in _errors(again) if error["code"] == "rego_type_error"]
    return Ran(1, "\n".join(found), "") if found else checked


def _errors(ran: Ran) -> list[dict[str, Any]]:
    return json.loads(ran.err).get("errors", []) if ran.code != 0 else []


def _told(error: dict[str, Any]) -> str:
    place = error["location"]
    return f"{place['file']}:{place['row']}: {error['code']}: {error['message']}"
