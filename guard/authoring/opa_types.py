"""OPA's inferred types in words, and the first difference of two types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Type = Mapping[str, Any] | None

_TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "set": "a set",
    "string": "text",
}


def described(known: Type) -> str:
    """Return the type in words."""
    shape = known or {"type": None}
    if shape.get("of") and shape["type"] == "any":
        return " or ".join(described(each) for each in shape["of"])
    keys = [str(each["key"]) for each in shape.get("static", []) if isinstance(each, dict) and "key" in each]
    item = described(shape["of"]) if shape["type"] == "set" and isinstance(shape.get("of"), dict) else "something"
    inner = "" if item == "something" else f", each item {item}"
    return _TYPES.get(shape["type"], "something") + (f" with {', '.join(keys)}" if keys else inner)


def listed(types: Iterable[Type]) -> str:
    """Return the types of arguments in words, in parentheses."""
    return f"({', '.join(described(each) for each in types)})"


def first_difference(left: Type, right: Type) -> tuple[str, Type, Type]:
    """Return the path where two types first differ in words, and the two types there; the path is empty for the whole type."""
    place = ""
    while described(left) == described(right):
        step, inner_left, inner_right = next(_differing(left or {}, right or {}), ("", None, None))
        if not step:
            break
        place, left, right = place + step, inner_left, inner_right
    return place.removeprefix("."), left, right


def _differing(left: Mapping[str, Any], right: Mapping[str, Any]) -> Iterator[tuple[str, Type, Type]]:
    """Yield the parts of two types that differ, with their path."""
    for (step, inner_left), (_, inner_right) in zip(_parts(left), _parts(right), strict=False):
        if inner_left != inner_right:
            yield step, inner_left, inner_right


def _parts(shape: Mapping[str, Any]) -> Iterator[tuple[str, Type]]:
    for number, each in enumerate(shape.get("static") or []):
        yield (f".{each['key']}", each["value"]) if "key" in each else (f"[{number}]", each)
    if isinstance(shape.get("of"), Mapping):
        yield "[_]", shape["of"]
