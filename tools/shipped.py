"""The shipped policies, which the guard's tests use, so that a team's own rules and configuration don't affect the tests."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Collection
from pathlib import Path

import yaml

from guard.authoring.bundle import pack_bundle
from guard.authoring.generated import generated_files, write
from guard.authoring.opa import CAPABILITIES, SCHEMAS, Opa

ROOT = Path(__file__).resolve().parent.parent
POLICIES = Path("policies")
RULES = POLICIES / "guard" / "rules"
CONFIG = POLICIES / "guard" / "config" / "data.yaml"
SHIPPED_CONFIG = ROOT / "tests" / "shipped" / "data.yaml"
"""A copy of the shipped configuration."""


def shipped_folder(repository: Path) -> Path:
    """Return the repository, or, if its configuration isn't the shipped one, the copy that `build_shipped` makes."""
    is_shipped = (repository / CONFIG).read_bytes() == SHIPPED_CONFIG.read_bytes()
    return repository if is_shipped else repository / "build" / "shipped"


def build_shipped(repository: Path, opa: Path) -> int:
    """Copy a repository's shipped rules and the shipped configuration, and build their bundle. Return OPA's exit code.

    The policies aren't checked here: `make bundle` has checked the repository's rules.
    """
    folder = shipped_folder(repository)
    shutil.rmtree(folder, ignore_errors=True)
    shipped = yaml.safe_load(SHIPPED_CONFIG.read_text())["rules"]
    copy_policies(repository, folder, {rule for rule in (repository / RULES).iterdir() if rule.name not in shipped})
    shutil.copy(SHIPPED_CONFIG, folder / CONFIG)
    tree = Opa(opa, folder)
    write(folder, generated_files(tree, POLICIES))
    packed = pack_bundle(tree, POLICIES, Path("bundle.tar.gz"))
    if packed.code != 0:
        sys.stderr.write(packed.output + "\n")
    return packed.code


def copy_policies(source: Path, to: Path, left_out: Collection[Path] = ()) -> None:
    """Copy all files that the authoring commands read, except the folders in `left_out`."""

    def ignored(folder: str, names: list[str]) -> list[str]:
        return [name for name in names if Path(folder, name) in left_out]

    for folder in (POLICIES, Path(".regal"), Path("docs"), SCHEMAS):
        shutil.copytree(source / folder, to / folder, ignore=ignored)
    (to / "tools").mkdir()
    for file in (CAPABILITIES, Path("tools", "capabilities.py"), Path("tools", "mutants-equivalent.yaml")):
        shutil.copy(ROOT / file, to / file)


if __name__ == "__main__":
    sys.exit(build_shipped(ROOT, Path(sys.argv[1])))
