"""Everything that keeps the policies from being built, at once, each with its line and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from guard.authoring.complaints import Complaint, complaints
from guard.authoring.config_schema import config_schema
from guard.authoring.formats import format_checker
from guard.authoring.opa import Opa
from guard.authoring.problems import Problem
from guard.authoring.rules import Rule, read_rules
from guard.authoring.structure import CONFIG, structure_problems
from guard.authoring.yaml_places import KeyPath, Places
from guard.errors import ConfigError

__all__ = ["CONFIG", "check_config"]


def check_config(opa: Opa, policies: Path, today: date) -> list[Problem]:
    """Return the problems of the configuration, of the rules' METADATA and of the structure, in the order of the files.

    An expired exemption is a warning: it has stopped working by itself, and a build that fails on a day when nobody
    changed anything would hold up the next urgent entry of the deny list.
    """
    file = policies / CONFIG
    try:
        text = (opa.folder / file).read_text()
    except (OSError, UnicodeDecodeError) as exc:
        return [Problem(file, 1, 1, f"the configuration can't be read: {exc}")]
    rules, problems = read_rules(opa, policies)
    places = Places(file, text, lambda path: _is_truth(rules, path))
    structure = structure_problems(opa, policies, rules)
    if problems or places.problems:
        return sorted(structure + problems + places.problems)
    try:
        config = opa.read_yaml(file)
    except ConfigError as exc:
        return sorted([*structure, Problem(file, 1, 1, exc.message)])
    return sorted([*structure, *_config_problems(opa, places, rules, config, today)])


def _is_truth(rules: list[Rule], path: KeyPath) -> bool:
    """Tell whether a parameter's schema wants true or false at a path."""
    schema: Any = {"properties": {"rules": {"properties": {r.rule_id: {"properties": r.parameters} for r in rules}}}}
    for part in path:
        inner = "items" if isinstance(part, int) else "additionalProperties"
        schema = schema.get("properties", {}).get(part) or schema.get(inner)
        if not isinstance(schema, Mapping):
            return False
    return bool(schema.get("type") == "boolean")


def _config_problems(opa: Opa, places: Places, rules: list[Rule], config: Any, today: date) -> Iterator[Problem]:
    validator = Draft202012Validator(config_schema(rules), format_checker=format_checker(opa, config))
    broken = {complaint for error in validator.iter_errors(config) for complaint in complaints(error)}
    yield from (places.problem(path, text) for path, text in broken)
    exemptions = config.get("exemptions") if isinstance(config, dict) else None
    if isinstance(exemptions, list):
        yield from (places.problem(path, text) for path, text in _repeated_ids(exemptions))
        yield from (places.warning(path, text) for path, text in _expired(exemptions, today))


def _repeated_ids(exemptions: list[Any]) -> Iterator[Complaint]:
    first: dict[str, int] = {}
    for index, exemption in enumerate(exemptions):
        name = exemption.get("id") if isinstance(exemption, dict) else None
        if not isinstance(name, str):
            continue
        if name in first:
            yield ("exemptions", index, "id"), f"{name} is the id of exemptions[{first[name]}] too; choose another"
        first.setdefault(name, index)


def _expired(exemptions: list[Any], today: date) -> Iterator[Complaint]:
    for index, exemption in enumerate(exemptions):
        expires = exemption.get("expires") if isinstance(exemption, dict) else None
        try:
            last_day = date.fromisoformat(str(expires))
        except ValueError:
            continue
        if last_day < today:
            text = f"{exemption.get('id')} has expired on {last_day} and exempts nothing; remove it, or let its owner renew it"
            yield ("exemptions", index, "expires"), text
