"""The pinned OPA as a program, as the authors' commands run it."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Any

from guard.authoring.rego_text import read_texts
from guard.authoring.yaml_values import OnlyForOpaError, yaml_value
from guard.errors import ConfigError

# OPA and Regal run for a few seconds only, and Go's default garbage collection is half of their work. So they collect none
# before they use this much memory.
_GO_MEMORY = {"GOGC": "off", "GOMEMLIMIT": "768MiB"}
TESTS = "*_test.rego"
"""Test files, which never ship. Reading them takes OPA twice as long as reading all other files."""


@dataclass(frozen=True)
class RunResult:
    """The result of a program that has ended."""

    code: int
    out: str
    err: str

    @property
    def output(self) -> str:
        """Everything that the program printed."""
        return (self.out + self.err).strip()


@dataclass(frozen=True)
class Opa:
    """The pinned OPA, run in the project's folder so that the paths it prints are valid there."""

    binary: Path
    folder: Path

    def run(self, *arguments: str | Path, given: str = "") -> RunResult:
        """Return the result of an OPA command, for any exit code."""
        return run(self.binary, *arguments, folder=self.folder, given=given)

    def json(self, *arguments: str | Path, given: str = "") -> Any:
        """Return the JSON that OPA prints.

        Raises ConfigError when OPA fails.
        """
        ran = self.run(*arguments, given=given)
        if ran.code != 0:
            raise ConfigError(f"OPA can't read the policies: {_reason(ran)}")
        return json.loads(ran.out)

    def inspect(self, policies: Path) -> Any:
        """Return the packages of a bundle folder and their METADATA.

        The code below each `package` is ignored: it need not compile yet. Raises ConfigError when a package can't be read.
        """
        relative = policies.relative_to(policies.anchor)
        with TemporaryDirectory() as folder:
            _write_heads(self.folder / policies, Path(folder) / relative)
            found = replace(self, folder=Path(folder))._inspected(relative)
        return found | {
            "namespaces": {
                package: [policies.anchor + file for file in files] for package, files in found["namespaces"].items()
            }
        }

    def _inspected(self, policies: Path) -> Any:
        return self.json("inspect", "--annotations", "--format", "json", policies)

    def parse(self, file: Path) -> Any:
        """Return the syntax tree of a Rego file, with the location and text of each node."""
        return self.json("parse", "--format", "json", "--json-include", "locations,-comments", file)

    def run_tests(self, policies: Path, *options: str) -> RunResult:
        """Run the tests of a bundle folder; the code is 0 if all pass, 2 if one fails, another if they don't compile.

        The tests run twice, the second time with failing built-ins as errors, as in decisions: in `opa test` a failing
        built-in only makes its expression undefined, and a test may pass because of that.
        """
        tests = self.run("test", "--bundle", policies, *FLAGS, *options)
        if tests.code != 0:
            return tests
        strict = self.run_tests_strictly(policies)
        return tests if strict.code == 0 else strict

    def run_tests_strictly(self, policies: Path) -> RunResult:
        """Evaluate the packages of tests with failing built-ins as errors; OPA prints their values as a JSON list."""
        packages = [name for name in self._inspected(policies)["namespaces"] if name.endswith("_test")]
        query = ("eval", "--bundle", policies, *FLAGS, "--strict-builtin-errors", "--format", "raw")
        return self.run(*query, "--stdin", given=f"[{', '.join(packages)}]")

    def read_yaml(self, file: Path) -> Any:
        """Return a YAML file's content as OPA reads it. Raises ConfigError when OPA can't read it."""
        try:
            return yaml_value((self.folder / file).read_text(encoding="utf-8"), self._read_scalars)
        except (OSError, UnicodeDecodeError, OnlyForOpaError):
            return self._read_yaml(file)

    def _read_scalars(self, texts: list[str]) -> Any:
        """Return the values that OPA reads for these texts without quotes; the time grows with the number of texts."""
        if not texts:
            return []
        with NamedTemporaryFile("w", encoding="utf-8", suffix=".yaml") as file:
            file.write("".join(f"- {text}\n" for text in texts))
            file.flush()
            try:
                return self._read_yaml(Path(file.name))
            except ConfigError as exc:
                raise OnlyForOpaError from exc

    def _read_yaml(self, file: Path) -> Any:
        # In an object, because OPA prints a top-level string without quotes.
        return self.json("eval", "--format", "raw", "--data", f"file:{file}", '{"it": data.file}')["it"]


def run(binary: Path, *arguments: str | Path, folder: Path, given: str = "") -> RunResult:
    """Run a program to its end with `given` on its standard input. Raises ConfigError if it can't be started."""
    command = [binary, *arguments]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**_GO_MEMORY, **os.environ},
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            input=given,
            check=False,
        )
    except OSError as exc:
        raise ConfigError(f"{binary} can't be run; run `make check`, which builds it") from exc
    return RunResult(done.returncode, done.stdout, done.stderr)


def _write_heads(policies: Path, to: Path) -> None:
    try:
        texts = read_texts(policies)
    except OSError as exc:
        raise ConfigError(f"the policies can't be read: {exc}") from exc
    for source in texts:
        if not source.is_test:
            (to / source.file).parent.mkdir(parents=True, exist_ok=True)
            (to / source.file).write_text(source.head)


def _reason(ran: RunResult) -> str:
    try:
        return "; ".join(str(error["message"]) for error in json.loads(ran.out)["errors"])
    except (ValueError, KeyError, TypeError):
        return ran.output


# `check` and `test` also need the types, and the built-ins that policies may use. These files are outside of the policies'
# folder because OPA without --bundle reads every JSON file there as data.
SCHEMAS = Path("schemas")
CAPABILITIES = Path("capabilities.json")
LIMITS = ("--capabilities", CAPABILITIES)
FLAGS = ("--schema", SCHEMAS, *LIMITS)
