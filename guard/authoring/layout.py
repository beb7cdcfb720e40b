"""The layout of the policies: which files and packages are allowed. A file's package follows from its folder."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from guard.authoring.diagnostics import Diagnostic
from guard.authoring.rego_text import RegoText

CONFIG = Path("guard/config/data.yaml")
# Files that OPA reads as data, or as a patch of a bundle's data, in any folder.
DATA_FILES = {"data.json", "data.yaml", "data.yml", "patch.json"}
_SINGLE = ("main", "mask", "parameters", "plan", "settings")
_WHERE = (
    "policies are in guard/main, guard/plan, guard/parameters, guard/settings, guard/mask, guard/lib/<topic> and "
    "guard/rules/<rule_id>, helpers of tests in guard/testing/*_test.rego; move the package "
)
_IMPORT = re.compile(r"import\s+((?:data\.)?guard(?:\.\w+)+)\s*(?:as\s+\w+\s*)?(?:#.*)?$")


def data_files(policies: Path, root: Path) -> Iterator[Diagnostic]:
    """Yield each file, other than the configuration, that OPA would read as data."""
    for file in sorted(root.rglob("*")):
        path = file.relative_to(root)
        if file.name in DATA_FILES and path != CONFIG:
            text = (
                f"OPA would read this as data in addition to {CONFIG}, unchecked; move its content there, or remove it"
            )
            yield Diagnostic(policies / path, 1, 1, text)


def package_problems(policies: Path, texts: Iterable[RegoText]) -> Iterator[Diagnostic]:
    """Yield each file without a package, or whose package isn't that of its folder."""
    for source in texts:
        if text := _misplaced(source):
            yield Diagnostic(policies / source.file, source.first_row, 1, text)


def import_problems(policies: Path, texts: list[RegoText]) -> Iterator[Diagnostic]:
    """Yield each misspelt import of a library: OPA would only report that the imported name is undefined."""
    importable = libraries(texts)
    known = {source.package for source in texts}
    for source in texts:
        for row, line in enumerate(source.lines, 1):
            name = found[1] if (found := _IMPORT.match(line)) else None
            meant = _meant(name, importable) if name and not _exists(name, known) else None
            if meant:
                text = f"there is no package {name}; write `import data.{meant}`"
                yield Diagnostic(policies / source.file, row, line.index("import") + 8, text)


def libraries(texts: Iterable[RegoText]) -> list[str]:
    """Return the packages that a rule may import."""
    names = {source.package for source in texts if source.package and not source.is_test}
    return sorted(
        name for name in names if name.startswith("guard.lib.") or name in ("guard.parameters", "guard.settings")
    )


def _exists(name: str, known: Iterable[str | None]) -> bool:
    """Return whether an import names a package, something in a package, or a parent of packages."""
    path = name.removeprefix("data.") + "."
    return name.startswith("data.") and any(
        path.startswith(f"{each}.") or f"{each}.".startswith(path) for each in known
    )


def _meant(name: str, importable: list[str]) -> str | None:
    """Return the library whose last name is nearest to that of an import, in any package; None if none is near."""
    bare = name.removeprefix("data.").split(".")
    # These packages aren't libraries, whatever their last name resembles.
    if bare[1] in ("config", "main", "mask", "plan", "rules", "testing"):
        return None
    tails = {each.rpartition(".")[2]: each for each in importable}
    near = difflib.get_close_matches(bare[-1], tails, cutoff=0.8)
    return tails[near[0]] if near else None


def _misplaced(source: RegoText) -> str | None:
    """Return what is wrong with a file's package. It follows from the folder; tests, which don't ship, add _test."""
    if not source.is_utf8:
        return "the file is not UTF-8 text; save it as UTF-8"
    if source.text.startswith("\ufeff"):
        return "the file begins with a byte order mark, which hides its METADATA from OPA; save it as UTF-8 without one"
    folder, name = source.file.parent.parts, source.package
    wanted = folder
    if source.is_test and folder != ("guard", "testing"):
        wanted = (*folder[:-1], f"{folder[-1]}_test") if folder else ()
    elif folder and folder[-1].endswith("_test"):
        return f"only files of tests, *_test.rego, have a package that ends in _test, not {name}"
    if not _is_known(folder, test=source.is_test):
        return f"{_WHERE}{name}"
    package = ".".join(wanted)
    if name is None:
        return f"the package is missing; write `package {package}` before everything but comments"
    where = f"{'tests' if source.is_test else 'files'} in {source.file.parent} have the package {package}"
    return None if name == package else f"the package is {name}, but {where}; write `package {package}`"


def _is_known(folder: tuple[str, ...], *, test: bool) -> bool:
    match folder:
        case ("guard", "testing"):
            return test
        case ("guard", "rules", _) | ("guard", "lib", _, *_):
            return True
        case ("guard", name):
            return name in _SINGLE
    return False
