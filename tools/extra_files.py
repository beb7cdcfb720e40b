"""Add a deployment's own files to the package, such as the CA certificates of a remote OPA: `make package EXTRA=folder`."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

# File names that the parameters OpaCaFile and BundleInPackage accept.
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
# Python would import these in place of a library's modules.
_CODE = {".py", ".pyc", ".so"}


class ExtraError(Exception):
    """The folder can't be added to the package."""


def add(extra: Path, target: Path) -> None:
    """Copy the files of the folder to the same paths of the package. Raises ExtraError before copying any file."""
    if not extra.is_dir():
        raise ExtraError(
            f"the folder {extra} doesn't exist: set EXTRA to a folder whose files are added to the package"
        )
    found = sorted(path for path in extra.rglob("*") if path.is_symlink() or not path.is_dir())
    if not found:
        raise ExtraError(f"the folder {extra} has no files: set EXTRA to a folder whose files are added to the package")
    paths = {path.relative_to(extra): path for path in found}
    for path, source in paths.items():
        if problem := _problem(path, source, target):
            raise ExtraError(f"{source} can't be added to the package: {problem}")
    for path, source in paths.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target / path)


def _problem(path: Path, source: Path, target: Path) -> str | None:
    if source.is_symlink() or not source.is_file():
        return "it is a link or a special file; copy the file itself"
    if not all(_NAME.fullmatch(part) for part in path.parts):
        return (
            "the stack's parameters don't accept its name; use letters, digits, _, - and ., but not . at the beginning"
        )
    if path.suffix in _CODE:
        return "it is code, which the functions could import in place of a library"
    taken = [target / parent for parent in (path, *path.parents) if (target / parent).is_file()]
    if taken or (target / path).exists():
        return "the package has a file or folder of that name"
    return None
