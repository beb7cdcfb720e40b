"""Find all problems that keep the bundle from being built, each with its line and what to do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from guard.authoring.account_check import contradicting_accounts, unknown_accounts
from guard.authoring.config_schema import config_schema
from guard.authoring.config_texts import Schema
from guard.authoring.diagnostics import Diagnostic
from guard.authoring.exemption_check import exemption_concerns
from guard.authoring.explain import Explanation, explain
from guard.authoring.format_checks import FormatDoubt
from guard.authoring.formats import format_checker
from guard.authoring.framework_names import unknown_frameworks
from guard.authoring.hidden_characters import hidden_characters
from guard.authoring.layout import CONFIG
from guard.authoring.opa import Opa
from guard.authoring.override_check import shadowed_overrides, unrelated_overrides
from guard.authoring.override_levels import lowered_levels
from guard.authoring.pointless import pointless_rules
from guard.authoring.rules import Rule, read_rules
from guard.authoring.sources import source_problems
from guard.authoring.structure import structure_problems
from guard.authoring.types_check import strict_errors, syntax_errors_in
from guard.authoring.unread_overrides import unread_overrides
from guard.authoring.wide_entries import wide_entries
from guard.authoring.wording import shown
from guard.authoring.yaml_positions import KeyPath, Positions
from guard.errors import ConfigError

Place = Callable[[KeyPath, str], Diagnostic]


def check_config(opa: Opa, policies: Path, today: date) -> list[Diagnostic]:
    """Return the problems of the configuration, of the rules' METADATA and of the structure, in the order of the files.

    If OPA can't read the policies as intended, return only the reasons. Raises ConfigError.
    """
    if broken := source_problems(opa.folder, policies):
        return broken
    rules, problems = read_rules(opa, policies)
    try:
        structure = structure_problems(opa, policies, rules)
    except ConfigError:
        if broken := syntax_errors_in(opa, strict_errors(opa, policies)):
            return broken
        raise
    written = configuration_problems(opa, policies, rules, today, values=not problems)
    return sorted([*structure, *problems, *written])


def configuration_problems(
    opa: Opa, policies: Path, rules: list[Rule], today: date, *, values: bool = True
) -> list[Diagnostic]:
    """Return the problems of the configuration file, for rules that were read before.

    Without `values`, only the syntax of the file is checked: invalid METADATA can't define the valid values.
    """
    file = policies / CONFIG
    try:
        text = (opa.folder / file).read_text(encoding="utf-8")
    except OSError as exc:
        return [Diagnostic(file, 1, 1, f"the configuration can't be read: {exc}")]
    except UnicodeDecodeError as exc:
        text = f"the configuration is not UTF-8 text: {exc.reason} at byte {exc.start:,}; save it as UTF-8"
        return [Diagnostic(file, 1, 1, text)]
    positions = Positions(file, text, lambda path: _is_truth(rules, path))
    if positions.problems or not values:
        return sorted(positions.problems)
    try:
        config = opa.read_yaml(file)
    except ConfigError as exc:
        return [Diagnostic(file, 1, 1, exc.message)]
    return sorted(_config_problems(opa, policies, positions, rules, config, today))


def _is_truth(rules: list[Rule], path: KeyPath) -> bool:
    """Return whether a parameter's schema expects a boolean at a path."""
    schema: Any = {"properties": {"rules": {"properties": {r.rule_id: {"properties": r.parameters} for r in rules}}}}
    for part in path:
        inner = "items" if isinstance(part, int) else "additionalProperties"
        schema = schema.get("properties", {}).get(part) or schema.get(inner)
        if not isinstance(schema, Mapping):
            return False
    return bool(schema.get("type") == "boolean")


def _config_problems(
    opa: Opa, policies: Path, positions: Positions, rules: list[Rule], config: Any, today: date
) -> Iterator[Diagnostic]:
    if not isinstance(config, dict):
        what = "is empty" if config is None else f"must be a mapping, not {shown(config)}"
        text = f"the configuration {what}; it needs the keys rules and exemptions: see docs/policies.md, Configuration"
        yield positions.problem((), text)
        return
    schema = config_schema(rules)
    yield from _badly_formed(opa, positions, schema, config)
    yield from (positions.problem(path, text) for path, text in _absent_parameters(rules, config))
    kinds = {rule.rule_id: rule.about for rule in rules}
    wrong = chain(unknown_accounts(config), contradicting_accounts(config), unread_overrides(opa, rules, config))
    yield from (positions.problem(path, text) for path, text in wrong)
    idle = chain(shadowed_overrides(config), unrelated_overrides(config, kinds))
    yield from (positions.warning(path, text) for path, text in idle)
    concerns = chain(
        lowered_levels(config, rules),
        pointless_rules(rules, config),
        wide_entries(opa, schema, config),
        unknown_frameworks(opa, policies, schema, config),
        exemption_concerns(opa, policies, config, rules, today),
    )
    for concern in concerns:
        place = positions.warning if concern.severity == "warning" else positions.problem
        yield place(concern.path, concern.text)


def _badly_formed(opa: Opa, positions: Positions, schema: Schema, config: Any) -> Iterator[Diagnostic]:
    """Yield the violations of the schema and the texts with hidden characters, with only one problem for each text."""
    hidden = dict(hidden_characters(schema, config))
    yield from (positions.problem(path, text) for path, text in hidden.items())
    validator = Draft202012Validator(schema, format_checker=format_checker(opa, config))
    broken = {
        (*explanation, str(error.validator), _place_of(positions, error))
        for error in validator.iter_errors(config)
        for explanation in explain(error)
    }
    of_format = {path for path, _, keyword, _ in broken if keyword == "format"}
    for path, text, keyword, place in broken:
        if path not in hidden and (keyword != "pattern" or path not in of_format):
            yield place(path, text)


def _place_of(positions: Positions, error: ValidationError) -> Place:
    return positions.warning if isinstance(error.cause, FormatDoubt) else positions.problem


def _absent_parameters(rules: list[Rule], config: Any) -> Iterator[Explanation]:
    """Yield the parameters of overrides that their section lacks: in decisions they are treated as misspelt keys."""
    for rule, section, index, override in _overrides(rules, config):
        for name in sorted(rule.parameters.keys() & override.keys() - section.keys()):
            if name not in rule.required:
                default = json.dumps(rule.parameters[name]["default"])
                text = f"the section itself has no {name}; add it there, for all other jobs: the default is {default}"
                yield ("rules", rule.rule_id, "overrides", index, name), text


def _overrides(rules: list[Rule], config: Any) -> Iterator[tuple[Rule, dict[str, Any], int, dict[str, Any]]]:
    sections = config.get("rules")
    for rule in rules:
        section = sections.get(rule.rule_id) if isinstance(sections, dict) else None
        overrides = section.get("overrides") if isinstance(section, dict) else None
        for index, override in enumerate(overrides if isinstance(overrides, list) else []):
            if isinstance(section, dict) and isinstance(override, dict):
                yield rule, section, index, override
