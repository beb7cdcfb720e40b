"""Comparisons of a rule that no document can meet: a fact with a word that it never is. OPA's types know text, not which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from guard.authoring.explain import hint
from guard.document import Document
from guard.jobs import JOB_KINDS

Node = Mapping[str, Any]
Path = tuple[str | None, ...]
"""Names below `input`; None is any element of a list."""

_EQUALITIES = {"eq", "equal", "neq"}
_MEMBER, _PAIR = "internal.member_2", "internal.member_3"
_KIND = ("job", "kind")


def impossible(tree: Node) -> Iterator[tuple[Node, str]]:
    """Yield the words of a file that the fact beside them never is, each with what is wrong.

    Facts are references to `input`, also through `some`, `every`, `:=` and `object.get`; not what a function is given.
    """
    for rule in tree.get("rules", []):
        nodes = list(_nodes(rule))
        names = _bound(nodes)
        for terms in map(_terms, nodes):
            for path, word in _compared(terms, names):
                known = _words(path)
                if known and word["value"] not in known:
                    name = "input" + "".join(f".{step}" if step else "[_]" for step in path)
                    text = f'{name} is never "{word["value"]}", so this comparison decides nothing'
                    yield word, hint(text, word["value"], known, f"it is one of {', '.join(known)}")


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
        _, start, key, _ = term["value"]
        keys = key["value"] if key["type"] == "array" else [key]
        before = _path(start, names)
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


def _elements(term: Node) -> list[Node]:
    elements: list[Node] = term["value"] if term["type"] in ("set", "array") else []
    return elements


@cache
def _words(path: Path) -> list[str]:
    """Return the words that a fact can be, sorted; none if it may be any text, or isn't one."""
    if path == _KIND:
        return sorted(kind.id for kind in JOB_KINDS)
    shapes = _alternatives(_schema())
    for step in path:
        shapes = [inner for shape in shapes for inner in _below(shape, step)]
    texts = [shape for shape in shapes if shape.get("type") != "null"]
    return sorted({word for shape in texts for word in shape["enum"]}) if all("enum" in text for text in texts) else []


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
