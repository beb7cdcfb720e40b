"""Facts that a rule uses as a condition although they always hold: every document has them, and null counts as true.

`not input.network.vpc` reads as "without a VPC" but is never true for a complete document. Tests of a rule that leave the fact
out pass nevertheless.
"""

from __future__ import annotations

from collections.abc import Iterator

from guard.authoring.facts import Node, Path, about_the_job, imported, name_of, names_of, path_of, shapes_of
from guard.authoring.reached import negated_by


def constant_conditions(tree: Node) -> Iterator[tuple[Node, str]]:
    """Yield the facts of a file that are a condition by themselves although they always hold, with the message."""
    known = imported(tree)
    for rule in tree.get("rules", []):
        nodes = about_the_job(rule)
        names = names_of(nodes, known)
        negated = {id(expression) for node in nodes for expression in negated_by(node)}
        written = {id(part) for node in nodes for part in _written(node)}
        for node in (each for each in nodes if id(each) not in written):
            term = node.get("terms")
            if isinstance(term, dict) and term.get("type") in ("ref", "var"):
                path = path_of(term, names)
                if path and _always_holds(path, written=len(term["value"]) - 1 if term["type"] == "ref" else 0):
                    yield term, _advice(path, negated=id(node) in negated)


def _written(node: Node) -> list[Node]:
    """Return the parts of a template string: they are values, not conditions."""
    return list(node["value"]["parts"]) if node.get("type") == "templatestring" else []


def _always_holds(path: Path, written: int) -> bool:
    """Return whether a fact is always defined and not false; `written` is the number of steps after the name in the text."""
    types = _types(path)
    if not types or "boolean" in types or None in path[len(path) - written :]:
        return False
    # A name is only bound to a defined value. Every further step is undefined where the value before it is null.
    return all("null" not in _types(path[:end]) for end in range(len(path) - written, len(path)))


def _types(path: Path) -> set[str]:
    return {str(shape.get("type")) for shape in shapes_of(path)}


def _advice(path: Path, *, negated: bool) -> str:
    name, types = name_of(path), _types(path)
    holds = f"`not {name}` never holds" if negated else f"{name} holds for every job"
    if "null" in types:
        why, write = (
            "a fact that is unknown or not set is null, and null counts as true",
            f"{name} {'==' if negated else '!='} null",
        )
    elif types == {"array"}:
        why, write = "a list counts as true, even an empty one", f"count({name}) {'==' if negated else '>'} 0"
    else:
        why, write = "every document has it", "a comparison with the expected value"
    return f"{holds}: {why}; write {write}"
