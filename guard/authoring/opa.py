"""The pinned OPA as a program: what it answers to the author's commands."""

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

# OPA and Regal end after some seconds: collecting garbage as Go does by default is half of their work, so none is collected
# before they have taken this much.
_GO_MEMORY = {"GOGC": "off", "GOMEMLIMIT": "768MiB"}
TESTS = "*_test.rego"
"""The files that never ship. Reading them takes OPA twice as long as reading all others."""


@dataclass(frozen=True)
class RunResult:
    """A finished run."""

    code: int
    out: str
    err: str

    @property
    def output(self) -> str:
        """Everything that it printed."""
        return (self.out + self.err).strip()


@dataclass(frozen=True)
class Opa:
    """The pinned OPA, run in the project's folder, so that every path that it prints can be followed."""

    binary: Path
    folder: Path

    def run(self, *arguments: str | Path, given: str = "") -> RunResult:
        """Return what OPA says, whatever its exit code."""
        return run(self.binary, *arguments, folder=self.folder, given=given)

    def json(self, *arguments: str | Path, given: str = "") -> Any:
        """Return the JSON that OPA prints.

        Raises ConfigError when OPA refuses.
        """
        ran = self.run(*arguments, given=given)
        if ran.code != 0:
            raise ConfigError(f"OPA can't read the policies: {_reason(ran)}")
        return json.loads(ran.out)

    def inspect(self, policies: Path) -> Any:
        """Return packages and their METADATA of a bundle folder, whatever follows in its files: that may not compile yet.

        Raises ConfigError when they can't be read.
        """
        relative = policies.relative_to(policies.anchor)
        with TemporaryDirectory() as folder:
            _write_heads(self.folder / policies, Path(folder) / relative)
            told = replace(self, folder=Path(folder))._inspected(relative)
        return told | {
            "namespaces": {
                package: [policies.anchor + file for file in files] for package, files in told["namespaces"].items()
            }
        }

    def _inspected(self, policies: Path) -> Any:
        return self.json("inspect", "--annotations", "--format", "json", policies)

    def parse(self, file: Path) -> Any:
        """Return the syntax tree of a Rego file, each node with its place and text."""
        return self.json("parse", "--format", "json", "--json-include", "locations,-comments", file)

    def run_tests(self, policies: Path, *options: str) -> RunResult:
        """Run the tests of a bundle folder; the code is 0 when all pass, 2 when one fails, else it doesn't compile.

        They run twice, the second time with failing built-ins as errors, as decisions are made: in `opa test` a failing
        built-in only makes its expression undefined, and a test may pass because of it.
        """
        tests = self.run("test", "--bundle", policies, *FLAGS, *options)
        if tests.code != 0:
            return tests
        strict = self.run_tests_strictly(policies)
        return tests if strict.code == 0 else strict

    def run_tests_strictly(self, policies: Path) -> RunResult:
        """Evaluate the packages of tests with failing built-ins as errors; prints what they hold as a JSON list."""
        packages = [name for name in self._inspected(policies)["namespaces"] if name.endswith("_test")]
        query = ("eval", "--bundle", policies, *FLAGS, "--strict-builtin-errors", "--format", "raw")
        return self.run(*query, "--stdin", given=f"[{', '.join(packages)}]")

    def read_yaml(self, file: Path) -> Any:
        """Return a YAML file's content as policies see it. Raises ConfigError when OPA can't read it."""
        try:
            return yaml_value((self.folder / file).read_text(encoding="utf-8"), self._read_scalars)
        except (OSError, UnicodeDecodeError, OnlyForOpaError):
            return self._read_yaml(file)

    def _read_scalars(self, texts: list[str]) -> Any:
        """Return what a list of these texts without quotes holds, which takes OPA a time that its length decides."""
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
        # Text alone would be printed without its quotes.
        return self.json("eval", "--format", "raw", "--data", f"file:{file}", '{"it": data.file}')["it"]


def run(binary: Path, *arguments: str | Path, folder: Path, given: str = "") -> RunResult:
    """Run a program to its end, with a text on its standard input. Raises ConfigError for one that can't be run."""
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
        raise ConfigError(f"{binary} can't be run: `make check` builds what it needs") from exc
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


# What `check` and `test` need beside the policies: the types, and the built-ins that policies may use. They lie outside of the
# policies' folder: OPA without --bundle reads every JSON file in that as data.
SCHEMAS = Path("schemas")
CAPABILITIES = Path("capabilities.json")
LIMITS = ("--capabilities", CAPABILITIES)
FLAGS = ("--schema", SCHEMAS, *LIMITS)
