"""The JSON schema of the policies' configuration: a common part, and the parameters of each rule from its METADATA."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from guard.authoring.rules import Rule

LEVELS = ["off", "warn", "deny"]
_LEVEL = {"description": "Effect of a finding: off, warn or deny.", "$ref": "#/$defs/level"}
_FACTS = {
    "account": ("account-glob", "AWS account ids, as globs."),
    "region": ("region-glob", "AWS regions, as globs."),
    "role_arn": ("role-glob", "ARNs of execution roles, as globs."),
    "job_kind": ("job-kind-glob", "Kinds of jobs, as globs: training, processing, transform, ..."),
}
_WEAK_FACTS = {
    "image": ("image-scope", "Images, as entries of the deny list; `*` for any characters."),
    "job_name": ("scope-glob", "Names of jobs, as globs. Weak: the owner of a job chooses its name."),
}


def config_schema(rules: Iterable[Rule]) -> dict[str, Any]:
    """Return the schema of guard/config/data.yaml for these rules."""
    known = list(rules)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration of the policies",
        "description": "Generated from the METADATA of the rules by `make docs`.",
        "type": "object",
        "additionalProperties": False,
        "required": ["rules", "exemptions"],
        "properties": {
            "rules": _rules(known),
            "exemptions": {
                "description": "Temporary exemptions: the findings that they match don't count.",
                "type": "array",
                "items": _exemption([rule.rule_id for rule in known]),
            },
            "exemption_policy": _exemption_policy([rule.rule_id for rule in known]),
            "accounts": {
                "description": "Your AWS accounts; with this list, a scope for another account is an error.",
                "type": "array",
                "items": {"type": "string", "format": "account"},
            },
        },
        "$defs": {"level": {"enum": LEVELS}},
    }


def _rules(rules: list[Rule]) -> dict[str, Any]:
    return {
        "description": "Level and parameters of each rule, by rule id.",
        "type": "object",
        "additionalProperties": False,
        "required": [rule.rule_id for rule in rules],
        "properties": {rule.rule_id: _rule(rule) for rule in rules},
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "title": rule.title,
        "description": rule.description,
        "type": "object",
        "additionalProperties": False,
        "required": ["level", *rule.required],
        "properties": {
            "level": _LEVEL,
            "overrides": _overrides(rule),
            **{name: dict(schema) for name, schema in rule.parameters.items()},
        },
    }


def _overrides(rule: Rule) -> dict[str, Any]:
    given = ["level", *rule.parameters]
    return {
        "description": "Changes of the level or of parameters for some jobs; the first override that matches a job applies.",
        "type": "array",
        "items": {
            "type": "object",
            "additionalProperties": False,
            "allOf": [{"anyOf": [{"required": [name]} for name in names]} for names in (_FACTS, given)],
            "properties": {
                **_one_or_more(_FACTS),
                "level": _LEVEL,
                **{
                    name: {"$ref": f"#/properties/rules/properties/{rule.rule_id}/properties/{name}"}
                    for name in rule.parameters
                },
            },
        },
    }


def _exemption(rule_ids: list[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["id", "owner", "reason", "rules", "scope", "expires"],
        "properties": {
            "id": _text("Names the exemption in findings; unique."),
            "owner": _text("Who is responsible for it."),
            "reason": _text("Why the exemption is justified."),
            "ticket": _text("The ticket with the decision."),
            "rules": {
                "description": 'Ids of the rules whose findings don\'t count; "*" for all.',
                "type": "array",
                "minItems": 1,
                "items": {"enum": [*rule_ids, "*"]},
            },
            "scope": _scope(),
            "starts": {
                "description": "The first day of the exemption in UTC: YYYY-MM-DD.",
                "type": "string",
                "format": "day",
            },
            "expires": {
                "description": "The last day of the exemption in UTC: YYYY-MM-DD.",
                "type": "string",
                "format": "day",
            },
        },
    }


def _exemption_policy(rule_ids: list[str]) -> dict[str, Any]:
    return {
        "description": "Requirements for exemptions; one that violates them exempts nothing.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "longest_days": {
                "description": "The most days that an exemption may last; each exemption then needs `starts`, its first day.",
                "type": "integer",
                "minimum": 1,
            },
            "ticket_required": {"description": "Whether each exemption must have a ticket.", "type": "boolean"},
            "never": {
                "description": "Ids of the rules that can't be exempted.",
                "type": "array",
                "items": {"enum": rule_ids},
            },
            "wildcards": {
                "description": "Whether a scope may have * and ?: any; part, but not to match everything; or none.",
                "enum": ["any", "part", "none"],
            },
        },
    }


def _scope() -> dict[str, Any]:
    return {
        "description": "The jobs, or the images, that it is for: all given keys must match.",
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "properties": _one_or_more(_FACTS | _WEAK_FACTS),
    }


def _one_or_more(facts: dict[str, tuple[str, str]]) -> dict[str, Any]:
    return {
        name: {
            "description": description,
            "type": ["string", "array"],
            "format": form,
            "minItems": 1,
            "items": {"type": "string", "format": form},
        }
        for name, (form, description) in facts.items()
    }


def _text(description: str) -> dict[str, Any]:
    return {"description": description, "type": "string", "pattern": "\\S"}
