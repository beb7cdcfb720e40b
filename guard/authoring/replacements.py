"""Where a policy evaluates something `with` another document: what is undefined there makes the whole expression undefined."""

from __future__ import annotations

from collections.abc import Iterator

from guard.authoring.facts import Node, nodes_of

ADVICE = (
    "`with` is for tests: where what it puts in the place is undefined, so is the whole expression, also below a `not`, and "
    "the rule would report nothing; write a function, and call it with what it is to look at as an argument"
)


def replacing(tree: Node) -> Iterator[Node]:
    """Yield each `with` of a file."""
    for node in nodes_of(tree.get("rules", [])):
        yield from node.get("with", [])
