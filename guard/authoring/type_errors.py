"""Explain why a policy doesn't compile: what is undefined or of the wrong type, and what to write."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from guard.authoring.diagnostics import Diagnostic
from guard.authoring.layout import libraries
from guard.authoring.opa import CAPABILITIES, SCHEMAS, Opa
from guard.authoring.opa_errors import OpaError
from guard.authoring.opa_types import described, first_difference, listed
from guard.authoring.rego_text import RegoText, read_texts
from guard.authoring.wording import hint

# Words of other languages, and what to write in Rego.
_ELSEWHERE = {
    "False": "false",
    "None": "null",
    "True": "true",
    "endsWith": "endswith",
    "has": "x in xs",
    "int": "to_number",
    "isinstance": "type_name",
    "len": "count",
    "length": "count",
    "match": "regex.match",
    "nil": "null",
    "re.match": "regex.match",
    "size": "count",
    "startsWith": "startswith",
    "str": "sprintf",
    "toLower": "lower",
    "toUpper": "upper",
    "undefined": "null",
}
_METADATA = re.compile(r"(rego\.metadata\.(?:rule\(\)|chain\(\)\[\d+\]\.annotations))\.([\w.]+)")
_OF_PACKAGE = "rego.metadata.chain()[1].annotations"


@dataclass(frozen=True)
class _Policies:
    """The names that policies and OPA define."""

    opa: Opa
    root: Path

    @cached_property
    def texts(self) -> list[RegoText]:
        return read_texts(self.root)

    @cached_property
    def allowed(self) -> list[str]:
        """The built-ins that rules may call."""
        return _builtins((self.opa.folder / CAPABILITIES).read_text())

    @cached_property
    def forbidden(self) -> set[str]:
        return {*_builtins(self.opa.run("capabilities", "--current").out)} - {*self.allowed}

    @cached_property
    def facts(self) -> set[str]:
        """The top-level keys of every document."""
        return {*json.loads((self.opa.folder / SCHEMAS / "input.json").read_text())["properties"]}

    def library(self, name: str) -> str | None:
        """Return the package that an import would make available under this name; None if there is none."""
        return next((each for each in libraries(self.texts) if each.rpartition(".")[2] == name), None)

    def functions(self, package: str | None) -> list[str]:
        """Return the functions of a package."""
        texts = (source.text for source in self.texts if source.package == package)
        return sorted({name for text in texts for name in re.findall(r"^(?:default )?(\w+)\(", text, re.MULTILINE)})

    def source(self, file: Path) -> RegoText:
        return RegoText(file, (self.opa.folder / file).read_text())


Explain = Callable[[re.Match[str], OpaError, _Policies], str]


def type_problems(opa: Opa, policies: Path, errors: Iterable[OpaError]) -> list[Diagnostic]:
    """Return the errors of policies that OPA can parse as diagnostics; repeated messages in a file are reported once."""
    known = _Policies(opa, opa.folder / policies)
    problems: dict[tuple[Path, str], Diagnostic] = {}
    for error in errors:
        text = _explained(error, known)
        problems.setdefault((error.file, text), Diagnostic(error.file, *_place(error), text))
    return sorted(problems.values())


def _place(error: OpaError) -> tuple[int, int]:
    """Return the row and column of an error; for a second default OPA has the row only in the message."""
    named = re.findall(r" found at .*:(\d+)$", error.message)
    return (int(named[-1]), 1) if named else (error.row, error.column)


def _explained(error: OpaError, known: _Policies) -> str:
    for pattern, explain in _EXPLAIN:
        if found := re.match(pattern, error.message):
            return explain(found, error, known)
    return f"OPA rejects this: {error.message}"


def _unsafe(found: re.Match[str], error: OpaError, known: _Policies) -> str:
    name = found[1]
    package = known.library(name)
    lines = known.source(error.file).lines
    row = next((i for i, line in enumerate(lines, 1) if i >= error.row and re.match(rf"\s*{name} in ", line)), None)
    if row:
        return f"{name} is not defined; write `some {name} in ...` in line {row}"
    if name in known.facts:
        return f"{name} is not defined; write `input.{name}`" + (f", or add `import data.{package}`" if package else "")
    if package:
        return _import(package)
    if name in _ELSEWHERE:
        return f"there is no {name}; write `{_ELSEWHERE[name]}`"
    defining = f"write `{name} := ...` or `some {name} in ...`, or correct the spelling"
    near = difflib.get_close_matches(name, known.facts)
    return f"{name} is not defined; " + (f"did you mean input.{near[0]}?" if near else defining)


def _import(package: str) -> str:
    return f"an import is missing; write `import data.{package}` below the package"


def _no_function(found: re.Match[str], error: OpaError, known: _Policies) -> str:
    name = found[1]
    last = name.rpartition(".")[2]
    package = known.library(name.partition(".")[0])
    if package:
        return _import(package)
    if name.startswith("data."):
        return _no_function_of(name.removeprefix("data.").rpartition(".")[0], last, known)
    if name in known.forbidden:
        return f"a rule may not call {name}; see docs/policies.md, What a rule may not do"
    if name in _ELSEWHERE:
        return f"there is no function {name}; write {_ELSEWHERE[name]}"
    if last != name and last in known.allowed:
        return f"Rego has no methods; write `{last}({name.rpartition('.')[0]}, ...)`"
    own = known.functions(known.source(error.file).package)
    return hint(
        f"there is no function {name}", name, [*own, *known.allowed], "define it in this file, or import its library"
    )


def _no_function_of(package: str, name: str, known: _Policies) -> str:
    functions = known.functions(package)
    return hint(
        f"the package {package} has no function {name}", name, functions, f"it has {', '.join(functions) or 'none'}"
    )


def _no_field(found: re.Match[str], error: OpaError, _: _Policies) -> str:
    if read := _METADATA.match(found[1]):
        if read[1] == _OF_PACKAGE:
            return f"the METADATA of the package has no {read[2]}; write it there, or remove this"
        return f"{read[1]} is the METADATA of this value, not of the package; write {_OF_PACKAGE}.{read[2]}"
    parts = error.details.get("ref", [])
    position = int(error.details.get("pos", 0))
    around = _path(parts[:position])
    known = [str(each) for each in error.details.get("oneOf") or []]
    if not known:
        have = error.details.get("have")
        if have is None:
            return f"OPA rejects this: {error.message}"
        return f"{_path(parts[: position + 1])} is {described(have)}, not an object; use `some x in xs` for the items of a list"
    name = str(parts[position]["value"])
    what = "no document has" if around.startswith("input") else "there is no"
    return hint(f"{what} {around}.{name}", name, known, f"known in {around} are {', '.join(known)}")


def _path(parts: Iterable[Mapping[str, Any]]) -> str:
    text = ""
    for part in parts:
        name = str(part["value"])
        if part["type"] == "string":
            text += f".{name}"
        elif text:
            # `_` and computed keys have no name in the source: OPA has a generated one, or none.
            text += f"[{name}]" if re.fullmatch(r"(?!__local)\w+", name) else "[_]"
        else:
            text = name
    return text


def _arguments(found: re.Match[str], error: OpaError, _: _Policies) -> str:
    wanted, given = error.details.get("want", {}).get("args", []), error.details.get("have", [])
    name, mistyped = found[1], "invalid" in error.message
    if mistyped:
        # The last one is the result, whose type is unknown.
        given = given[:-1] if given[-1:] == [None] else given
        wanted = wanted[: len(given)]
    if name in ("plus", "minus", "mul", "div", "rem"):
        return f"+, -, * and / take numbers, not {listed(given)}; build text with sprintf"
    if name == "sprintf":
        return 'sprintf takes a text and a list of values, one for each %; write sprintf("... %s ...", [value])'
    return f"{name} takes {listed(wanted)}, not {listed(given) if mistyped else 'fewer or more arguments'}"


def _unequal(_: re.Match[str], error: OpaError, __: _Policies) -> str:
    place, left, right = first_difference(error.details.get("a"), error.details.get("b"))
    first, second = (f"{place} of one side", "that of the other") if place else ("one side", "the other")
    return f"these can never be equal: {first} is {described(left)}; {second} is {described(right)}"


def _recursive(_: re.Match[str], error: OpaError, __: _Policies) -> str:
    names = sorted({*re.findall(r"data\.[\w.]+\.(\w+)", error.message)})
    return f"these depend on each other: {', '.join(names)}; remove one of the references"


def _defaults(found: re.Match[str], _: OpaError, __: _Policies) -> str:
    rows = re.findall(r":(\d+)", found[2])
    return f"{found[1].rpartition('.')[2]} has several defaults, in lines {' and '.join(rows)}; keep one"


def _always(text: str) -> Explain:
    return lambda found, _, __: text.format(*found.groups())


_SHADOW = "{0} is reserved; choose another name"
_EXPLAIN: tuple[tuple[str, Explain], ...] = (
    (r"error limit reached", _always("there are more errors; fix these first")),
    (r"var (\S+) is unsafe", _unsafe),
    (r"undefined function (\S+)", _no_function),
    (r"undefined ref: (.+)", _no_field),
    (r"(\S+): (?:arity mismatch|too many arguments|too few arguments|invalid argument)", _arguments),
    (r"function (?:data\.)?(\S+ has arity \d+, got \d+ arguments?)", _always("the function {0}; pass as many as it takes")),
    (r"match error", _unequal),
    (r"import (\S+) unused", _always("the import {0} is not used; remove it")),
    (r"import must not shadow import (\S+)", _always("{0} is imported twice; remove one of the imports")),
    (r"(?:assigned )?var (input|data) (?:unused|referenced above)", _always(_SHADOW)),
    (r"assigned var (\S+) unused", _always("{0} is never used; use it, or remove it")),
    (r"declared var (\S+) unused", _always("{0} is never used; use it, or remove it")),
    (r"unused argument (\S+?)\.?(?: \(|$)", _always("the argument {0} is not used; use it, or call it _")),
    (r"(?:variables|rules) must not shadow (\S+)", _always(_SHADOW)),
    (r"var (\S+) (?:declared|assigned|referenced) above", _always("{0} is already defined; compare with `==`, or rename this")),
    (r"cannot assign to (?:ref|\S+)", _always("`:=` only defines new names; compare with `==`")),
    (r"rule \S+ is recursive", _recursive),
    (r"multiple default rules (\S+) found at (.*)", _defaults),
    (r"conflicting rules data\.(?:\w+\.)*(\w+) found", _always("{0} is both a set and a value here; choose another name")),
)  # fmt: skip


def _builtins(capabilities: str) -> list[str]:
    return sorted(str(each["name"]) for each in json.loads(capabilities)["builtins"])
