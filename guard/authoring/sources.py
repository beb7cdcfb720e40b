"""Problems that make OPA misread the policies, found in the text of the files: OPA would only report their consequences."""

from __future__ import annotations

from pathlib import Path

from guard.authoring.diagnostics import Diagnostic
from guard.authoring.layout import CONFIG, import_problems, package_problems
from guard.authoring.metadata import metadata_problems
from guard.authoring.rego_text import read_texts
from guard.authoring.yaml_positions import Positions
from guard.errors import ConfigError


def source_problems(folder: Path, policies: Path) -> list[Diagnostic]:
    """Return the problems of a bundle folder that must be fixed before other checks make sense, in the order of the files.

    Raises ConfigError if the folder doesn't exist.
    """
    try:
        texts = read_texts(folder / policies)
    except OSError as exc:
        raise ConfigError(f"the policies can't be read: {exc}") from exc
    packages = [*package_problems(policies, texts)]
    # While packages are in the wrong folders, it is unclear which files are rules and what the libraries are called.
    described = texts if not packages else []
    imports = [*import_problems(policies, described)]
    metadata = [*metadata_problems(policies, described)]
    return sorted([*_configuration(folder, policies / CONFIG), *packages, *imports, *metadata])


def _configuration(folder: Path, file: Path) -> list[Diagnostic]:
    """Return the reason why the configuration isn't valid YAML; `check_config` reports a missing file."""
    try:
        text = (folder / file).read_text(encoding="utf-8")
    except OSError:
        return []
    except UnicodeDecodeError as exc:
        reason = f"the configuration is not UTF-8 text: {exc.reason} at byte {exc.start:,}; save it as UTF-8"
        return [Diagnostic(file, 1, 1, reason)]
    broken = Positions(file, text).broken
    return [broken] if broken else []
