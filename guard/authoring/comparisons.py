"""Comparisons of a rule that decide nothing: of a fact with a word that it never is, or by order with another type.

OPA's types know that a fact is text, not which, and OPA orders anything: every text is greater than every number.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from guard.authoring.explain import TYPE_NAMES, hint
from guard.document import Document
from guard.jobs import JOB_KINDS

Node = Mapping[str, Any]
Path = tuple[str | None, ...]
"""Names below `input`; None is any element of a list."""

_EQUALITIES = {"eq", "equal", "neq"}
_ORDERS = {"gt", "gte", "lt", "lte"}
_LITERALS = ("string", "number")
_MEMBER, _PAIR = "internal.member_2", "internal.member_3"
# What `object.get` gives for a missing fact; of anything else the rule may ask whether it is that.
_NOTHING = ("null", "object")
_KIND = ("job", "kind")


def impossible(tree: Node) -> Iterator[tuple[Node, str]]:
    """Yield the words and numbers of a file that the fact beside them never is or is of another type, and what is wrong.

    Facts are references to `input`, also through `some`, `every`, `:=` and `object.get`; not what a function is given.
    """
    for rule in tree.get("rules", []):
        nodes = list(_nodes(rule))
        names = _bound(nodes)
        for terms in map(_terms, nodes):
            yield from _told(_compared(terms, names), _never)
            yield from _told(_ordered(terms, names), _of_another_type)


def _told(
    compared: Iterable[tuple[Path, Node]], wrong: Callable[[Path, Any], str | None]
) -> Iterator[tuple[Node, str]]:
    for path, literal in compared:
        if text := wrong(path, literal["value"]):
            yield literal, text


def _never(path: Path, word: str) -> str | None:
    known = _words(path)
    if not known or word in known:
        return None
    text = f'{_name(path)} is never "{word}", so this comparison decides nothing'
    return hint(text, word, known, f"it is one of {', '.join(known)}")


def _of_another_type(path: Path, value: str | float) -> str | None:
    wanted = ("string",) if isinstance(value, str) else ("integer", "number")
    types = {str(shape.get("type")) for shape in _shapes(path)} - {"null"}
    if not types or types.intersection(wanted):
        return None
    fact = " or ".join(TYPE_NAMES.get(each, each) for each in sorted(types))
    return (
        f"{_name(path)} is {fact}, {json.dumps(value)} is {TYPE_NAMES[wanted[-1]]}: OPA orders these by type alone, "
        "so this comparison decides nothing; compare values of one type"
    )


def _name(path: Path) -> str:
    return "input" + "".join(f".{step}" if step else "[_]" for step in path)


def _nodes(value: Any) -> Iterator[Node]:
    if isinstance(value, dict):
        yield value
    # By name, a body comes before the head and before the term of a comprehension, which use its names.
    inner = [value[key] for key in sorted(value)] if isinstance(value, dict) else value
    for each in inner if isinstance(inner, list) else ():
        yield from _nodes(each)


def _terms(node: Node) -> list[Node]:
    """Return operator and operands of an expression or a call; none of another node."""
    terms = node.get("value") if node.get("type") == "call" else node.get("terms")
    return terms if isinstance(terms, list) else []


def _operator(terms: list[Node]) -> str:
    value = terms[0]["value"] if terms else []
    return ".".join(str(part["value"]) for part in value) if isinstance(value, list) else ""


def _bound(nodes: list[Node]) -> dict[str, Path]:
    """Return the names that stand for facts; not one that elsewhere in the rule stands for something else."""
    found: dict[str, set[Path | None]] = {"input": {()}}
    for name, term, is_element in (binding for node in nodes for binding in _bindings(node)):
        # In the order of the text: a name that the term uses has its meaning by now.
        path = _path(term, _unambiguous(found))
        found.setdefault(name, set()).add((*path, None) if path is not None and is_element else path)
    return _unambiguous(found)


def _unambiguous(found: Mapping[str, set[Path | None]]) -> dict[str, Path]:
    return {name: path for name, (path, *more) in found.items() if path is not None and not more}


def _bindings(node: Node) -> Iterator[tuple[str, Node, bool]]:
    """Yield names with the terms that they stand for, or of which they are an element."""
    terms = node.get("terms")
    if isinstance(terms, dict) and "symbols" in terms:
        for operator, *operands in (_terms(symbol) for symbol in terms["symbols"] if symbol["type"] == "call"):
            if _operator([operator]) in (_MEMBER, _PAIR) and operands[-2]["type"] == "var":
                yield operands[-2]["value"], operands[-1], True
    elif isinstance(terms, dict) and "domain" in terms:
        yield terms["value"]["value"], terms["domain"], True
    elif isinstance(terms, list) and _operator(terms) == "assign" and terms[1]["type"] == "var":
        yield terms[1]["value"], terms[2], False


def _path(term: Node, names: Mapping[str, Path]) -> Path | None:
    """Return which fact a term is, None for something else."""
    if term["type"] == "var":
        return names.get(term["value"])
    if term["type"] == "call" and _operator(term["value"]) == "object.get":
        _, start, key, missing = term["value"]
        keys = key["value"] if key["type"] == "array" else [key]
        before = _path(start, names) if missing["type"] in _NOTHING else None
        return None if before is None else (*before, *map(_step, keys))
    if term["type"] != "ref" or term["value"][0]["type"] != "var":
        return None
    head, *steps = term["value"]
    before = names.get(head["value"])
    return None if before is None else (*before, *map(_step, steps))


def _step(term: Node) -> str | None:
    return str(term["value"]) if term["type"] == "string" else None


def _compared(terms: list[Node], names: Mapping[str, Path]) -> Iterator[tuple[Path, Node]]:
    """Yield the facts that a call compares with words, each with its word."""
    operator, operands = _operator(terms), terms[1:]
    if len(operands) != 2 or operator not in (*_EQUALITIES, _MEMBER):
        return
    one, other = operands
    if operator == _MEMBER:
        sides = [(_path(one, names), word) for word in _elements(other)]
        inside = _path(other, names)
        sides.append((None if inside is None else (*inside, None), one))
    else:
        sides = [(_path(one, names), other), (_path(other, names), one)]
    yield from ((path, word) for path, word in sides if path and word["type"] == "string")


def _ordered(terms: list[Node], names: Mapping[str, Path]) -> Iterator[tuple[Path, Node]]:
    """Yield the facts that a call compares by order with a text or a number, each with that."""
    if len(terms) == 3 and _operator(terms) in _ORDERS:
        for fact, value in (terms[1:], terms[:0:-1]):
            path = _path(fact, names)
            if path and value["type"] in _LITERALS:
                yield path, value


def _elements(term: Node) -> list[Node]:
    elements: list[Node] = term["value"] if term["type"] in ("set", "array") else []
    return elements


@cache
def _words(path: Path) -> list[str]:
    """Return the words that a fact can be, sorted; none if it may be any text, or isn't one."""
    if path == _KIND:
        return sorted(kind.id for kind in JOB_KINDS)
    texts = [shape for shape in _shapes(path) if shape.get("type") != "null"]
    return sorted({word for shape in texts for word in shape["enum"]}) if all("enum" in text for text in texts) else []


def _shapes(path: Path) -> list[Node]:
    """Return the schemas of what a fact can be; none of what is no fact."""
    shapes = _alternatives(_schema())
    for step in path:
        shapes = [inner for shape in shapes for inner in _below(shape, step)]
    return shapes


def _below(shape: Node, step: str | None) -> list[Node]:
    inner = shape.get("items") if step is None else shape.get("properties", {}).get(step)
    return _alternatives(inner) if inner else []


def _alternatives(shape: Node) -> list[Node]:
    """Return what a value may be, each without a reference."""
    if "$ref" in shape:
        return _alternatives(_schema()["$defs"][shape["$ref"].rsplit("/", 1)[1]])
    return [inner for one in shape["anyOf"] for inner in _alternatives(one)] if "anyOf" in shape else [shape]


@cache
def _schema() -> Node:
    return Document.model_json_schema(mode="serialization")
