"""Overrides of mappings that have no effect because the rule looks the mapping up only in its own section."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from guard.authoring.explain import Explanation
from guard.authoring.facts import Path, imported, nodes_of, path_of
from guard.authoring.opa import Opa
from guard.authoring.override_check import overrides_of
from guard.authoring.rego_text import read_texts
from guard.authoring.rules import Rule


def unread_overrides(opa: Opa, rules: Iterable[Rule], config: Mapping[str, Any]) -> Iterator[Explanation]:
    """Yield the mappings in overrides that their rule lists as `in_place` but doesn't read from overrides."""
    by_id = {rule.rule_id: rule for rule in rules}
    for rule_id, overrides in overrides_of(config):
        rule = by_id.get(rule_id)
        given = [
            (index, name)
            for index, override in overrides
            for name in (rule.in_place if rule else ())
            if name in override
        ]
        read = _read(opa, rule) if rule and given else set()
        for index, name in (each for each in given if each[1] not in read):
            place = f"data.guard.config.rules.{rule_id}.overrides[number].{name}[key]"
            text = (
                f"the rule looks {name} up only in its section, so that this override has no effect; have the rule "
                f"read {place}, with parameters.changed.{rule_id}.{name} as the number, as denied_image does"
            )
            yield ("rules", rule_id, "overrides", index, name), text


def _read(opa: Opa, rule: Rule) -> set[str | None]:
    """Return the mappings of its overrides that a rule reads; None stands for a computed name."""
    overrides: Path = ("data", "guard", "config", "rules", rule.rule_id, "overrides", None)
    folder = rule.file.parent
    files = [folder / text.file.name for text in read_texts(opa.folder / folder) if not text.is_test]
    paths = [path for file in files for path in _references(opa.parse(file))]
    return {
        path[len(overrides)] for path in paths if path[: len(overrides)] == overrides and len(path) > len(overrides)
    }


def _references(tree: Mapping[str, Any]) -> Iterator[Path]:
    known = imported(tree)
    for node in nodes_of(tree.get("rules", [])):
        if node.get("type") == "ref" and (path := path_of(node, known)):
            yield path
