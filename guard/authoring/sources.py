"""What keeps OPA from reading the policies as they are meant: it is found in the text, as OPA tells its consequences only."""

from __future__ import annotations

from pathlib import Path

from guard.authoring.diagnostics import Diagnostic
from guard.authoring.layout import CONFIG, import_problems, package_problems
from guard.authoring.metadata import metadata_problems
from guard.authoring.rego_text import read_texts
from guard.authoring.yaml_positions import Positions
from guard.errors import ConfigError


def source_problems(folder: Path, policies: Path) -> list[Diagnostic]:
    """Return what must be mended before anything else can be said of a bundle folder, in the order of the files.

    Raises ConfigError when there is no such folder.
    """
    try:
        texts = read_texts(folder / policies)
    except OSError as exc:
        raise ConfigError(f"the policies can't be read: {exc}") from exc
    packages = [*package_problems(policies, texts)]
    # What is in the wrong place may be no rule, and what a library is called is unknown.
    described = texts if not packages else []
    imports = [*import_problems(policies, described)]
    metadata = [*metadata_problems(policies, described)]
    return sorted([*_configuration(folder, policies / CONFIG), *packages, *imports, *metadata])


def _configuration(folder: Path, file: Path) -> list[Diagnostic]:
    """Return what keeps the configuration from being YAML; one that isn't there is told by its own check."""
    try:
        text = (folder / file).read_text(encoding="utf-8")
    except OSError:
        return []
    except UnicodeDecodeError as exc:
        told = f"the configuration is not UTF-8 text: {exc.reason} at byte {exc.start:,}; save it as UTF-8"
        return [Diagnostic(file, 1, 1, told)]
    broken = Positions(file, text).broken
    return [broken] if broken else []
