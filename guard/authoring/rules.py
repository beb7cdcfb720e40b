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

SCOPE_FACTS = ("account", "region", "role_arn", "job_kind")
SEVERITIES = ("low", "medium", "high", "critical")
_CUSTOM = ("needs", "parameters", "remediation", "severity")
_PARTS = tuple(sorted(get_args(Part)))
_KNOWN = ", ".join(_CUSTOM)
_TYPED = {
    "path": [{"type": "var", "value": "input"}],
    "schema": [{"type": "var", "value": "schema"}, {"type": "string", "value": "input"}],
}


@dataclass(frozen=True)
class Rule:
    """One rule of the library; its parameters are JSON schemas, each with a description.

    `needs` are the parts that a job must have for the rule to be about it.
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

    @property
    def required(self) -> tuple[str, ...]:
        """The parameters that the configuration must give: those without a `default`."""
        return tuple(sorted(name for name, schema in self.parameters.items() if "default" not in schema))


def read_rules(opa: Opa, policies: Path) -> tuple[list[Rule], list[Diagnostic]]:
    """Return all rules of a bundle folder, sorted by id, and what is missing in their METADATA.

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
        needs=_needs(custom.get("needs", [])),
    )


def _needs(given: object) -> tuple[str, ...]:
    return tuple(str(part) for part in (given if isinstance(given, list) else [given]))


def _problems(rule: Rule, metadata: Mapping[str, Any]) -> list[Diagnostic]:
    fields = {"title": rule.title, "description": rule.description, "remediation": rule.remediation}
    missing = [name for name, text in fields.items() if not text.strip()]
    missing += [] if rule.resources else ["related_resources; name a page that explains what the rule is about"]
    missing += [] if _TYPED in metadata.get("schemas", []) else ["schemas: write `- input: schema.input` below it"]
    texts = [f"METADATA has no {name}" for name in missing]
    if rule.severity not in SEVERITIES:
        texts.append(f"METADATA has no custom.severity; it is one of {', '.join(SEVERITIES)}")
    unknown = sorted(metadata.get("custom", {}).keys() - set(_CUSTOM))
    texts += [
        f"METADATA custom.{key}: {hint('unknown key', key, list(_CUSTOM), f'known are {_KNOWN}')}" for key in unknown
    ]
    known = f"known are {', '.join(_PARTS)}"
    texts += [
        f"METADATA custom.needs: {hint(f'no job can have {part}', part, list(_PARTS), known)}"
        for part in rule.needs
        if part not in _PARTS
    ]
    for name, schema in rule.parameters.items():
        texts += _parameter_texts(name, schema)
    return [Diagnostic(rule.file, rule.row, 1, text) for text in texts]


def _parameter_texts(name: str, schema: object) -> list[str]:
    at = f"METADATA custom.parameters.{name}"
    if name in ("level", "overrides", *SCOPE_FACTS):
        return [f"{at}: the configuration of every rule has this key; choose another name"]
    if not isinstance(schema, dict):
        return [f"{at}: must be the parameter's JSON schema"]
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as exc:
        return [f"{at}: is not a JSON schema: {exc.message}"]
    texts = [f"{at}: has no {key}" for key in ("description", "type") if key not in schema]
    unknown = sorted({form for form in formats_of(schema) if form not in FORMATS})
    known = ", ".join(sorted(FORMATS))
    return texts + [f"{at}: {hint(f'unknown format {f}', f, sorted(FORMATS), f'known are {known}')}" for f in unknown]


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
