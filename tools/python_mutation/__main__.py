"""Run mutation tests: `python -m tools.python_mutation [--sample N] [MODULE ...]`, for example guard/opa or guard/opa/many.py.

The libraries are imported once. For each mutant, a child process imports the guard with the one changed module, runs the tests
that which_tests.yaml lists for it, and ends at the first failure. No file is changed.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from guard.authoring.mutation.mutants import Mutant
from guard.authoring.mutation.report import Equivalent, Result, Survivor, conclude, read_equivalent
from tools.python_mutation.changed import install, pass_on
from tools.python_mutation.mutants import find_mutants

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
ROOMS = ("guard", "lambda_entry")
MODULE_GOAL = 0.9
# A mutant that never ends counts as detected: its tests may take this multiple of the unchanged tests' time, at least _SECONDS.
_PATIENCE, _SECONDS = 5, 20
_SEED = 1


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="Tries mutants of the Python code.")
    parser.add_argument("modules", nargs="*", default=list(ROOMS), help="files or folders; default: all")
    parser.add_argument("--sample", type=int, default=0, help="the most mutants of each module, chosen at random")
    given = parser.parse_args(arguments)
    _preload()
    tests: dict[str, list[str]] = yaml.safe_load((HERE / "which_tests.yaml").read_text())
    equivalent = read_equivalent(HERE / "equivalent.yaml")
    results = []
    for module in _modules(given.modules):
        name = module.relative_to(ROOT).as_posix()
        results.append(_result(module, _tests_of(tests, name), equivalent, given.sample))
        weak = results[-1].tried and results[-1].killed / results[-1].tried < MODULE_GOAL
        print(f"{results[-1]}{'  below 90%' if weak else ''}", flush=True)
    enough = conclude(results, sys.stdout)
    each = all(not result.tried or result.killed / result.tried >= MODULE_GOAL for result in results)
    return 0 if enough and each else 1


def _modules(names: Sequence[str]) -> Iterator[Path]:
    for name in names:
        path = ROOT / name
        yield from [path] if path.is_file() else sorted(path.rglob("*.py"))


def _tests_of(tests: dict[str, list[str]], name: str) -> list[str]:
    """Return the tests listed for the module, else for the closest folder."""
    for place in (name, *(parent.as_posix() for parent in Path(name).parents)):
        if place in tests:
            return tests[place]
    raise SystemExit(f"which_tests.yaml has no tests for {name}")


def _result(module: Path, tests: list[str], equivalent: set[Equivalent], sample: int) -> Result:
    source, name = module.read_text(), module.relative_to(ROOT)
    mutants = find_mutants(source)
    if sample and sample < len(mutants):
        mutants = sorted(random.Random(_SEED).sample(mutants, sample))
    if not mutants:
        return Result(name.as_posix(), 0, ())
    started = time.monotonic()
    if not _passes(module, source, tests, 600):
        raise SystemExit(f"the tests of {name} fail without any change: {' '.join(tests)}")
    seconds = max(_SECONDS, _PATIENCE * (time.monotonic() - started))
    survivors, equal = [], set()
    for mutant in mutants:
        if not _passes(module, mutant.applied(source), tests, seconds):
            continue
        survivor = _survivor(name, source, mutant)
        known = (name.as_posix(), survivor.line, survivor.change)
        if known in equivalent:
            equal.add(known)
        else:
            survivors.append(survivor)
            print(f"  {survivor}    {survivor.line}", flush=True)
    return Result(name.as_posix(), len(mutants) - len(equal), tuple(survivors), frozenset(equal))


def _survivor(name: Path, source: str, mutant: Mutant) -> Survivor:
    return Survivor(name, mutant.row, source.splitlines()[mutant.row - 1].strip(), str(mutant))


def _preload() -> None:
    """Import the libraries of the tests that take long to import, but no module of the guard."""
    import boto3
    import hypothesis
    import moto.server
    import pydantic
    import pytest
    import requests

    _ = boto3.Session, hypothesis.given, moto.server.main, pydantic.BaseModel, pytest.main, requests.Session
    for name in [name for name in sys.modules if name.partition(".")[0] in ROOMS]:
        del sys.modules[name]


def _passes(module: Path, source: str, tests: list[str], seconds: float) -> bool:
    """Whether the tests pass in a child process in which the module has this source."""
    with tempfile.TemporaryDirectory() as folder:
        child = os.fork()
        if child == 0:
            os._exit(_child(module, source, tests, seconds, Path(folder)))
        _, status = os.waitpid(child, 0)
    return status == 0


def _child(module: Path, source: str, tests: list[str], seconds: float, folder: Path) -> int:
    os.setsid()
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(0, signal.SIGKILL))
    signal.alarm(int(seconds))
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    name, path = _dotted(module), str(module)
    try:
        install(name, path, source)
    except SyntaxError:
        return 1
    pass_on(folder, name, path, source)
    import pytest

    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist", "-W", "ignore"]
    return int(pytest.main([*options, *tests]))


def _dotted(module: Path) -> str:
    parts = module.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
