"""Check a rule's exports, and that they agree with its METADATA: the guard reads the exports, people read the METADATA."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from guard.authoring.facts import nodes_of
from guard.authoring.opa import TESTS, Opa
from guard.authoring.rules import Rule
from guard.authoring.wording import shown
from guard.errors import ConfigError

Node = Mapping[str, Any]
Values = Mapping[str, Any]
_LISTS = ("in_place", "kinds", "needs")
# Names that rules of other policy engines use for their results.
_VERDICTS = {"allow", "deny", "violation", "violations", "warn", "warning"}
_OTHER = object()
"""Stands for a value that isn't a literal, so that OPA must evaluate it."""
_QUERY = """{{id: {{name: {{"value": value, "type": type_name(value)}} |
	some name in {names}
	value := data.guard.rules[id][name]
}} | some id in {ids}}}"""


def mandatory(rule: Rule) -> set[str]:
    """Return a rule's mandatory exports, in words."""
    listed = {f"value `{key}`" for key in _LISTS if getattr(rule, key)}
    return {"partial set `findings`", "value `remediation`"} | listed


def exported(tree: Node) -> Iterator[str]:
    """Yield the exports of one file of a rule, in the words of `mandatory`."""
    for name, head in _heads(tree):
        if name == "findings" and "key" in head:
            yield "partial set `findings`"
        if name in (*_LISTS, "remediation") and "value" in head and "key" not in head:
            yield f"value `{name}`"


def unread(tree: Node) -> Iterator[tuple[Node, str]]:
    """Yield the rules of a file that are named like results of other policy engines and that nothing in the file reads."""
    rules = tree.get("rules", [])
    heads = [rule["head"]["ref"][0] for rule in rules if rule["head"]["ref"][0]["value"] in _VERDICTS]
    mentioned = [node["value"] for node in nodes_of(rules) if node.get("type") in ("var", "string")]
    for head in heads:
        name = head["value"]
        if mentioned.count(name) == sum(each["value"] == name for each in heads):
            text = (
                f"nothing reads {name}; report with `findings contains`, and set the rule's level in the configuration"
            )
            yield head, text


def evaluated(opa: Opa, policies: Path, rules: Iterable[Rule]) -> dict[str, Values]:
    """Return each rule's exports as OPA evaluates them without input; None for an export that needs input.

    Empty for policies that don't compile.
    """
    ids = json.dumps([rule.rule_id for rule in rules])
    # No export reads the configuration, which may be long.
    files = ("--data", policies, "--ignore", "*.yaml", "--ignore", TESTS)
    names = (*_LISTS, "remediation")
    query = _QUERY.format(ids=ids, names=json.dumps(names))
    try:
        found: dict[str, dict[str, dict[str, Any]]] = opa.json("eval", *files, "--format", "raw", query)
    except ConfigError:
        return {}
    return {rule_id: {name: _value_of(values.get(name)) for name in names} for rule_id, values in found.items()}


def _value_of(found: Mapping[str, Any] | None) -> object:
    if found is None:
        return None
    # OPA prints a set as a list, but the guard reads lists only: keep the two apart.
    return {"set": found["value"]} if found["type"] == "set" else found["value"]


def contradictions(tree: Node, rule: Rule, values: Values) -> Iterator[tuple[Node, str]]:
    """Yield the exports of a file that differ from the rule's METADATA; `values` are the exports as OPA evaluated them."""
    for name, head in _heads(tree):
        if name not in (*_LISTS, "remediation") or "value" not in head or "key" in head:
            continue
        written, meant = _literal(name, head["value"]), _normalized(_meant(rule, name))
        given = _normalized(values.get(name, _OTHER) if written is _OTHER else written)
        if given is not _OTHER and given != meant:
            there = f"where custom.{name} is {shown(_meant(rule, name))}" if meant else f"which has no custom.{name}"
            advice = f"set it there, and write {name} := rego.metadata.chain()[1].annotations.custom.{name}"
            yield head["value"], f"{name} differs from the METADATA, {there}; {advice}"


def _heads(tree: Node) -> Iterator[tuple[str, Node]]:
    """Yield the names and heads of rules with a plain name and no arguments, including those of an `else`."""
    for rule in tree.get("rules", []):
        while rule:
            head = rule["head"]
            if len(head["ref"]) == 1 and "args" not in head:
                yield head["ref"][0]["value"], head
            rule = rule.get("else")


def _meant(rule: Rule, name: str) -> object:
    return rule.remediation if name == "remediation" else [*getattr(rule, name)]


def _normalized(value: object) -> object:
    """Return a value in a form for comparison: white space collapsed, lists of strings sorted."""
    if isinstance(value, str):
        return " ".join(value.split())
    return sorted(value) if isinstance(value, list) and all(isinstance(each, str) for each in value) else value


def _literal(name: str, node: Node) -> object:
    """Return the literal value of a node, or the key of the METADATA that it reads if that isn't `name`; else `_OTHER`."""
    if node["type"] == "array":
        inner = [_literal(name, each) for each in node["value"]]
        return _OTHER if _OTHER in inner else inner
    if node["type"] == "ref":
        path = [part["value"] for part in node["value"][1:]]
        return _OTHER if path[-3:-1] != ["annotations", "custom"] or path[-1] == name else {"custom": path[-1]}
    # A set stays a list of nodes, which differs from every list of the METADATA.
    return node["value"] if node["type"] in ("string", "number", "boolean", "null", "set", "object") else _OTHER
