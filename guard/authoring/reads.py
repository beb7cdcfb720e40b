"""Which rules read a part of the document, by what OPA says of their dependencies: those can't decide once it is hidden."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from guard.authoring.compiled import copy_planned
from guard.authoring.opa import TESTS, Opa
from guard.errors import ConfigError
from guard.log.masking import unescaped

Steps = tuple[str, ...]

# Beside the document as a whole, OPA names none of its parts that the same body reads: `availability.known("job.tags", input)`
# would hide `input.job.tags`.
_WHOLE = re.compile(r"\binput\b(?!\s*[.\[:])")

# What overrides, exemptions and the contract read for every rule.
_ALL_RULES: tuple[Steps, ...] = (
    ("account",),
    ("deny_list",),
    ("images",),
    ("job", "execution_role_arns"),
    ("job", "kind"),
    ("job", "name"),
    ("job", "parts"),
    ("job", "role_arns"),
    ("region",),
    ("schema_version",),
    ("source",),
    ("unavailable",),
)


def rules_that_read(opa: Opa, bundle: Path, rule_ids: Iterable[str], pointers: Iterable[str]) -> tuple[str, ...]:
    """Return those of the rules whose findings may depend on what one of the JSON pointers below `/input` names, sorted.

    Of a folder of policies it is what the bundle of them would read. What a library reads of the whole document doesn't count:
    none reads settings or commands, and the contract test of the policies says so. Raises ConfigError when OPA can't read them.
    """
    hidden = [path[1:] for path in map(_steps, pointers) if path[:1] == ("input",)]
    ids = sorted(rule_ids)
    if not hidden:
        return ()
    if any(_overlap(path, known) for path in hidden for known in _ALL_RULES):
        return tuple(ids)
    with ThreadPoolExecutor(4) as pool, TemporaryDirectory() as folder:
        policies = Path(folder, "policies")
        copy_readable(opa, bundle, policies)
        read = pool.map(lambda rule_id: input_paths(opa, policies, rule_id), ids)
        return tuple(
            rule_id
            for rule_id, paths in zip(ids, read, strict=True)
            if any(_overlap(path, known) for path in hidden for known in paths)
        )


def copy_readable(opa: Opa, bundle: Path, target: Path) -> None:
    """Copy the policies into a new folder so that OPA tells all that a rule names of the document.

    Raises ConfigError when they can't be read.
    """
    source = opa.folder / bundle
    if source.is_dir():
        # Only with its plan worked out: to make it, a policy looks into all rules.
        copy_planned(opa, bundle, target)
    else:
        try:
            _unpack(source, target)
        except (OSError, tarfile.TarError) as exc:
            raise ConfigError("the bundle can't be read", path=str(bundle), error=str(exc)) from exc
    for file in target.glob("**/guard/rules/*/*.rego"):
        file.write_text(_WHOLE.sub("data.document", file.read_text(encoding="utf-8")), encoding="utf-8")


def _unpack(bundle: Path, target: Path) -> None:
    # `extractall` has a filter that keeps what it writes within a folder from Python 3.11.4 on only. Policies are plain files.
    with tarfile.open(bundle) as packed:
        for member in packed:
            name = Path(member.name.lstrip("/"))
            content = packed.extractfile(member) if member.isfile() and ".." not in name.parts else None
            if content is not None:
                file = target / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content.read())


def input_paths(opa: Opa, policies: Path, rule_id: str) -> set[Steps]:
    """Return the paths of the document that a rule's findings depend on, by the `copy_readable` of the policies."""
    query = f"data.guard.rules.{rule_id}.findings"
    told = opa.json("deps", "--format", "json", "--bundle", policies, "--ignore", TESTS, query)
    paths = {tuple(str(part["value"]) for part in reference) for reference in told.get("base") or []}
    return {path[1:] for path in paths if path[0] == "input" and len(path) > 1}


def _steps(pointer: str) -> Steps:
    return tuple(unescaped(step) for step in pointer.split("/")[1:])


def _overlap(one: Steps, other: Steps) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]
