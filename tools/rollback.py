"""Lets the release before the current one run again: `python tools/rollback.py STACK`.

Each release published a version of both functions, whose description names it, and the alias `live` of each function names the
version that events and the schedule reach. The alias's description keeps which versions were rolled back from: none of them runs
again by a rollback. The next `make deploy` of another package or parameter names its own version again.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import Any

from guard.aws.clients import ClientOf
from guard.aws.refusals import CALL_ERRORS, code
from guard.cli.session import client_in, new_session
from guard.errors import ConfigError
from guard.operations.stack import outputs

ALIAS = "live"
OUTPUTS = ("FunctionName", "SweepFunctionName")
_RELEASE = "release "
_LEFT = "rolled back from versions "
# Lambda takes 256 characters of an alias's description.
_MOST_LEFT = 30
_SHOWN = 12


@dataclass(frozen=True)
class Live:
    """A function's alias: the version that it names, those that were rolled back from, and each version's release."""

    function: str
    version: int
    left: frozenset[int]
    releases: dict[int, str]

    def targets(self) -> dict[str, int]:
        """Return the releases that may run, the current one among them, each with its newest version."""
        usable = (version for version in sorted(self.releases) if version <= self.version and version not in self.left)
        return {self.releases[version]: version for version in usable}


def main(stack: str, client_of: ClientOf) -> int:
    """Move the aliases of both functions back to one release; 1 when they have no earlier one in common, 2 for an error."""
    try:
        names = outputs(stack, OUTPUTS, client_of)
        return _rolled_back(stack, names, client_of("lambda"))
    except CALL_ERRORS as exc:
        error = ConfigError("the stack can't be rolled back", stack=stack, code=code(exc), error=str(exc))
    except ConfigError as exc:
        error = exc
    print(f"error {type(error).__name__}: {error}", file=sys.stderr)
    return 2


def _rolled_back(stack: str, names: list[str], functions: Any) -> int:
    aliases = [_live(functions, name) for name in names]
    running = {alias.releases.get(alias.version) for alias in aliases}
    # Where they differ, an earlier rollback moved only one of them: then the release of that one is the target.
    left = running if len(running) == 1 else set()
    first, *others = (alias.targets() for alias in aliases)
    # An earlier version of the same release, which was deployed twice, would run what runs already.
    common = [release for release in first if release not in left and all(release in other for other in others)]
    if not common:
        told = "have no earlier release in common that wasn't rolled back from; nothing was changed"
        print(f"{' and '.join(names)} {told}", file=sys.stderr)
        return 1
    _move(stack, aliases, max(common, key=lambda release: first[release]), functions)
    return 0


def _move(stack: str, aliases: list[Live], release: str, functions: Any) -> None:
    """Let all aliases name the release, those that do so already as they are. Raises ConfigError after the first move."""
    moved: list[str] = []
    for alias in aliases:
        version = alias.targets()[release]
        if version == alias.version:
            continue
        left = ", ".join(map(str, sorted(alias.left | {alias.version})[-_MOST_LEFT:]))
        try:
            functions.update_alias(
                FunctionName=alias.function, Name=ALIAS, FunctionVersion=str(version), Description=_LEFT + left
            )
        except CALL_ERRORS as exc:
            if not moved:
                raise
            raise ConfigError(
                "only some functions were rolled back: repeat it",
                stack=stack,
                moved=moved,
                code=code(exc),
                error=str(exc),
            ) from exc
        moved.append(alias.function)
        told = f"version {version} (release {release[:_SHOWN]}) runs now instead of {alias.version}"
        print(f"{alias.function}: {told}")


def _live(functions: Any, name: str) -> Live:
    alias = functions.get_alias(FunctionName=name, Name=ALIAS)
    told = alias.get("Description") or ""
    left = re.findall(r"\d+", told) if told.startswith(_LEFT) else []
    pages = functions.get_paginator("list_versions_by_function").paginate(FunctionName=name)
    releases = {
        int(each["Version"]): each["Description"].removeprefix(_RELEASE)
        for page in pages
        for each in page["Versions"]
        if each["Version"].isdigit() and each.get("Description", "").startswith(_RELEASE)
    }
    return Live(name, int(alias["FunctionVersion"]), frozenset(map(int, left)), releases)


def _client(service: str) -> Any:
    return client_in(new_session(), service)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], _client))
