"""Resolve a rule's expressions to facts of the document and to the rule's parameters, from OPA's syntax tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from guard.document import Document

Node = Mapping[str, Any]
Path = tuple[str | None, ...]
"""A full reference from `input` or `data`; None is any element of a list."""

PARAMETERS = ("data", "guard", "parameters")

MEMBER = "internal.member_2"
PAIR = "internal.member_3"
# Lengths of a call's terms: the operator and its operands. OPA rejects calls with another number of operands.
WITH_ONE, _WITH_TWO, _WITH_THREE = 2, 3, 4
# Types of the default in `object.get` with which the result still stands for the fact. A rule may compare the result with any
# other default to find out whether the fact is missing.
_NOTHING = ("null", "object")


def name_of(path: Path) -> str:
    """Return the name of a fact or a parameter, as messages show it."""
    shown = path[2:] if path[:3] == PARAMETERS else path
    return "".join(f".{step}" if step else "[_]" for step in shown)[1:]


def nodes_of(value: Any, without: str | None = None) -> Iterator[Node]:
    """Yield a part of the tree and all parts in it; parts with the key `without` are skipped with all that is in them."""
    if isinstance(value, dict):
        if without in value:
            return
        yield value
    # Sorted by name, a body comes before the head or the term of a comprehension, which use the names that it defines.
    inner = [value[key] for key in sorted(value)] if isinstance(value, dict) else value
    for each in inner if isinstance(inner, list) else ():
        yield from nodes_of(each, without)


def about_the_job(rule: Node) -> list[Node]:
    """Return the parts of a rule without expressions that have a `with`: the document that they see may have anything."""
    return list(nodes_of(rule, without="with"))


def terms_of(node: Node) -> list[Node]:
    """Return the operator and operands of an expression or a call; an empty list for other nodes."""
    terms = node.get("value") if node.get("type") == "call" else node.get("terms")
    return terms if isinstance(terms, list) else []


def operator_of(terms: list[Node]) -> str:
    """Return the dotted name of the function or operator that the terms call; empty if they aren't a call."""
    value = terms[0]["value"] if terms else []
    return ".".join(str(part["value"]) for part in value) if isinstance(value, list) else ""


def imported(tree: Node) -> dict[str, Path]:
    """Return the names that are known in a whole file: `input`, `data` and its imports, with their paths."""
    paths = [each["path"]["value"] for each in tree.get("imports", [])]
    names = [each.get("alias") or str(each["path"]["value"][-1]["value"]) for each in tree.get("imports", [])]
    return {"input": ("input",), "data": ("data",)} | {
        name: tuple(str(part["value"]) for part in path) for name, path in zip(names, paths, strict=True)
    }


def names_of(nodes: list[Node], known: Mapping[str, Path]) -> dict[str, Path]:
    """Return the names that stand for facts or parameters, except names that have another meaning elsewhere in the rule."""
    found: dict[str, Path | None] = {**known, **{name: None for node in nodes for name in _others(node)}}
    for name, term, is_element in (binding for node in nodes for binding in _bindings(node)):
        # Bindings come in the order of the text, so that the names in the term are resolved already.
        path = path_of(term, found)
        path = (*path, None) if path is not None and is_element else path
        found[name] = path if found.get(name, path) == path else None
    return {name: path for name, path in found.items() if path is not None}


def _bindings(node: Node) -> Iterator[tuple[str, Node, bool]]:
    """Yield names, each with the term that it stands for and whether it stands for an element of that term."""
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
    """Yield names that stand for other values: arguments, keys, names that are only declared, and parts of patterns."""
    terms, patterns = node.get("terms"), list(node.get("args", []))
    if isinstance(terms, dict) and "symbols" in terms:
        for symbol in terms["symbols"]:
            # The terms are the operator, an optional key, the element and the collection.
            given = terms_of(symbol)[1:-1] or [symbol]
            patterns += given if symbol["type"] != "call" or given[-1]["type"] != "var" else given[:-1]
    elif isinstance(terms, dict) and "domain" in terms:
        patterns += [terms["key"]] if terms.get("key") else []
    elif (sides := assigned(node)) and sides[0]["type"] != "var":
        patterns.append(sides[0])
    yield from (part["value"] for part in nodes_of(patterns) if part.get("type") == "var")


def assigned(node: Node) -> list[Node]:
    """Return both sides of an assignment; an empty list for other nodes."""
    terms = terms_of(node)
    return terms[1:] if operator_of(terms) == "assign" and len(terms) == _WITH_TWO else []


def path_of(term: Node, names: Mapping[str, Path | None]) -> Path | None:
    """Return the path of the fact or parameter that a term stands for; None for other terms."""
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
    """Return the schemas that a fact's values may have; an empty list if the path isn't a fact."""
    return below(_schema(), path[1:], _schema()) if path[:1] == ("input",) else []


def is_map(shape: Node) -> bool:
    """Return whether a schema is that of an object with arbitrary keys."""
    return shape.get("type") == "object" and "properties" not in shape


def below(schema: Node, path: Path, root: Node) -> list[Node]:
    """Return the schemas that values at a path may have, with references resolved."""
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
    """Return the alternatives of a schema, with references resolved; an invalid schema, reported elsewhere, allows anything."""
    if not isinstance(shape, Mapping):
        return [{}]
    if "$ref" in shape:
        # A reference to a definition that isn't there allows anything.
        return _alternatives(root.get("$defs", {}).get(shape["$ref"].rsplit("/", 1)[-1]), root)
    choices = shape.get("anyOf")
    return [inner for one in choices for inner in _alternatives(one, root)] if isinstance(choices, list) else [shape]


@cache
def _schema() -> Node:
    return Document.model_json_schema(mode="serialization")
