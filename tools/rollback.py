"""Roll back to the release before the current one: `python tools/rollback.py STACK`.

Each release publishes a version of both functions, with the release in its description. The alias `live` of each function points
to the version that events and the schedule invoke. The alias's description lists the versions that were rolled back from: a
rollback never returns to them. The next `make deploy` of another package or parameter moves the alias to its own version.
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
# Lambda limits an alias's description to 256 characters.
_MOST_LEFT = 30
_SHOWN = 12


@dataclass(frozen=True)
class Live:
    """A function's alias: its version, the versions that were rolled back from, and the release of each version."""

    function: str
    version: int
    left: frozenset[int]
    releases: dict[int, str]

    def targets(self) -> dict[str, int]:
        """Return the releases that may run, including the current one, each with its newest version."""
        usable = (version for version in sorted(self.releases) if version <= self.version and version not in self.left)
        return {self.releases[version]: version for version in usable}


def main(stack: str, client_of: ClientOf) -> int:
    """Move both functions' aliases back to one release. Return 0, 1 if they have no earlier one in common, 2 for an error."""
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
    # If they differ, an earlier rollback moved only one of them; its release may be the target.
    left = running if len(running) == 1 else set()
    first, *others = (alias.targets() for alias in aliases)
    # The running release is left out: if it was deployed twice, its earlier version is the same.
    common = [release for release in first if release not in left and all(release in other for other in others)]
    if not common:
        problem = "have no earlier release in common that wasn't rolled back from; nothing was changed"
        print(f"{' and '.join(names)} {problem}", file=sys.stderr)
        return 1
    _move(stack, aliases, max(common, key=lambda release: first[release]), functions)
    return 0


def _move(stack: str, aliases: list[Live], release: str, functions: Any) -> None:
    """Move the aliases that don't point to the release. Raises ConfigError if a call fails after the first move."""
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
        print(f"{alias.function}: version {version} (release {release[:_SHOWN]}) runs now instead of {alias.version}")


def _live(functions: Any, name: str) -> Live:
    alias = functions.get_alias(FunctionName=name, Name=ALIAS)
    description = alias.get("Description") or ""
    left = re.findall(r"\d+", description) if description.startswith(_LEFT) else []
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
