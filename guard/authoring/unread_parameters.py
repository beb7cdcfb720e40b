"""Parameters that a rule declares and never reads: whoever gives one believes that it counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from guard.authoring.diagnostics import Diagnostic
from guard.authoring.facts import Node, imported, nodes_of
from guard.authoring.facts import Path as Reference
from guard.authoring.formats import OF_GLOBS
from guard.authoring.rules import Rule, formats_of


def unread_parameters(rules: Iterable[Rule], files: Mapping[Path, Node]) -> Iterator[Diagnostic]:
    """Yield the declared parameters that no file reads, a library's neither; `files` are the syntax trees of all.

    A rule that reads one which it doesn't declare has misspelt it, which is told elsewhere.
    """
    for rule in rules:
        read = {name for tree in files.values() for name in _read(rule, tree)}
        for name in sorted(rule.parameters.keys() - read) if read <= rule.parameters.keys() else ():
            yield Diagnostic(rule.file, rule.row, 1, _text(rule, name))


def _text(rule: Rule, name: str) -> str:
    view = "globs" if OF_GLOBS.intersection(formats_of(rule.parameters[name])) else "of"
    return (
        f"nothing in the rule reads the parameter {name}, so that its value in the configuration would change nothing; "
        f"read it as data.guard.parameters.{view}.{rule.rule_id}.{name}, or remove it from custom.parameters"
    )


def _read(rule: Rule, tree: Node) -> Iterator[str]:
    """Yield the names of the parameters that stand in a file."""
    known = imported(tree)
    for path in _references(tree, known):
        # Whatever stands before it: a missing or misspelt import is told by itself. A rule may be named like a fact.
        if rule.rule_id in path and path[0] != "input":
            yield from _names(rule, path[path.index(rule.rule_id) + 1 :])


def _names(rule: Rule, steps: Reference) -> Iterable[str]:
    """Return which parameters are read below a section; of one that isn't written out, all."""
    if steps[:1] == ("overrides",):
        steps = steps[2:]
    name = steps[0] if steps else None
    return rule.parameters if name is None else (name,)


def _references(tree: Node, known: Mapping[str, Reference]) -> Iterator[Reference]:
    """Yield what a file reads, as far as names are written out: what is worked out is None."""
    for node in nodes_of(tree.get("rules", [])):
        head, *steps = node["value"] if node.get("type") == "ref" else [node]
        if head.get("type") == "var":
            yield (
                *known.get(head["value"], ()),
                *(str(step["value"]) if step["type"] == "string" else None for step in steps),
            )
