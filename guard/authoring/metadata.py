"""Check that OPA reads the METADATA of policies as intended, and that a rule's METADATA is complete.

The text is read here because OPA ignores unknown keys, and reports missing ones as mistakes elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from guard.authoring.diagnostics import Diagnostic
from guard.authoring.rego_text import RegoText
from guard.authoring.wording import hint
from guard.authoring.yaml_positions import LOADER, KeyPath, Positions

_KEYS = {
    "title": (str, "a text"),
    "description": (str, "a text"),
    "related_resources": (list, "a list"),
    "schemas": (list, "a list"),
    "custom": (dict, "a mapping"),
    "scope": (str, "a text"),
    "authors": (list, "a list"),
    "organizations": (list, "a list"),
    "entrypoint": (bool, "true or false"),
    "compile": (dict, "a mapping"),
}
_CUSTOM = ("emptied", "in_place", "kinds", "needs", "parameters", "pointless", "remediation", "severity")
_MUST: dict[KeyPath, str] = {
    ("title",): "METADATA has no title",
    ("description",): "METADATA has no description",
    ("related_resources",): "METADATA has no related_resources; name a page that explains what the rule is about",
    ("schemas",): "METADATA has no schemas: write `- input: schema.input` below it",
    ("custom", "remediation"): "METADATA has no custom.remediation; write what the owner of the job should change",
    ("custom", "severity"): "METADATA has no custom.severity; it is one of low, medium, high, critical",
}
_TYPED = {"input": "schema.input"}
_SEE = "see docs/policies.md, What a rule is"
_BEGIN = re.compile(r"\s*#\s*METADATA", re.IGNORECASE)
_KEY = re.compile(r"\s*#\s*(\w+):(?:\s|$)")


@dataclass(frozen=True)
class _Block:
    """The comments below a `# METADATA`; rows count from 1."""

    positions: Positions
    row: int
    end: int
    content: Any
    broken: Diagnostic | None

    @property
    def given(self) -> Mapping[str, Any]:
        return self.content if isinstance(self.content, dict) else {}

    @property
    def custom(self) -> Mapping[str, Any]:
        custom = self.given.get("custom")
        return custom if isinstance(custom, dict) else {}

    def problem(self, path: KeyPath, text: str) -> Diagnostic:
        line, column = self.positions.at(path) if path else (self.row, 1)
        return Diagnostic(self.positions.file, max(line, self.row), column, text)


def metadata_problems(policies: Path, texts: Iterable[RegoText]) -> Iterator[Diagnostic]:
    """Yield the problems of the METADATA of the policies that ship, including what is missing in a rule's."""
    described: set[Path] = set()
    rules: dict[Path, RegoText] = {}
    for source in (source for source in texts if not source.is_test):
        rule = source.file.parent if source.file.match("guard/rules/*/*.rego") else None
        of_package = _package_row(source)
        for row in _rows(source):
            block = _block(policies, source, row)
            cut_off = [*_cut_off(source, block)] if row == of_package else []
            yield from cut_off or _problems(block, of_rule=rule is not None and row == of_package)
        if rule:
            rules.setdefault(rule, source)
            described |= {rule} if of_package else set()
    yield from (_absent(policies, source) for rule, source in rules.items() if rule not in described)


def _rows(source: RegoText) -> Iterator[int]:
    for row, line in enumerate(source.lines, 1):
        found = _BEGIN.match(line)
        if found and found[0].endswith("METADATA"):
            yield row


def _package_row(source: RegoText) -> int | None:
    """Return the row of the package's METADATA, the last block above the package."""
    return max((row for row in _rows(source) if row < source.first_row), default=None)


def _block(policies: Path, source: RegoText, row: int) -> _Block:
    end = next((i for i, line in enumerate(source.lines[row:], row) if not line.lstrip().startswith("#")), row)
    # The empty lines before it, and a space for each `#`, make positions in the YAML equal to those in the file.
    text = "\n" * row + "\n".join(line.replace("#", " ", 1) for line in source.lines[row:end])
    positions = Positions(policies / source.file, text)
    if positions.broken:
        return _Block(positions, row, end, None, positions.broken)
    try:
        return _Block(positions, row, end, yaml.load(text, LOADER), None)  # noqa: S506 (it is a safe one)
    except (yaml.YAMLError, ValueError) as exc:
        reason = f"METADATA has a value that YAML can't read ({getattr(exc, 'problem', exc)}); put it in quotes"
        return _Block(positions, row, end, None, Diagnostic(positions.file, row, 1, reason))


def _problems(block: _Block, *, of_rule: bool) -> Iterator[Diagnostic]:
    """Yield the problems of a block; a rule's key that is misspelt or misplaced isn't also reported as missing."""
    if block.broken:
        yield block.broken
        return
    if not isinstance(block.content, dict | None):
        yield block.problem((), f"METADATA has no keys; write `title: ...` and the others, {_SEE}")
        return
    meant: set[KeyPath] = set()
    for path, text, instead in [
        *_unknown(block, of_rule=of_rule),
        *_of_another_type(block),
        *(_untyped(block) if of_rule else ()),
    ]:
        meant.add(instead)
        yield block.problem(path, f"METADATA {text}")
    for path in _missing(block) if of_rule else ():
        if not meant & {path, path[:1]}:
            yield block.problem(path, _MUST[path])


def _unknown(block: _Block, *, of_rule: bool) -> Iterator[tuple[KeyPath, str, KeyPath]]:
    """Yield the path of each unknown key, the message and the key that was probably meant; `custom` is checked only for rules."""
    for key in block.given.keys() - _KEYS.keys():
        known = [*_KEYS, *_CUSTOM]
        text = hint(f"{key}: unknown key", str(key), known, f"known are {', '.join(_KEYS)}")
        near = text.rpartition("did you mean ")[2].removesuffix("?")
        if near in _CUSTOM:
            yield (
                (key,),
                f"{key}: must be under `custom:`; move it there{'' if key == near else f', as {near}'}",
                ("custom", near),
            )
        else:
            yield (key,), text, (near,)
    for key in block.custom.keys() - set(_CUSTOM) if of_rule else ():
        text = hint(f"custom.{key}: unknown key", str(key), list(_CUSTOM), f"known are {', '.join(_CUSTOM)}")
        yield ("custom", key), text, ("custom", text.rpartition("did you mean ")[2].removesuffix("?"))


def _of_another_type(block: _Block) -> Iterator[tuple[KeyPath, str, KeyPath]]:
    for key, (wanted, word) in _KEYS.items():
        value = block.given.get(key)
        if value is not None and not isinstance(value, wanted):
            what = ", each item on a line of its own after `- `" if wanted is list else ""
            yield (key,), f"{key}: must be {word}{what}", (key,)


def _untyped(block: _Block) -> Iterator[tuple[KeyPath, str, KeyPath]]:
    """Yield references to schemas that don't exist; OPA can't read these."""
    schemas = block.given.get("schemas")
    for index, entry in enumerate(schemas if isinstance(schemas, list) else []):
        if isinstance(entry, dict) and entry.keys() == _TYPED.keys() and entry != _TYPED:
            yield (
                ("schemas", index),
                f"schemas: there is no {entry['input']}; write `- input: schema.input`",
                ("schemas",),
            )


def _missing(block: _Block) -> list[KeyPath]:
    """Return the mandatory paths that are missing in a rule's METADATA."""
    absent = [path for path in _MUST if not _text_at(block, path)]
    schemas = block.given.get("schemas")
    untyped = isinstance(schemas, list) and schemas and _TYPED not in schemas
    return [*absent, *([("schemas",)] if untyped else [])]


def _text_at(block: _Block, path: KeyPath) -> str:
    value: Any = block.given
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return "" if value is None else str(value).strip().removeprefix("[]")


def _cut_off(source: RegoText, block: _Block) -> Iterator[Diagnostic]:
    rest = source.lines[block.end : source.first_row - 1]
    if any(line.strip() for line in rest):
        text = "an empty line ends the METADATA here; remove it, or begin it with #"
        yield Diagnostic(block.positions.file, block.end + 1, 1, text)


def _absent(policies: Path, source: RegoText) -> Diagnostic:
    above = source.lines[: source.first_row - 1]
    begun = [row for row, line in enumerate(above, 1) if _BEGIN.match(line)]
    keys = [
        row for row, line in enumerate(above, 1) if (key := _KEY.match(line)) and hint("", key[1], [*_KEYS], "") != "; "
    ]
    if begun:
        return Diagnostic(policies / source.file, begun[0], 1, "METADATA must be in capitals; write `# METADATA`")
    if keys:
        text = "the line `# METADATA` is missing; write it above this line"
        return Diagnostic(policies / source.file, keys[0], 1, text)
    return Diagnostic(
        policies / source.file, source.first_row, 1, f"the rule has no METADATA; write it above the package: {_SEE}"
    )
