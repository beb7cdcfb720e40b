"""Optional facts that the head of a finding reads although nothing in the rule checks that the document has them.

If such a fact is missing, the finding is undefined and is lost: the rule reports nothing about that job.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
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
from guard.authoring.reached import below_not, helper_name, reached_by

_AVAILABILITY = ("data", "guard", "lib", "availability")


def losing_references(tree: Node) -> Iterator[tuple[Node, str]]:
    """Yield the references in heads of a file's findings that may lose the finding, with what to write instead."""
    known = imported(tree)
    # Without the library availability: that a fact could be resolved doesn't mean that the job has it.
    own = {*rule_names(tree), *(name for name, path in known.items() if path != _AVAILABILITY)}
    rules = tree.get("rules", [])
    helpers = [rule for rule in rules if not _is_finding(rule)]
    for rule in (each for each in rules if _is_finding(each)):
        names = names_of(about_the_job(rule), known)
        read = [*_reads(list(nodes_of(rule.get("body", []))), names, own, {False})]
        reached = reached_by(rule, helpers)
        for helper in helpers:
            # A helper that the rule doesn't name may be reached in another way: its reads count, as outside of a `not`.
            read += _reads(about_the_job(helper), known, own, reached.get(helper_name(helper), {False}))
        for reference in _demanded(rule["head"]["key"]):
            path = path_of(reference, names) or ()
            gaps = (gap for gap in _gaps(path) if not any(_checks(each, gap) for each in read))
            if gap := next(gaps, None):
                yield reference, _advice(gap, path, reference)


def _is_finding(rule: Node) -> bool:
    return bool(rule["head"]["ref"][0]["value"] == "findings" and "key" in rule["head"])


def _demanded(term: Any) -> Iterator[Node]:
    """Yield the references that a term needs to be defined: none in comprehensions and template strings."""
    if isinstance(term, list):
        for each in term:
            yield from _demanded(each)
    elif isinstance(term, dict):
        if term.get("type") == "ref":
            yield term
        yield from _demanded(term.get("value"))


def _gaps(path: Path) -> Iterator[Path]:
    """Yield the optional parts of a fact's path: if one is missing, the fact is undefined."""
    for end in range(2, len(path)):
        shapes = shapes_of(path[:end])
        if any(shape.get("type") == "null" for shape in shapes):
            yield path[:end]
        if path[end] is not None and any(map(is_map, shapes)):
            yield path[: end + 1]


@dataclass(frozen=True)
class _Read:
    """A fact that an expression reads."""

    path: Path
    with_all_below: bool
    """Whether it is passed to a function of the rule or of a library, which may read anything below it."""
    negated: bool
    """Whether it is below a `not`, which is true if the fact is missing."""


def _reads(
    nodes: list[Node], names: Mapping[str, Path], own: Collection[str], negated: Collection[bool]
) -> list[_Read]:
    """Return the facts that a rule's expressions read, once for each way in which a finding reaches them.

    Assigning a fact to a name doesn't check whether it is null.
    """
    named = {id(side) for node in nodes if (sides := assigned(node)) and sides[0]["type"] == "var" for side in sides}
    below = below_not(nodes)
    reads = [(node, path, False) for node in nodes if id(node) not in named and (path := _path(node, names))]
    calls = [terms for node in nodes if (terms := terms_of(node)) and operator_of(terms).split(".")[0] in own]
    reads += [(each, path, True) for terms in calls for each in terms[1:] if (path := _path(each, names))]
    return [_Read(path, whole, (id(node) in below) != odd) for node, path, whole in reads for odd in negated]


def _path(node: Node, names: Mapping[str, Path]) -> Path | None:
    return path_of(node, names) if node.get("type") in ("ref", "var", "call") else None


def _checks(read: _Read, gap: Path) -> bool:
    """Whether a read fails where the optional part is missing, so that the rule doesn't get to its finding."""
    # A computed key, None in the path, may be any.
    same = all(one in (None, other) for one, other in zip(read.path, gap, strict=False))
    if read.negated and not read.with_all_below:
        # `not input.experiment == null` is a check; `not input.experiment.name == "x"` is true without an experiment.
        return same and len(read.path) == len(gap) and any(shape.get("type") == "null" for shape in shapes_of(gap))
    return same and (len(read.path) >= len(gap) or read.with_all_below)


def _advice(gap: Path, path: Path, reference: Node) -> str:
    name = reference["value"][0]["value"]
    steps = path[len(path) - len(reference["value"]) + 1 :]
    keys = ", ".join(f'"{step}"' for step in steps)
    instead = f'object.get({name}, [{keys}], "unknown")' if None not in steps else "object.get(...)"
    return (
        f"{name_of(gap)} may be missing; the finding is then undefined, and the rule reports nothing; "
        f"write {instead}, or check for it in the body"
    )
