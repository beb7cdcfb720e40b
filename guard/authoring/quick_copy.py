"""Copy the policies with the configuration as JSON, which OPA reads faster: it doesn't compare the keys of JSON."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from guard.authoring.layout import CONFIG
from guard.authoring.opa import LIMITS, SCHEMAS, Opa
from guard.errors import ConfigError


@contextmanager
def quick_copy(opa: Opa, policies: Path) -> Iterator[Opa]:
    """Yield an OPA in a temporary folder with a copy of the policies under the same name, the types and the capabilities."""
    with TemporaryDirectory() as folder:
        copy_policies(opa, policies, Path(folder) / policies)
        shutil.copytree(opa.folder / SCHEMAS, Path(folder) / SCHEMAS)
        copy_limits(opa, Path(folder))
        yield replace(opa, folder=Path(folder))


def copy_limits(opa: Opa, folder: Path) -> None:
    """Copy the list of the built-ins that policies may use."""
    for name in LIMITS[1:]:
        shutil.copyfile(opa.folder / name, folder / name)


def copy_policies(opa: Opa, policies: Path, target: Path, *without: str) -> None:
    """Copy a folder of policies except for files that match the patterns in `without`.

    A configuration that OPA can't read is copied unchanged, so that OPA reports the reason.
    """
    shutil.copytree(opa.folder / policies, target, ignore=shutil.ignore_patterns(*without))
    written, as_json = target / CONFIG, target / CONFIG.with_suffix(".json")
    config = _content(opa, written)
    if isinstance(config, dict) and not as_json.exists():
        as_json.write_text(json.dumps(config))
        written.unlink()


def _content(opa: Opa, file: Path) -> Any:
    try:
        return opa.read_yaml(file) if file.is_file() else None
    except ConfigError:
        return None
