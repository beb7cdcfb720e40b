"""What the rules say of themselves in their METADATA, as OPA reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from jsonschema import Draft202012Validator, SchemaError

from guard.authoring.diagnostics import Diagnostic
from guard.authoring.explain import hint
from guard.authoring.formats import FORMATS
from guard.authoring.opa import Opa
from guard.document import Part
from guard.jobs import BY_KIND

SCOPE_FACTS = ("account", "region", "role_arn", "job_kind")
SEVERITIES = ("low", "medium", "high", "critical")
_TYPES = ["array", "boolean", "integer", "null", "number", "object", "string"]
# What other languages call them.
_OTHER_TYPES = {"bool": "boolean", "dict": "object", "float": "number", "int": "integer", "list": "array", "map": "object"} | {
    "mapping": "object", "str": "string", "text": "string",
}  # fmt: skip
_PARTS = tuple(sorted(get_args(Part)))


@dataclass(frozen=True)
class Rule:
    """One rule of the library; its parameters are JSON schemas, each with a description.

    It is about jobs of the `kinds`, all if there are none, that have each part of `needs`. Of the parameters `in_place`, mappings
    of any length, it looks single keys up.
    """

    rule_id: str
    file: Path
    row: int
    title: str
    description: str
    severity: str
    remediation: str
    resources: tuple[str, ...]
    parameters: Mapping[str, Mapping[str, Any]]
    needs: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    in_place: tuple[str, ...] = ()

    @property
    def required(self) -> tuple[str, ...]:
        """The parameters that the configuration must give: those without a `default`."""
        return tuple(sorted(name for name, schema in self.parameters.items() if "default" not in schema))

    @property
    def about(self) -> tuple[str, ...]:
        """The job kinds of which some job is the rule's subject."""
        return tuple(
            kind.id
            for kind in BY_KIND.values()
            if (not self.kinds or kind.id in self.kinds) and kind.parts.issuperset(self.needs)
        )


def read_rules(opa: Opa, policies: Path) -> tuple[list[Rule], list[Diagnostic]]:
    """Return all rules of a bundle folder, sorted by id, and what is wrong in METADATA that `metadata_problems` finds complete.

    Raises ConfigError when OPA can't read the policies.
    """
    inspected = opa.inspect(policies)
    metadata = {
        _package(entry["path"]): entry["annotations"] | {"row": entry["location"]["row"]}
        for entry in inspected.get("annotations", [])
        if entry["annotations"]["scope"] == "package"
    }
    rules, problems = [], []
    for package, files in sorted(inspected["namespaces"].items()):
        parts = package.split(".")
        if parts[:3] != ["data", "guard", "rules"] or len(parts) != 4 or parts[3].endswith("_test"):
            continue
        described = metadata.get(package, {})
        rule = _rule(parts[3], Path(files[0]), described)
        rules.append(rule)
        problems += _problems(rule, described)
    return rules, problems


def _package(path: list[dict[str, str]]) -> str:
    return ".".join(part["value"] for part in path)


def _rule(rule_id: str, file: Path, metadata: Mapping[str, Any]) -> Rule:
    custom = metadata.get("custom", {})
    parameters = custom.get("parameters", {})
    return Rule(
        rule_id=rule_id,
        file=file,
        row=metadata.get("row", 1),
        title=metadata.get("title", ""),
        description=metadata.get("description", "").strip(),
        severity=str(custom.get("severity", "")),
        remediation=str(custom.get("remediation", "")).strip(),
        resources=tuple(resource["ref"] for resource in metadata.get("related_resources", [])),
        parameters=parameters if isinstance(parameters, dict) else {"parameters": parameters},
        needs=_words(custom.get("needs", [])),
        kinds=_words(custom.get("kinds", [])),
        in_place=_words(custom.get("in_place", [])),
    )


def _words(given: object) -> tuple[str, ...]:
    return tuple(str(word) for word in (given if isinstance(given, list) else [given]))


def _problems(rule: Rule, metadata: Mapping[str, Any]) -> list[Diagnostic]:
    texts = []
    if rule.severity and rule.severity not in SEVERITIES:
        known = f"it is one of {', '.join(SEVERITIES)}"
        wrong = hint(f'custom.severity: "{rule.severity}" is none', rule.severity, list(SEVERITIES), known)
        texts.append(f"METADATA {wrong}")
    texts += _applicability_texts(rule, metadata.get("custom", {}))
    texts += _in_place_texts(rule, metadata.get("custom", {}))
    for name, schema in rule.parameters.items():
        texts += _parameter_texts(name, schema)
    return [Diagnostic(rule.file, rule.row, 1, text) for text in texts]


def _applicability_texts(rule: Rule, custom: Mapping[str, Any]) -> Iterator[str]:
    """Return what is wrong with the kinds and parts that the rule is about."""
    for key in ("kinds", "needs"):
        if not isinstance(custom.get(key, []), list) or custom.get(key) == []:
            yield f"METADATA custom.{key}: must be a list of at least one; leave the key out if the rule is about all jobs"
    known = f"known are {', '.join(_PARTS)}"
    for part in (part for part in rule.needs if part not in _PARTS):
        yield f"METADATA custom.needs: {hint(f'no job can have {part}', part, list(_PARTS), known)}"
    known = f"known are {', '.join(BY_KIND)}"
    for kind in (kind for kind in rule.kinds if kind not in BY_KIND):
        yield f"METADATA custom.kinds: {hint(f'{kind} is not a known job kind', kind, list(BY_KIND), known)}"
    rows = [BY_KIND[kind] for kind in rule.kinds if kind in BY_KIND]
    for row in (row for row in rows if not row.parts.issuperset(part for part in rule.needs if part in _PARTS)):
        lacking = ", ".join(sorted(set(rule.needs) & set(_PARTS) - row.parts))
        yield f"METADATA custom.kinds: no {row.id} job can have {lacking}, which custom.needs demands; leave the kind out"


def _in_place_texts(rule: Rule, custom: Mapping[str, Any]) -> Iterator[str]:
    """Return what is wrong with the parameters of which the rule looks single keys up."""
    if not isinstance(custom.get("in_place", []), list) or custom.get("in_place") == []:
        yield "METADATA custom.in_place: must be a list of at least one parameter; leave the key out if there is none"
    mappings = [
        name for name, schema in rule.parameters.items() if isinstance(schema, dict) and schema.get("type") == "object"
    ]
    for name in (name for name in rule.in_place if name not in mappings):
        text = hint(f"no parameter {name} is of type object", name, mappings, "only keys of a mapping can be read so")
        yield f"METADATA custom.in_place: {text}"


def _parameter_texts(name: str, schema: object) -> list[str]:
    at = f"METADATA custom.parameters.{name}"
    if name in ("level", "overrides", *SCOPE_FACTS):
        return [f"{at}: the configuration of every rule has this key; choose another name"]
    if not isinstance(schema, dict):
        return [f"{at}: must be the parameter's JSON schema"]
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as exc:
        return [f"{at}: {_not_a_schema(exc)}"]
    texts = [f"{at}: has no {key}" for key in ("description", "type") if key not in schema]
    unknown = sorted({form for form in formats_of(schema) if form not in FORMATS})
    known = ", ".join(sorted(FORMATS))
    return texts + [f"{at}: {hint(f'unknown format {f}', f, sorted(FORMATS), f'known are {known}')}" for f in unknown]


def _not_a_schema(error: SchemaError) -> str:
    given = error.instance
    if not (isinstance(given, str) and [*error.absolute_path][-1:] == ["type"]):
        return f"is not a JSON schema: {error.message}"
    meant = _OTHER_TYPES.get(given)
    known = f"it is one of {', '.join(_TYPES)}"
    return (
        f"there is no type {given}; did you mean {meant}?"
        if meant
        else hint(f"there is no type {given}", given, _TYPES, known)
    )


def formats_of(schema: object) -> Iterator[str]:
    """Return the formats that a schema names, at any depth."""
    if isinstance(schema, dict):
        if isinstance(schema.get("format"), str):
            yield schema["format"]
        for inner in schema.values():
            yield from formats_of(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from formats_of(inner)
