"""The files that are generated: from the rules and their configuration, and from the pinned OPA's list of built-ins."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from guard.authoring.catalogue import catalogue
from guard.authoring.config_check import CONFIG
from guard.authoring.config_schema import config_schema
from guard.authoring.opa import Opa, run
from guard.authoring.rules import read_rules
from guard.errors import ConfigError

CATALOGUE = Path("docs/rules.md")
SCHEMA = Path("schemas/config.json")
CAPABILITIES = Path("capabilities.json")
_FILTER = Path("tools/capabilities.py")


def generated_files(opa: Opa, policies: Path) -> dict[Path, str]:
    """Return what the generated files should hold, by path in the project's folder.

    Raises ConfigError when OPA can't read the policies; the configuration must have been checked.
    """
    rules, _ = read_rules(opa, policies)
    config = opa.read_yaml(policies / CONFIG)
    return {
        policies / SCHEMA: json.dumps(config_schema(rules), indent=2, ensure_ascii=False) + "\n",
        policies / CAPABILITIES: _capabilities(opa),
        CATALOGUE: catalogue(rules, config),
    }


def stale(folder: Path, files: dict[Path, str]) -> list[Path]:
    """Return the paths of the files that hold something else, or are not there."""
    return [path for path, content in files.items() if _read(folder / path) != content]


def write(folder: Path, files: dict[Path, str]) -> None:
    """Write the files."""
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)


def _capabilities(opa: Opa) -> str:
    everything = opa.run("capabilities", "--current").out
    allowed = run(Path(sys.executable), _FILTER, folder=opa.folder, given=everything)
    if allowed.code != 0:
        raise ConfigError(f"{_FILTER} fails: {allowed.said}")
    return allowed.out


def _read(path: Path) -> str | None:
    return path.read_text() if path.exists() else None
