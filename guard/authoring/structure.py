"""Check what rules read and export, in OPA's syntax trees.

Comments in a policy, such as a linter's directives, don't turn off these checks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guard.authoring import comparisons, exports, lost_findings, negation, replacements, truths
from guard.authoring.diagnostics import Diagnostic
from guard.authoring.formats import OF_GLOBS
from guard.authoring.layout import data_files
from guard.authoring.opa import Opa
from guard.authoring.rego_text import read_texts
from guard.authoring.rules import Rule, formats_of
from guard.authoring.unread_parameters import unread_parameters
from guard.authoring.wording import hint

_TREES = "{file: rego.parse_module(file, text) | some file, text in input}"
_FIELDS = ["message", "details"]
_V1 = ("rego", "v1")
_LIBRARIES = ("data", "guard", "lib")
_RULES = ("data", "guard", "rules")
_SETTINGS = ("data", "guard", "settings")
_PARAMETERS = ("data", "guard", "parameters")

Segments = tuple[str | None, ...]
Node = Mapping[str, Any]


@dataclass(frozen=True)
class _Module:
    """One file that ships, and its rule; None for other policies, such as libraries."""

    tree: Node
    rule: Rule | None
    exports: exports.Values

    @property
    def package(self) -> Segments:
        return _segments(self.tree["package"]["path"])


def structure_problems(opa: Opa, policies: Path, rules: Iterable[Rule]) -> list[Diagnostic]:
    """Return the problems of files, references and exports in a bundle folder; OPA must be able to read it."""
    known = {rule.rule_id: rule for rule in rules}
    root = opa.folder / policies
    problems = [*data_files(policies, root)]
    problems += [
        Diagnostic(rule.file, 1, 1, f"the rule has no test; write {_test_of(rule)}")
        for rule in known.values()
        if not (opa.folder / _test_of(rule)).is_file()
    ]
    exported: dict[str, set[str]] = {}
    trees = _trees(opa, root)
    names = _names(trees.values())
    values = exports.evaluated(opa, policies, known.values())
    for file, tree in trees.items():
        path = _segments(tree["package"]["path"])
        problems += _references(opa, policies / file, tree, known, values)
        problems += _silences(opa, policies / file, tree, names[path])
        exported.setdefault(str(path[-1]), set()).update(exports.exported(tree))
    problems += unread_parameters(known.values(), {policies / file: tree for file, tree in trees.items()})
    problems += [
        Diagnostic(rule.file, rule.row, 1, f"the rule has no {missing}; see docs/policies.md, What a rule is")
        for rule in known.values()
        for missing in sorted(exports.mandatory(rule) - exported.get(rule.rule_id, set()))
    ]
    return problems


def _test_of(rule: Rule) -> Path:
    return rule.file.parent / f"{rule.rule_id}_test.rego"


def _trees(opa: Opa, root: Path) -> dict[str, Node]:
    # Without tests: they may read anything, and are longer than the policies.
    texts = {str(source.file): source.text for source in read_texts(root) if not source.is_test}
    trees: dict[str, Node] = opa.json(
        "eval", "--strict-builtin-errors", "--format", "raw", "--stdin-input", _TREES, given=json.dumps(texts)
    )
    return trees


def _references(
    opa: Opa, file: Path, tree: Node, rules: Mapping[str, Rule], values: Mapping[str, exports.Values]
) -> list[Diagnostic]:
    package = _segments(tree["package"]["path"])
    if package[2] in ("main", "plan"):
        return []
    rule = rules.get(str(package[3])) if package[2] == "rules" else None
    given = values.get(rule.rule_id, {}) if rule else {}
    if not any(_forbidden(_Module(tree, rule, given))):
        return []
    # `opa parse` is slower, but has positions. In a set, because a tree has some parts twice.
    placed = _Module(opa.parse(file), rule, given)
    return sorted(
        {Diagnostic(file, node["location"]["row"], node["location"]["col"], text) for node, text in _forbidden(placed)}
    )


def _names(trees: Iterable[Node]) -> dict[Segments, set[str]]:
    names: dict[Segments, set[str]] = {}
    for tree in trees:
        names.setdefault(_segments(tree["package"]["path"]), set()).update(negation.rule_names(tree))
    return names


def _silences(opa: Opa, file: Path, tree: Node, names: set[str]) -> list[Diagnostic]:
    """Return the expressions of a file, in any package, that may be undefined where they should be true."""
    if not any(_silent(tree, names)):
        return []
    places = {
        (node["location"]["row"], node["location"]["col"], text) for node, text in _silent(opa.parse(file), names)
    }
    return [Diagnostic(file, *place) for place in sorted(places)]


def _silent(tree: Node, names: set[str]) -> Iterator[tuple[Node, str]]:
    yield from ((node, negation.ADVICE) for node in negation.partial_negations(tree, names))
    yield from ((node, replacements.ADVICE) for node in replacements.with_modifiers(tree))


def _forbidden(module: _Module) -> Iterator[tuple[Node, str]]:
    aliases: dict[str, Segments] = {}
    for imported in module.tree.get("imports", []):
        path = _segments(imported["path"]["value"])
        if path == negation.IMPORT:
            continue
        aliases[imported.get("alias") or str(path[-1])] = path
        if path == _V1:
            yield imported["path"], "all policies are in this version of Rego; remove the import"
        elif not _is_shorthand(module, path) and (text := _refusal(module, path)):
            yield imported["path"], text
    for node, path in _read(module.tree.get("rules", []), aliases):
        if text := _refusal(module, path):
            yield node, text
    if module.rule:
        yield from _misnamed(module.tree)
        yield from exports.unread(module.tree)
        yield from exports.contradictions(module.tree, module.rule, module.exports)
        yield from comparisons.impossible(module.tree, module.rule.parameters)
        yield from truths.constant_conditions(module.tree)
        yield from lost_findings.losing_references(module.tree)


def _misnamed(tree: Node) -> Iterator[tuple[Node, str]]:
    """Yield the fields that a finding can't have; only the trial sees those of findings that aren't literals in the head."""
    heads = (rule["head"] for rule in tree.get("rules", []))
    findings = [head["key"] for head in heads if head["ref"][0]["value"] == "findings" and "key" in head]
    for key in (key for finding in findings if finding["type"] == "object" for key, _ in finding["value"]):
        name = str(key["value"])
        if name not in _FIELDS:
            text = f"a finding has the fields message and details, not {name}"
            yield key, hint(text, name, _FIELDS, "write it below details")


def _read(value: Any, aliases: Mapping[str, Segments]) -> Iterator[tuple[Node, Segments]]:
    """Yield the nodes of a tree that read documents, with their full references."""
    if isinstance(value, dict):
        kind = value.get("type")
        if kind == "ref":
            yield from _read_reference(value, aliases)
        elif kind == "var" and value["value"] in aliases:
            yield value, aliases[value["value"]]
    for inner in _inner(value):
        yield from _read(inner, aliases)


def _inner(value: Any) -> Iterable[Any]:
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        return ()
    # The first part of a reference is a name. The other parts may be expressions in brackets, which are read.
    parts = value.get("ref", []) if value.get("type") != "ref" else value["value"]
    return [*parts[1:], *(value[key] for key in value.keys() - {"location", "ref", "value"}), *_value(value)]


def _value(value: Node) -> list[Any]:
    return [value["value"]] if "value" in value and value.get("type") != "ref" else []


def _read_reference(value: Node, aliases: Mapping[str, Segments]) -> Iterator[tuple[Node, Segments]]:
    head, path = value["value"][0], _segments(value["value"])
    if head["type"] != "var":
        yield from _read(head, aliases)
    elif head["value"] in ("data", "input"):
        yield value, path
    elif head["value"] in aliases:
        yield value, (*aliases[head["value"]], *path[1:])


def _is_shorthand(module: _Module, path: Segments) -> bool:
    """Return whether an import only abbreviates a rule's parameters; references through it are checked where they are."""
    return module.rule is not None and path in (
        _PARAMETERS,
        *((*_PARAMETERS, view) for view in ("of", "globs", "changed")),
        *((*_PARAMETERS, view, module.rule.rule_id) for view in ("of", "globs", "changed")),
    )


def _refusal(module: _Module, path: Segments) -> str | None:
    if path[:3] == _LIBRARIES:
        return None
    name = _name(path)
    if module.package[2] not in ("rules", "lib"):
        return _rules_refusal(path, name)
    if module.rule is None:
        return f"a library reads only its arguments and other libraries, not {name}; take it as an argument"
    if path[0] == "input" or path[: len(module.package)] == module.package:
        return None
    if path[:3] == _SETTINGS:
        return None
    if path[:3] == _PARAMETERS:
        return _parameter_refusal(module.rule, path)
    own = ("data", "guard", "config", "rules", module.rule.rule_id)
    if path[: len(own)] == own:
        return _section_refusal(module.rule, path[len(own) :])
    return (
        "a rule reads only input, data.guard.lib, data.guard.settings and its parameters, "
        f"data.guard.parameters.of.{module.rule.rule_id}, not {name}"
    )


def _rules_refusal(path: Segments, name: str) -> str | None:
    """Return the message if a policy other than guard/main and guard/plan reads rules: a bundle only has those that are on."""
    if all(step in (wanted, None) for step, wanted in zip(path, _RULES, strict=False)):
        return f"only guard/main and guard/plan may read rules, here {name}; move code that both need to a library"
    return None


def _parameter_refusal(rule: Rule, path: Segments) -> str | None:
    """Return the message for an invalid reference below data.guard.parameters; None for a valid one."""
    view, rule_id, parameter = (*path[3:6], None, None, None)[:3]
    if view not in ("of", "globs", "changed") or rule_id != rule.rule_id or parameter is None:
        return (
            f"name the parameter that is read: data.guard.parameters.of.{rule.rule_id}.<parameter>, not {_name(path)}"
        )
    if parameter not in rule.parameters:
        return _undeclared(rule, parameter)
    if view != "changed" and parameter in rule.in_place:
        return f"custom.in_place has {parameter}, so only its keys can be read: {_place(rule, parameter)}"
    right = _view(rule, parameter)
    if view not in ("changed", right):
        what = "has globs, where {account} stands for the job's account" if right == "globs" else "has no globs"
        return f"{parameter} {what}; read it as data.guard.parameters.{right}.{rule.rule_id}.{parameter}"
    return None


def _section_refusal(rule: Rule, path: Segments) -> str | None:
    """Return the message for an invalid reference into the rule's own section, which may only look up a key of a mapping."""
    if path[:1] == ("overrides",):
        path = path[2:]
    parameter = path[0] if path else None
    if parameter is None:
        return f"name the parameter that is read: data.guard.parameters.of.{rule.rule_id}.<parameter>"
    if parameter not in rule.parameters:
        return _undeclared(rule, parameter)
    if len(path) > 1 and rule.parameters[parameter].get("type") == "object":
        if parameter in rule.in_place:
            return None
        return f"list {parameter} in custom.in_place of the METADATA, and export `in_place`: see docs/policies.md, What a rule is"
    view = _view(rule, parameter)
    return (
        f"overrides have no effect here; read the parameter as data.guard.parameters.{view}.{rule.rule_id}.{parameter}"
    )


def _place(rule: Rule, parameter: str) -> str:
    return f"data.guard.config.rules.{rule.rule_id}.{parameter}[key]"


def _view(rule: Rule, parameter: str) -> str:
    return "globs" if OF_GLOBS.intersection(formats_of(rule.parameters[parameter])) else "of"


def _undeclared(rule: Rule, parameter: str) -> str:
    text = f"the rule has no parameter {parameter} in its METADATA, so it can't be set"
    return hint(text, parameter, sorted(rule.parameters), "declare it in custom.parameters")


def _name(path: Segments) -> str:
    return ".".join(part or "[...]" for part in path)


def _segments(path: Iterable[Node]) -> Segments:
    """Return a reference as names; None for a variable, which stands for any name."""
    first, *rest = path
    names = (str(part["value"]) if part["type"] == "string" else None for part in rest)
    return (str(first["value"]) if first["type"] == "var" else None, *names)
