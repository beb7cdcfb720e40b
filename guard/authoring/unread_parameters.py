"""Parameters that a rule declares but never reads, so that their value in the configuration has no effect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from guard.authoring.diagnostics import Diagnostic
from guard.authoring.facts import Node, imported, nodes_of
from guard.authoring.facts import Path as Reference
from guard.authoring.formats import OF_GLOBS
from guard.authoring.rules import Rule, formats_of


def unread_parameters(rules: Iterable[Rule], files: Mapping[Path, Node]) -> Iterator[Diagnostic]:
    """Yield the declared parameters that no file reads, including libraries; `files` are all syntax trees.

    Nothing is reported for a rule that reads undeclared parameters: it has misspelt them, which another check reports.
    """
    for rule in rules:
        read = {name for tree in files.values() for name in _read(rule, tree)}
        for name in sorted(rule.parameters.keys() - read) if read <= rule.parameters.keys() else ():
            yield Diagnostic(rule.file, rule.row, 1, _text(rule, name))


def _text(rule: Rule, name: str) -> str:
    view = "globs" if OF_GLOBS.intersection(formats_of(rule.parameters[name])) else "of"
    return (
        f"nothing in the rule reads the parameter {name}, so that its value in the configuration has no effect; "
        f"read it as data.guard.parameters.{view}.{rule.rule_id}.{name}, or remove it from custom.parameters"
    )


def _read(rule: Rule, tree: Node) -> Iterator[str]:
    """Yield the names of the rule's parameters that a file reads."""
    known = imported(tree)
    for path in _references(tree, known):
        # With any prefix: another check reports a missing or misspelt import. Not `input`: a rule may be named like a fact.
        if rule.rule_id in path and path[0] != "input":
            yield from _names(rule, path[path.index(rule.rule_id) + 1 :])


def _names(rule: Rule, steps: Reference) -> Iterable[str]:
    """Return the parameters that a path below the rule's section reads: all of them if the name is computed."""
    if steps[:1] == ("overrides",):
        steps = steps[2:]
    name = steps[0] if steps else None
    return rule.parameters if name is None else (name,)


def _references(tree: Node, known: Mapping[str, Reference]) -> Iterator[Reference]:
    """Yield the references of a file; None stands for a computed step."""
    for node in nodes_of(tree.get("rules", [])):
        head, *steps = node["value"] if node.get("type") == "ref" else [node]
        if head.get("type") == "var":
            yield (
                *known.get(head["value"], ()),
                *(str(step["value"]) if step["type"] == "string" else None for step in steps),
            )
