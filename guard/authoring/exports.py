"""What a rule must export, and that it says the same as its METADATA: the guard goes by the one, people by the other."""

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
# What other policies report by.
_VERDICTS = {"allow", "deny", "violation", "violations", "warn", "warning"}
_OTHER = object()
"""A value that is worked out."""
_QUERY = """{{id: {{name: {{"value": value, "type": type_name(value)}} |
	some name in {names}
	value := data.guard.rules[id][name]
}} | some id in {ids}}}"""


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


def unread(tree: Node) -> Iterator[tuple[Node, str]]:
    """Yield the names of a file's rules that other policy engines report by, where nothing in the file reads them."""
    rules = tree.get("rules", [])
    heads = [rule["head"]["ref"][0] for rule in rules if rule["head"]["ref"][0]["value"] in _VERDICTS]
    told = [node["value"] for node in nodes_of(rules) if node.get("type") in ("var", "string")]
    for head in heads:
        name = head["value"]
        if told.count(name) == sum(each["value"] == name for each in heads):
            text = f"nothing reads {name}: a rule reports with `findings contains`, and the configuration has its level"
            yield head, text


def worked_out(opa: Opa, policies: Path, rules: Iterable[Rule]) -> dict[str, Values]:
    """Return by rule the exports as OPA evaluates them without any input, None for one that needs some.

    It is nothing of policies that don't compile.
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
    return {rule_id: {name: _evaluated(values.get(name)) for name in names} for rule_id, values in found.items()}


def _evaluated(told: Mapping[str, Any] | None) -> object:
    if told is None:
        return None
    # A set is none of the lists that the guard reads.
    return {"set": told["value"]} if told["type"] == "set" else told["value"]


def contradictions(tree: Node, rule: Rule, values: Values) -> Iterator[tuple[Node, str]]:
    """Yield the exports of a file that aren't what the rule's METADATA says; `values` are those that OPA has worked out."""
    for name, head in _heads(tree):
        if name not in (*_LISTS, "remediation") or "value" not in head or "key" in head:
            continue
        written, meant = _value(name, head["value"]), _even(_meant(rule, name))
        given = _even(values.get(name, _OTHER) if written is _OTHER else written)
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
