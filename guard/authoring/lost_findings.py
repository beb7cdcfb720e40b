"""Facts that the head of a finding reads though a document need not have them, and nothing in the rule asks whether it has.

Where one is missing, the finding is undefined, and so there is none: the rule reports nothing about just that job.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from guard.authoring.facts import (
    Node,
    Path,
    about_the_job,
    assigned,
    imported,
    is_map,
    name_of,
    names_of,
    nodes_of,
    operator_of,
    path_of,
    shapes_of,
    terms_of,
)
from guard.authoring.negation import rule_names


def losing(tree: Node) -> Iterator[tuple[Node, str]]:
    """Yield the references in heads of a file's findings that lose the finding of some job, and what to write."""
    known = imported(tree)
    own = {*rule_names(tree), *known}
    rules = tree.get("rules", [])
    helpers = [rule for rule in rules if not _is_finding(rule)]
    asked = [path for rule in helpers for path in _asked(about_the_job(rule), known, own)]
    for rule in (each for each in rules if _is_finding(each)):
        names = names_of(about_the_job(rule), known)
        read = [*asked, *_asked(list(nodes_of(rule.get("body", []))), names, own)]
        for reference in _demanded(rule["head"]["key"]):
            path = path_of(reference, names) or ()
            gaps = (gap for gap in _gaps(path) if not any(_is_asked(gap, each) for each in read))
            if gap := next(gaps, None):
                yield reference, _advice(gap, path, reference)


def _is_finding(rule: Node) -> bool:
    return bool(rule["head"]["ref"][0]["value"] == "findings" and "key" in rule["head"])


def _demanded(term: Any) -> Iterator[Node]:
    """Yield the references of a term without which it is undefined: none in comprehensions and template strings."""
    if isinstance(term, list):
        for each in term:
            yield from _demanded(each)
    elif isinstance(term, dict):
        if term.get("type") == "ref":
            yield term
        yield from _demanded(term.get("value"))


def _gaps(path: Path) -> Iterator[Path]:
    """Yield the parts of a fact's path that a document need not have, without which nothing stands behind them."""
    for end in range(2, len(path)):
        shapes = shapes_of(path[:end])
        if any(shape.get("type") == "null" for shape in shapes):
            yield path[:end]
        if path[end] is not None and any(map(is_map, shapes)):
            yield path[: end + 1]


def _asked(nodes: list[Node], names: Mapping[str, Path], own: Collection[str]) -> list[tuple[Path, bool]]:
    """Return the facts that a rule's expressions read, and whether a function of its own or a library's has all that is below.

    A name for a fact doesn't ask whether it is null.
    """
    named = {id(side) for node in nodes if (sides := assigned(node)) and sides[0]["type"] == "var" for side in sides}
    paths = [(path, False) for node in nodes if id(node) not in named and (path := _path(node, names))]
    calls = [terms for node in nodes if (terms := terms_of(node)) and operator_of(terms).split(".")[0] in own]
    return paths + [(path, True) for terms in calls for each in terms[1:] if (path := _path(each, names))]


def _path(node: Node, names: Mapping[str, Path]) -> Path | None:
    return path_of(node, names) if node.get("type") in ("ref", "var", "call") else None


def _is_asked(gap: Path, asked: tuple[Path, bool]) -> bool:
    path, with_all_below = asked
    # What has a name that is worked out may be any.
    same = all(one in (None, other) for one, other in zip(path, gap, strict=False))
    return same and (len(path) >= len(gap) or with_all_below)


def _advice(gap: Path, path: Path, reference: Node) -> str:
    name = reference["value"][0]["value"]
    steps = path[len(path) - len(reference["value"]) + 1 :]
    keys = ", ".join(f'"{step}"' for step in steps)
    instead = f'object.get({name}, [{keys}], "unknown")' if None not in steps else "object.get(...)"
    return (
        f"{name_of(gap)} may be missing, and the rule then reports nothing: a finding with something undefined is none; "
        f"write {instead}, or ask for it in the body"
    )
