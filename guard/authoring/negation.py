"""Find each `not` that may be undefined instead of true, so that a rule with it would report nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Node = Mapping[str, Any]

IMPORT = ("future", "keywords", "not")
ADVICE = (
    "if the nested call or reference is undefined, this `not` is undefined as well, not true, and the rule reports nothing; "
    "add `import future.keywords.not` below the package"
)
# An equality may have undefined sides: OPA negates it as a whole.
_EQUALITY = {"eq", "equal"}
# These are defined even if something in them is not: a comprehension is empty, a template string has `<undefined>`.
_ALWAYS_DEFINED = {"arraycomprehension", "setcomprehension", "objectcomprehension", "templatestring"}


def imports_not(tree: Node) -> bool:
    """Return whether a file has `import future.keywords.not`."""
    return any(
        tuple(part["value"] for part in imported["path"]["value"]) == IMPORT for imported in tree.get("imports", [])
    )


def partial_negations(tree: Node, names: Iterable[str]) -> Iterator[Node]:
    """Yield the negated expressions of a file that are undefined when something nested in them is.

    `names` are the rules of the file's package. A file with the import has no such expressions.
    """
    if not imports_not(tree):
        yield from _partial(tree.get("rules", []), {*names, *_aliases(tree)})


def rule_names(tree: Node) -> set[str]:
    """Return the names of a file's rules."""
    return {str(rule["head"]["ref"][0]["value"]) for rule in tree.get("rules", [])}


def _aliases(tree: Node) -> Iterator[str]:
    for imported in tree.get("imports", []):
        yield imported.get("alias") or str(imported["path"]["value"][-1]["value"])


def _partial(value: Any, names: set[str]) -> Iterator[Node]:
    if isinstance(value, dict) and value.get("negated") and _is_nested(value["terms"], names):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _partial(inner, names)


def _is_nested(terms: Any, names: set[str]) -> bool:
    if isinstance(terms, dict):
        return _reads_inside(terms, names)
    operator, *arguments = terms
    reads = _reads_inside if _operator(operator) in _EQUALITY else _reads
    return any(reads(argument, names) for argument in arguments)


def _operator(term: Node) -> str:
    return ".".join(str(part["value"]) for part in term["value"])


def _reads(term: Any, names: set[str]) -> bool:
    """Return whether a term has something that may be undefined: a call, a reference or the name of a rule."""
    if isinstance(term, list):
        return any(_reads(each, names) for each in term)
    if not isinstance(term, dict) or term["type"] in _ALWAYS_DEFINED:
        return False
    if term["type"] == "var":
        return str(term["value"]) in names
    if term["type"] == "ref" and len(term["value"]) == 1:
        return _reads(term["value"][0], names)
    return term["type"] in ("call", "ref") or _reads(term["value"], names)


def _reads_inside(term: Node, names: set[str]) -> bool:
    """Return whether a nested part of a term may be undefined, as in `input.a[input.b]`, `f(x).a` and `[input.a]`."""
    if term["type"] in ("var", "call", *_ALWAYS_DEFINED):
        return bool(term["type"] == "call")
    if term["type"] == "ref":
        head, *parts = term["value"]
        return (head["type"] != "var" and _reads(head, names)) or _reads(parts, names)
    return _reads(term["value"], names)
