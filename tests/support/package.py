"""The deployment package as a folder, made from the installed wheels instead of those for Lambda's Python."""

from __future__ import annotations

import compileall
import py_compile
import re
import shutil
from importlib.metadata import distribution
from pathlib import Path

from tools.package import REQUIREMENTS, copy_ours, prune, shipped


def unpacked(folder: Path, opa: Path, bundle: Path) -> Path:
    """Fill the folder with the package's content, pruned by tools/package.py."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in re.findall(r"^([A-Za-z0-9_.-]+)==", shipped(REQUIREMENTS.read_text()), re.MULTILINE):
        _copy(name, folder)
    prune(folder)
    copy_ours(folder)
    (folder / "bin").mkdir()
    (folder / "bin" / "opa").symlink_to(opa)
    shutil.copyfile(bundle, folder / "bundle.tar.gz")
    return folder


def with_bytecode(folder: Path) -> Path:
    """Add bytecode of the running Python to a package, as tools/package.py does for Lambda's."""
    compileall.compile_dir(folder, quiet=1, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    return folder


def runtime_client(folder: Path) -> Path:
    """Fill the folder with the runtime client, which isn't part of the package in Lambda either."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("awslambdaric", "simplejson", "snapshot-restore-py"):
        _copy(name, folder)
    return folder


def _copy(name: str, target: Path) -> None:
    for file in distribution(name).files or ():
        if ".." not in file.parts and "__pycache__" not in file.parts:
            destination = target / file
            destination.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(str(file.locate()), destination)
