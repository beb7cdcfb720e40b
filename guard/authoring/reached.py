"""Find the helpers of a rule that a finding uses, and whether below a `not`, which is true if the helper is undefined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from guard.authoring.facts import Node, about_the_job


def helper_name(rule: Node) -> str:
    """Return the name of a rule or function."""
    return str(rule["head"]["ref"][0]["value"])


def reached_by(finding: Node, helpers: Iterable[Node]) -> dict[str, set[bool]]:
    """Return the names of helpers that a finding uses, directly or through other helpers, each with its polarities.

    A polarity is True if the way to the helper leads through an odd number of `not`.
    """
    of_name: dict[str, list[Node]] = {}
    for helper in helpers:
        of_name.setdefault(helper_name(helper), []).append(helper)
    reached: dict[str, set[bool]] = {}
    waiting = [(finding, False)]
    while waiting:
        rule, odd = waiting.pop()
        for name, denied in _named(rule, of_name.keys()):
            ways = reached.setdefault(name, set())
            if (way := odd != denied) not in ways:
                ways.add(way)
                waiting += [(helper, way) for helper in of_name[name]]
    return reached


def negated_by(node: Node) -> list[Node]:
    """Return the expressions that a node negates; with `import future.keywords.not`, a `not` has a body."""
    terms = node.get("terms")
    if isinstance(terms, dict) and terms.get("type") == "not":
        return list(terms["body"])
    return [node] if node.get("negated") else []


def below_not(nodes: Iterable[Node]) -> set[int]:
    """Return the ids of the nodes, and of their parts, that are below an odd number of `not`."""
    counted: dict[int, int] = {}
    for node in nodes:
        for negated in negated_by(node):
            for part in _parts(negated):
                counted[part] = counted.get(part, 0) + 1
    return {part for part, times in counted.items() if times % 2}


def _named(rule: Node, names: Iterable[str]) -> Iterator[tuple[str, bool]]:
    nodes = about_the_job(rule)
    below = below_not(nodes)
    for node in nodes:
        if node.get("type") == "var" and node["value"] in names:
            yield str(node["value"]), id(node) in below


def _parts(value: Any) -> Iterator[int]:
    if isinstance(value, dict):
        yield id(value)
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _parts(each)
