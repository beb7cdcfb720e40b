"""Find each `with` in policies: if the value that it sets is undefined, the whole expression is undefined."""

from __future__ import annotations

from collections.abc import Iterator

from guard.authoring.facts import Node, nodes_of

ADVICE = (
    "`with` is for tests: if the value that it sets is undefined, so is the whole expression, even below a `not`, and the rule "
    "reports nothing; write a function, and pass the value as an argument"
)


def with_modifiers(tree: Node) -> Iterator[Node]:
    """Yield each `with` of a file."""
    for node in nodes_of(tree.get("rules", [])):
        yield from node.get("with", [])
