"""Tolerant reading of descriptions: a missing field, a null or a wrong type gives None or an empty value, never an exception."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Node = Mapping[str, Any]
EMPTY: Node = {}
UNKNOWN_MEMBER = "SDK_UNKNOWN_MEMBER"

# Fields, in CloudTrail's spelling, whose keys are names chosen by a user instead of field names of the API.
FREE_MAPS = frozenset(
    {
        "aggregation",
        "collectionParameters",
        "environment",
        "filling",
        "hookParameters",
        "hyperParameters",
        "optimizationEnvironment",
        "overrideEnvironment",
        "profilingParameters",
        "ruleParameters",
        "staticHyperParameters",
        "textGenerationHyperParameters",
    }
)
# Descriptions have about twelve levels; anything deeper than this is never read.
_DEEPEST = 100


def value(node: object, *path: str) -> Any:
    """Return the value at the path, or None."""
    for step in path:
        if not isinstance(node, Mapping):
            return None
        node = node.get(step)
    return node


def child(node: object, *path: str) -> Node:
    """Return the mapping at the path, or an empty one."""
    found = value(node, *path)
    return found if isinstance(found, Mapping) else EMPTY


def children(node: object, *path: str) -> Iterator[tuple[int, Node]]:
    """Yield the mappings of the list at the path, each with its index."""
    for index, item in enumerate(sequence(value(node, *path))):
        if isinstance(item, Mapping):
            yield index, item


def sequence(found: object) -> list[Any] | tuple[Any, ...]:
    """Return the list, or an empty one."""
    return found if isinstance(found, list | tuple) else ()


def present(found: Any, depth: int = _DEEPEST) -> Any:
    """Return the value without null members: some events contain a null for each field that a job lacks.

    Maps with names chosen by the job's owner are kept unchanged, because a variable without a value is still set.
    """
    if depth == 0:
        return found
    if isinstance(found, Mapping):
        return {
            key: member if _is_free(key) else present(member, depth - 1)
            for key, member in found.items()
            if member is not None
        }
    return [present(item, depth - 1) for item in found] if isinstance(found, list | tuple) else found


def _is_free(field: object) -> bool:
    return isinstance(field, str) and (field == "Tags" or field[:1].lower() + field[1:] in FREE_MAPS)


def text(node: object, *path: str) -> str | None:
    """Return the text at the path; empty strings count as missing; unpaired surrogates are replaced by `?`."""
    found = value(node, *path)
    return clean(found) if isinstance(found, str) and found else None


def texts(node: object, *path: str) -> tuple[str, ...]:
    """Return the texts of the list at the path."""
    return tuple(clean(item) for item in sequence(value(node, *path)) if isinstance(item, str))


def number(node: object, *path: str) -> int | None:
    """Return the whole number at the path."""
    found = value(node, *path)
    if isinstance(found, float) and found.is_integer():
        return int(found)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def flag(node: object, *path: str) -> bool | None:
    """Return the boolean at the path: False, SageMaker's default, when it is absent; None for another type."""
    found = value(node, *path)
    if found is None:
        return False
    return found if isinstance(found, bool) else None


def accepted(node: object, *path: str) -> bool | None:
    """Return whether the access configuration at the path accepts the EULA; None when there is no such configuration."""
    return flag(node, *path, "AcceptEula") if isinstance(value(node, *path), Mapping) else None


def clean(raw: str) -> str:
    """Return the text with unpaired surrogates, which UTF-8 can't encode, replaced by `?`."""
    return raw if raw.isascii() else raw.encode("utf-8", "replace").decode("utf-8")


def union_members(node: Node, prefix: str) -> Iterator[tuple[str, Node]]:
    """Yield the members of a union, each with its path. Normally there is one; any name counts, since SageMaker adds new ones."""
    for member in sorted(key for key in node if isinstance(key, str)):
        if isinstance(node[member], Mapping):
            yield f"{prefix}.{member}", node[member]


def field_path(prefix: str, field: str) -> str:
    """Return the path of a field below a prefix that may be empty."""
    return f"{prefix}.{field}" if prefix else field


def tags(found: object) -> dict[str, str] | None:
    """Return tags given as a map, or as a list of pairs in the API's or CloudTrail's spelling; None for anything else."""
    if isinstance(found, Mapping):
        pairs = list(found.items())
    elif isinstance(found, list | tuple):
        pairs = [
            (item.get("Key", item.get("key")), item.get("Value", item.get("value")))
            for item in found
            if isinstance(item, Mapping)
        ]
    else:
        return None
    return {clean(key): clean(tag) if isinstance(tag, str) else "" for key, tag in pairs if isinstance(key, str)}
