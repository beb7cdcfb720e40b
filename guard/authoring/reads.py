"""Find the rules that read a part of the document, from OPA's dependency analysis: they can't decide when that is hidden."""

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

# If a body passes on the whole document, OPA's dependencies omit the parts that the body reads as well:
# `availability.known("job.tags", input)` would hide `input.job.tags`.
_WHOLE = re.compile(r"\binput\b(?!\s*[.\[:])")

# Parts that are read for every rule: by overrides, by exemptions or by the contract.
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
    """Return, sorted, the rules whose findings may depend on a value that one of the JSON pointers below `/input` names.

    For a folder of policies, the result is that of its bundle. Reads by libraries that receive the whole document don't count:
    no library reads settings or commands, as the contract test of the policies checks. Raises ConfigError when OPA can't read
    the policies.
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
    """Copy the policies into a new folder, changed so that OPA reports every part of the document that a rule reads.

    Raises ConfigError when the policies can't be read.
    """
    source = opa.folder / bundle
    if source.is_dir():
        # With the precomputed plan: the policy that computes it reads all rules, so that every rule would depend on all others.
        copy_planned(opa, bundle, target)
    else:
        try:
            _unpack(source, target)
        except (OSError, tarfile.TarError) as exc:
            raise ConfigError("the bundle can't be read", path=str(bundle), error=str(exc)) from exc
    for file in target.glob("**/guard/rules/*/*.rego"):
        file.write_text(_WHOLE.sub("data.document", file.read_text(encoding="utf-8")), encoding="utf-8")


def _unpack(bundle: Path, target: Path) -> None:
    # Not `extractall`: its filter against paths outside of the folder needs Python 3.11.4. Policies are plain files.
    with tarfile.open(bundle) as packed:
        for member in packed:
            name = Path(member.name.lstrip("/"))
            content = packed.extractfile(member) if member.isfile() and ".." not in name.parts else None
            if content is not None:
                file = target / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content.read())


def input_paths(opa: Opa, policies: Path, rule_id: str) -> set[Steps]:
    """Return the paths of the document that a rule's findings depend on; `policies` is a copy made by `copy_readable`."""
    query = f"data.guard.rules.{rule_id}.findings"
    found = opa.json("deps", "--format", "json", "--bundle", policies, "--ignore", TESTS, query)
    paths = {tuple(str(part["value"]) for part in reference) for reference in found.get("base") or []}
    return {path[1:] for path in paths if path[0] == "input" and len(path) > 1}


def _steps(pointer: str) -> Steps:
    return tuple(unescaped(step) for step in pointer.split("/")[1:])


def _overlap(one: Steps, other: Steps) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]
