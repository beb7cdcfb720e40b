"""Lets the version before the current one run again: `python tools/rollback.py STACK`.

Each release published a version of both functions, and the alias `live` names the one that events and the schedule reach. The
next `make deploy` of another package or parameter names its own version again.
"""

from __future__ import annotations

import sys
from typing import Any

from guard.aws.clients import ClientOf
from guard.aws.refusals import CALL_ERRORS, code
from guard.cli.session import new_session
from guard.errors import ConfigError
from guard.operations.stack import outputs

ALIAS = "live"
OUTPUTS = ("FunctionName", "SweepFunctionName")


def main(stack: str, client_of: ClientOf) -> int:
    """Move the alias of each function back by one version; 1 when a function has no earlier one, 2 for an error."""
    try:
        names = outputs(stack, OUTPUTS, client_of)
        return _rolled_back(names, client_of("lambda"))
    except CALL_ERRORS as exc:
        error = ConfigError("the stack can't be rolled back", stack=stack, code=code(exc), error=str(exc))
    except ConfigError as exc:
        error = exc
    print(f"error {type(error).__name__}: {error}", file=sys.stderr)
    return 2


def _rolled_back(names: list[str], functions: Any) -> int:
    moves = [(name, *_versions(functions, name)) for name in names]
    for name, current, previous in moves:
        if previous is None:
            print(f"{name} has no version before {current}; nothing was changed", file=sys.stderr)
            return 1
    for name, current, previous in moves:
        functions.update_alias(FunctionName=name, Name=ALIAS, FunctionVersion=str(previous))
        print(f"{name}: version {previous} runs now instead of {current}")
    return 0


def _versions(functions: Any, name: str) -> tuple[int, int | None]:
    """The version that runs, and the one before it."""
    current = int(functions.get_alias(FunctionName=name, Name=ALIAS)["FunctionVersion"])
    pages = functions.get_paginator("list_versions_by_function").paginate(FunctionName=name)
    published = [int(each["Version"]) for page in pages for each in page["Versions"] if each["Version"].isdigit()]
    return current, max((version for version in published if version < current), default=None)


def _client(service: str) -> Any:
    session: Any = new_session()
    return session.client(service)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], _client))
