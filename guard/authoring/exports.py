"""What a rule must export, and that it says the same as its METADATA: the guard goes by the one, people by the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from guard.authoring.explain import shown
from guard.authoring.rules import Rule

Node = Mapping[str, Any]
_LISTS = ("in_place", "kinds", "needs")
_OTHER = object()
"""A value that is worked out."""


def wanted(rule: Rule) -> set[str]:
    """Return what a rule must export, in words."""
    listed = {f"value `{key}`" for key in _LISTS if getattr(rule, key)}
    return {"partial set `findings`", "value `remediation`"} | listed


def exported(tree: Node) -> Iterator[str]:
    """Yield what one file of a rule exports, in the same words."""
    for name, head in _heads(tree):
        if name == "findings" and "key" in head:
            yield "partial set `findings`"
        if name in (*_LISTS, "remediation") and "value" in head and "key" not in head:
            yield f"value `{name}`"


def contradictions(tree: Node, rule: Rule) -> Iterator[tuple[Node, str]]:
    """Yield the exports of a file that aren't what the rule's METADATA says, as far as they are written out."""
    for name, head in _heads(tree):
        if name not in (*_LISTS, "remediation") or "value" not in head or "key" in head:
            continue
        given, meant = _even(_value(name, head["value"])), _even(_meant(rule, name))
        if given is not _OTHER and given != meant:
            said = f"where custom.{name} is {shown(_meant(rule, name))}" if meant else f"which has no custom.{name}"
            advice = f"say it there, and write {name} := rego.metadata.chain()[1].annotations.custom.{name}"
            yield head["value"], f"{name} differs from the METADATA, {said}; {advice}"


def _heads(tree: Node) -> Iterator[tuple[str, Node]]:
    """Yield the heads of rules with a name alone, those of an `else` too."""
    for rule in tree.get("rules", []):
        while rule:
            head = rule["head"]
            if len(head["ref"]) == 1 and "args" not in head:
                yield head["ref"][0]["value"], head
            rule = rule.get("else")


def _meant(rule: Rule, name: str) -> object:
    return rule.remediation if name == "remediation" else [*getattr(rule, name)]


def _even(value: object) -> object:
    """Return a value without what makes no difference: white space, or the order of a list."""
    if isinstance(value, str):
        return " ".join(value.split())
    return sorted(value) if isinstance(value, list) and all(isinstance(each, str) for each in value) else value


def _value(name: str, node: Node) -> object:
    """Return the value that a node of the tree writes out, or reads in the METADATA where it has another name."""
    if node["type"] == "array":
        inner = [_value(name, each) for each in node["value"]]
        return _OTHER if _OTHER in inner else inner
    if node["type"] == "ref":
        path = [part["value"] for part in node["value"][1:]]
        return _OTHER if path[-3:-1] != ["annotations", "custom"] or path[-1] == name else {"custom": path[-1]}
    # A set is none of the lists that the guard reads.
    return node["value"] if node["type"] in ("string", "number", "boolean", "null", "set", "object") else _OTHER
