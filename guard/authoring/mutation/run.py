"""`make mutate-policies`: count the mutants that the policies' own tests detect, folder by folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TextIO

import yaml

from guard.authoring.catalogue import catalogue
from guard.authoring.generated import CATALOGUE
from guard.authoring.layout import CONFIG
from guard.authoring.mutation.mutants import Mutant, find_mutants
from guard.authoring.mutation.report import Equivalent, Result, Survivor, conclude, read_equivalent
from guard.authoring.opa import Opa
from guard.authoring.rules import read_rules
from guard.errors import ConfigError

EQUIVALENT = Path("tools/mutants-equivalent.yaml")
_WORKERS = 2
_PASSED, _FAILED = 0, 2
_OTHER_LEVEL = {"off": "deny", "warn": "off", "deny": "warn"}


def mutate(opa: Opa, policies: Path, chosen: tuple[str, ...], out: TextIO) -> bool:
    """Test every mutant of the chosen folders, by default of all; return True if the tests kill enough of them.

    Raises ConfigError for an unknown folder, or when tests fail without any change.
    """
    equivalent = read_equivalent(opa.folder / EQUIVALENT)
    units, results = _units(opa.folder / policies, chosen), []
    for unit in units:
        results.append(_result(opa, policies, unit, equivalent))
        out.write(f"{results[-1]}\n")
        out.flush()
    if not chosen:
        results.append(_levels(opa, policies))
        out.write(f"{results[-1]}\n")
    listed = {each for each in equivalent if not chosen or str(Path(each[0]).relative_to("guard").parent) in units}
    stale = listed - {equal for result in results for equal in result.equivalent}
    out.writelines(
        f"remove from {EQUIVALENT}, as no such mutant survives: {': '.join(each)}\n" for each in sorted(stale)
    )
    return conclude(results, out) and not stale


def _units(policies: Path, chosen: tuple[str, ...]) -> list[str]:
    folders = {file.parent.relative_to(policies / "guard") for file in _shipped(policies)}
    units = sorted(str(folder) for folder in folders)
    unknown = [name for name in chosen if not any(_is_called(unit, name) for unit in units)]
    if unknown:
        raise ConfigError(f"there is no folder {unknown[0]} with policies; there are {', '.join(units)}")
    return [unit for unit in units if not chosen or any(_is_called(unit, name) for name in chosen)]


def _is_called(unit: str, name: str) -> bool:
    return name in (unit, Path(unit).name)


def _shipped(policies: Path) -> list[Path]:
    """Return the hand-written files that ship; a generated table is tested where it is generated."""
    files = (file for file in (policies / "guard").rglob("*.rego") if not file.name.endswith("_test.rego"))
    return [file for file in files if not file.read_text().startswith("# Generated ")]


def _result(opa: Opa, policies: Path, unit: str, equivalent: set[Equivalent]) -> Result:
    folder = opa.folder / policies
    survivors: list[Survivor] = []
    equal: set[Equivalent] = set()
    tried = 0
    for file in (each for each in _shipped(folder) if each.parent == folder / "guard" / unit):
        name, source = file.relative_to(folder), file.read_text()
        for mutant, code in _run_all(opa, folder, unit, name, source):
            survivor = Survivor(policies / name, mutant.row, source.splitlines()[mutant.row - 1].strip(), str(mutant))
            known = (str(name), survivor.line, survivor.change)
            if code == _PASSED and known in equivalent:
                equal.add(known)
            elif code in (_PASSED, _FAILED):
                tried += 1
                survivors += [survivor] if code == _PASSED else []
    return Result(unit, tried, tuple(survivors), frozenset(equal))


def _parse(opa: Opa, at: Path, text: str) -> object:
    at.write_text(text)
    return opa.parse(at)


def _run_all(opa: Opa, folder: Path, unit: str, name: Path, source: str) -> Iterator[tuple[Mutant, int]]:
    """Yield each mutant of a file with the exit code of its folder's tests."""
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(_WORKERS) as pool:
        mutants = find_mutants(source, partial(_parse, opa, Path(scratch) / "parsed.rego"))
        trees = [_tree(folder, unit, Path(scratch) / str(number)) for number in range(_WORKERS)]
        if _test(opa, trees[0]) != _PASSED:
            raise ConfigError(f"the tests of {unit} fail without any change: run `make test-policies`")
        shares = [mutants[number::_WORKERS] for number in range(_WORKERS)]
        for codes in pool.map(
            lambda job: _run_share(opa, job[0], name, source, job[1]), zip(trees, shares, strict=True)
        ):
            yield from codes


def _run_share(opa: Opa, tree: Path, name: Path, source: str, mutants: list[Mutant]) -> list[tuple[Mutant, int]]:
    codes = []
    for mutant in mutants:
        (tree / name).write_text(mutant.applied(source))
        codes.append((mutant, _test(opa, tree)))
    (tree / name).write_text(source)
    return codes


def _test(opa: Opa, tree: Path) -> int:
    return opa.run_tests(tree, "--parallel", "1", "--timeout", "20s").code


def _tree(folder: Path, unit: str, tree: Path) -> Path:
    """Copy what the folder's tests need: the folder, the packages that rules read without their tests, test inputs and data."""
    own, testing = folder / "guard" / unit, folder / "guard" / "testing"
    read = tuple(folder / "guard" / name for name in ("lib", "parameters", "plan", "settings"))
    for file in folder.rglob("*"):
        test = file.name.endswith("_test.rego")
        needed = (
            own in file.parents or testing in file.parents or (any(each in file.parents for each in read) and not test)
        )
        if file.is_file() and (needed or file.suffix != ".rego"):
            target = tree / file.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
    return tree


def _levels(opa: Opa, policies: Path) -> Result:
    """Return the result for changed levels in the configuration: each change must make the catalogue differ."""
    config = policies / CONFIG
    source = (opa.folder / config).read_text()
    rules, _ = read_rules(opa, policies)
    shown = (opa.folder / CATALOGUE).read_text()
    nodes = list(_level_nodes(yaml.compose(source, Loader=yaml.SafeLoader)))
    survivors = []
    with tempfile.TemporaryDirectory() as scratch:
        for node in nodes:
            changed, row = Path(scratch) / "data.yaml", node.start_mark.line + 1
            other = _OTHER_LEVEL[node.value]
            changed.write_text(f'{source[: node.start_mark.index]}"{other}"{source[node.end_mark.index :]}')
            if catalogue(rules, opa.read_yaml(changed)) == shown:
                survivors.append(
                    Survivor(config, row, source.splitlines()[row - 1].strip(), f"{node.value} -> {other}")
                )
    return Result("levels in config/data.yaml", len(nodes), tuple(survivors))


def _level_nodes(node: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _level_nodes(item)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == "level" and isinstance(value, yaml.ScalarNode):
                yield value
            yield from _level_nodes(value)
