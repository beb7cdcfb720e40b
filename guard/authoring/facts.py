"""Which facts of the document, and which of its parameters, a rule's expressions stand for: read from OPA's syntax tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from guard.document import Document

Node = Mapping[str, Any]
Path = tuple[str | None, ...]
"""A reference in full, from `input` or `data` on; None is any element of a list."""

PARAMETERS = ("data", "guard", "parameters")

MEMBER = "internal.member_2"
PAIR = "internal.member_3"
# An operator and its operands; with another number of them OPA refuses the call.
WITH_ONE, _WITH_TWO, _WITH_THREE = 2, 3, 4
# What `object.get` gives for a missing fact; of anything else the rule may ask whether it is that.
_NOTHING = ("null", "object")


def name_of(path: Path) -> str:
    """Return a fact or a parameter as a message names it."""
    shown = path[2:] if path[:3] == PARAMETERS else path
    return "".join(f".{step}" if step else "[_]" for step in shown)[1:]


def nodes_of(value: Any, without: str | None = None) -> Iterator[Node]:
    """Yield a part of the tree and every one in it; none that has a key, and nothing in that."""
    if isinstance(value, dict):
        if without in value:
            return
        yield value
    # By name, a body comes before the head and before the term of a comprehension, which use its names.
    inner = [value[key] for key in sorted(value)] if isinstance(value, dict) else value
    for each in inner if isinstance(inner, list) else ():
        yield from nodes_of(each, without)


def about_the_job(rule: Node) -> list[Node]:
    """Return the parts of a rule, but for expressions `with` another document: that may have anything."""
    return list(nodes_of(rule, without="with"))


def terms_of(node: Node) -> list[Node]:
    """Return operator and operands of an expression or a call; none of another node."""
    terms = node.get("value") if node.get("type") == "call" else node.get("terms")
    return terms if isinstance(terms, list) else []


def operator_of(terms: list[Node]) -> str:
    """Return the name of what an expression calls, with the dots that it is written with; none of another one."""
    value = terms[0]["value"] if terms else []
    return ".".join(str(part["value"]) for part in value) if isinstance(value, list) else ""


def imported(tree: Node) -> dict[str, Path]:
    """Return the names that a file begins with: of the documents, and of what it imports."""
    paths = [each["path"]["value"] for each in tree.get("imports", [])]
    names = [each.get("alias") or str(each["path"]["value"][-1]["value"]) for each in tree.get("imports", [])]
    return {"input": ("input",), "data": ("data",)} | {
        name: tuple(str(part["value"]) for part in path) for name, path in zip(names, paths, strict=True)
    }


def names_of(nodes: list[Node], known: Mapping[str, Path]) -> dict[str, Path]:
    """Return the names that stand for facts and parameters; not one that elsewhere in the rule stands for something else."""
    found: dict[str, Path | None] = {**known, **{name: None for node in nodes for name in _others(node)}}
    for name, term, is_element in (binding for node in nodes for binding in _bindings(node)):
        # In the order of the text: a name that the term uses has its meaning by now.
        path = path_of(term, found)
        path = (*path, None) if path is not None and is_element else path
        found[name] = path if found.get(name, path) == path else None
    return {name: path for name, path in found.items() if path is not None}


def _bindings(node: Node) -> Iterator[tuple[str, Node, bool]]:
    """Yield names with the terms that they stand for, or of which they are an element."""
    terms = node.get("terms")
    if isinstance(terms, dict) and "symbols" in terms:
        for *_, element, whole in (terms_of(symbol) for symbol in terms["symbols"] if symbol["type"] == "call"):
            if element["type"] == "var":
                yield element["value"], whole, True
    elif isinstance(terms, dict) and "domain" in terms:
        yield terms["value"]["value"], terms["domain"], True
    elif (sides := assigned(node)) and sides[0]["type"] == "var":
        yield sides[0]["value"], sides[1], False


def _others(node: Node) -> Iterator[str]:
    """Yield names that stand for something else: arguments, keys, names only declared, and parts of what is taken apart."""
    terms, patterns = node.get("terms"), list(node.get("args", []))
    if isinstance(terms, dict) and "symbols" in terms:
        for symbol in terms["symbols"]:
            # Operator, key if there is one, element and what it is in.
            given = terms_of(symbol)[1:-1] or [symbol]
            patterns += given if symbol["type"] != "call" or given[-1]["type"] != "var" else given[:-1]
    elif isinstance(terms, dict) and "domain" in terms:
        patterns += [terms["key"]] if terms.get("key") else []
    elif (sides := assigned(node)) and sides[0]["type"] != "var":
        patterns.append(sides[0])
    yield from (part["value"] for part in nodes_of(patterns) if part.get("type") == "var")


def assigned(node: Node) -> list[Node]:
    """Return both sides of an assignment, none of another node."""
    terms = terms_of(node)
    return terms[1:] if operator_of(terms) == "assign" and len(terms) == _WITH_TWO else []


def path_of(term: Node, names: Mapping[str, Path | None]) -> Path | None:
    """Return which fact a term is, None for something else."""
    if term["type"] == "var":
        return names.get(term["value"])
    if term["type"] == "call" and operator_of(term["value"]) == "object.get" and len(term["value"]) == _WITH_THREE:
        _, start, key, missing = term["value"]
        keys = key["value"] if key["type"] == "array" else [key]
        before = path_of(start, names) if missing["type"] in _NOTHING else None
        return None if before is None else (*before, *map(_step, keys))
    if term["type"] != "ref" or term["value"][0]["type"] != "var":
        return None
    head, *steps = term["value"]
    before = names.get(head["value"])
    return None if before is None else (*before, *map(_step, steps))


def _step(term: Node) -> str | None:
    return str(term["value"]) if term["type"] == "string" else None


@cache
def shapes_of(path: Path) -> list[Node]:
    """Return the schemas of what a fact can be; none of what is no fact."""
    return below(_schema(), path[1:], _schema()) if path[:1] == ("input",) else []


def is_map(shape: Node) -> bool:
    """Tell whether a value is an object with keys of its owner's choice."""
    return shape.get("type") == "object" and "properties" not in shape


def below(schema: Node, path: Path, root: Node) -> list[Node]:
    """Return the schemas of what may stand at a path of a value, each without a reference."""
    shapes = _alternatives(schema, root)
    for step in path:
        shapes = [inner for shape in shapes for inner in _inner(shape, step, root)]
    return shapes


def _inner(shape: Node, step: str | None, root: Node) -> list[Node]:
    if step is None and "prefixItems" in shape:
        return []
    named = shape.get("properties")
    inner = shape.get("items") if step is None else named.get(step) if isinstance(named, dict) else None
    return _alternatives(inner, root) if isinstance(inner, dict) else []


def _alternatives(shape: Any, root: Node) -> list[Node]:
    """Return what a value may be, each without a reference; a parameter's schema may be none, which is told elsewhere."""
    if not isinstance(shape, Mapping):
        return [{}]
    if "$ref" in shape:
        # Of a reference that leads elsewhere, anything.
        return _alternatives(root.get("$defs", {}).get(shape["$ref"].rsplit("/", 1)[-1]), root)
    choices = shape.get("anyOf")
    return [inner for one in choices for inner in _alternatives(one, root)] if isinstance(choices, list) else [shape]


@cache
def _schema() -> Node:
    return Document.model_json_schema(mode="serialization")
