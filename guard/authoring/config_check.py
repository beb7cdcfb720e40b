"""Everything that keeps the policies from being built, at once, each with its line and what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from guard.authoring.config_schema import config_schema
from guard.authoring.diagnostics import Diagnostic
from guard.authoring.explain import Explanation, explain
from guard.authoring.formats import format_checker
from guard.authoring.opa import Opa
from guard.authoring.rules import Rule, read_rules
from guard.authoring.structure import CONFIG, structure_problems
from guard.authoring.yaml_positions import KeyPath, Positions
from guard.errors import ConfigError

__all__ = ["CONFIG", "check_config"]


def check_config(opa: Opa, policies: Path, today: date) -> list[Diagnostic]:
    """Return the problems of the configuration, of the rules' METADATA and of the structure, in the order of the files.

    An expired exemption is a warning: it has stopped working by itself, and a build that fails on a day when nobody
    changed anything would hold up the next urgent entry of the deny list.
    """
    file = policies / CONFIG
    try:
        text = (opa.folder / file).read_text()
    except (OSError, UnicodeDecodeError) as exc:
        return [Diagnostic(file, 1, 1, f"the configuration can't be read: {exc}")]
    rules, problems = read_rules(opa, policies)
    positions = Positions(file, text, lambda path: _is_truth(rules, path))
    structure = structure_problems(opa, policies, rules)
    if problems or positions.problems:
        return sorted(structure + problems + positions.problems)
    try:
        config = opa.read_yaml(file)
    except ConfigError as exc:
        return sorted([*structure, Diagnostic(file, 1, 1, exc.message)])
    return sorted([*structure, *_config_problems(opa, positions, rules, config, today)])


def _is_truth(rules: list[Rule], path: KeyPath) -> bool:
    """Tell whether a parameter's schema wants true or false at a path."""
    schema: Any = {"properties": {"rules": {"properties": {r.rule_id: {"properties": r.parameters} for r in rules}}}}
    for part in path:
        inner = "items" if isinstance(part, int) else "additionalProperties"
        schema = schema.get("properties", {}).get(part) or schema.get(inner)
        if not isinstance(schema, Mapping):
            return False
    return bool(schema.get("type") == "boolean")


def _config_problems(
    opa: Opa, positions: Positions, rules: list[Rule], config: Any, today: date
) -> Iterator[Diagnostic]:
    validator = Draft202012Validator(config_schema(rules), format_checker=format_checker(opa, config))
    broken = {complaint for error in validator.iter_errors(config) for complaint in explain(error)}
    yield from (positions.problem(path, text) for path, text in broken)
    yield from (positions.problem(path, text) for path, text in _absent_parameters(rules, config))
    exemptions = config.get("exemptions") if isinstance(config, dict) else None
    if isinstance(exemptions, list):
        yield from (positions.problem(path, text) for path, text in _repeated_ids(exemptions))
        yield from (positions.warning(path, text) for path, text in _expired(exemptions, today))


def _absent_parameters(rules: list[Rule], config: Any) -> Iterator[Explanation]:
    """An override changes what the section gives: when policies run, any other key counts as a misspelt one."""
    for rule, section, index, override in _overrides(rules, config):
        for name in sorted(rule.parameters.keys() & override.keys() - section.keys()):
            if name not in rule.required:
                default = json.dumps(rule.parameters[name]["default"])
                text = f"the section doesn't give {name} itself; add it there, for all other jobs: the default is {default}"
                yield ("rules", rule.rule_id, "overrides", index, name), text


def _overrides(rules: list[Rule], config: Any) -> Iterator[tuple[Rule, dict[str, Any], int, dict[str, Any]]]:
    sections = config.get("rules") if isinstance(config, dict) else None
    for rule in rules:
        section = sections.get(rule.rule_id) if isinstance(sections, dict) else None
        overrides = section.get("overrides") if isinstance(section, dict) else None
        for index, override in enumerate(overrides if isinstance(overrides, list) else []):
            if isinstance(section, dict) and isinstance(override, dict):
                yield rule, section, index, override


def _repeated_ids(exemptions: list[Any]) -> Iterator[Explanation]:
    first: dict[str, int] = {}
    for index, exemption in enumerate(exemptions):
        name = exemption.get("id") if isinstance(exemption, dict) else None
        if not isinstance(name, str):
            continue
        if name in first:
            yield ("exemptions", index, "id"), f"{name} is the id of exemptions[{first[name]}] too; choose another"
        first.setdefault(name, index)


def _expired(exemptions: list[Any], today: date) -> Iterator[Explanation]:
    for index, exemption in enumerate(exemptions):
        expires = exemption.get("expires") if isinstance(exemption, dict) else None
        try:
            last_day = date.fromisoformat(str(expires))
        except ValueError:
            continue
        if last_day < today:
            text = f"{exemption.get('id')} has expired on {last_day} and exempts nothing; remove it, or let its owner renew it"
            yield ("exemptions", index, "expires"), text
