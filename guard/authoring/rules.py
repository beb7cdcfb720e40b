"""Read and check the METADATA of the rules, as OPA reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from jsonschema import Draft202012Validator, SchemaError

from guard.authoring.diagnostics import Diagnostic
from guard.authoring.formats import FORMATS, read_as
from guard.authoring.opa import Opa
from guard.authoring.wording import hint, shown
from guard.document import Part
from guard.jobs import BY_KIND

SCOPE_FACTS = ("account", "region", "role_arn", "job_kind")
SEVERITIES = ("low", "medium", "high", "critical")
_TYPES = ["array", "boolean", "integer", "null", "number", "object", "string"]
# Names of the types in other languages.
_OTHER_TYPES = {"bool": "boolean", "dict": "object", "float": "number", "int": "integer", "list": "array", "map": "object"} | {
    "mapping": "object", "str": "string", "text": "string",
}  # fmt: skip
_PARTS = tuple(sorted(get_args(Part)))


@dataclass(frozen=True)
class Rule:
    """One rule of the library; its parameters are JSON schemas, each with a description.

    The rule is about jobs of the `kinds` (empty for all) that have every part in `needs`. It looks up single keys of the
    parameters `in_place`, which are mappings of any length. With one of the `pointless` values of parameters it finds nothing;
    with one of the `emptied` values it finds nothing that its section names.
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
    pointless: tuple[Mapping[str, Any], ...] = ()
    emptied: tuple[Mapping[str, Any], ...] = ()

    @property
    def required(self) -> tuple[str, ...]:
        """The parameters that the configuration must give: those without a `default`."""
        return tuple(sorted(name for name, schema in self.parameters.items() if "default" not in schema))

    @property
    def about(self) -> tuple[str, ...]:
        """The job kinds that the rule may have findings for."""
        return tuple(
            kind.id
            for kind in BY_KIND.values()
            if (not self.kinds or kind.id in self.kinds) and kind.parts.issuperset(self.needs)
        )


def read_rules(opa: Opa, policies: Path) -> tuple[list[Rule], list[Diagnostic]]:
    """Return all rules of a bundle folder, sorted by id, and the problems of METADATA that `metadata_problems` doesn't report.

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
        pointless=_mappings(custom.get("pointless", [])),
        emptied=_mappings(custom.get("emptied", [])),
    )


def _words(given: object) -> tuple[str, ...]:
    return tuple(str(word) for word in _listed(given))


def _mappings(given: object) -> tuple[Mapping[str, Any], ...]:
    return tuple(each for each in _listed(given) if isinstance(each, dict))


def _listed(given: object) -> list[Any]:
    return given if isinstance(given, list) else [given]


def _problems(rule: Rule, metadata: Mapping[str, Any]) -> list[Diagnostic]:
    texts = []
    if rule.severity and rule.severity not in SEVERITIES:
        known = f"it is one of {', '.join(SEVERITIES)}"
        wrong = hint(f'custom.severity: "{rule.severity}" is not a severity', rule.severity, list(SEVERITIES), known)
        texts.append(f"METADATA {wrong}")
    texts += _applicability_texts(rule, metadata.get("custom", {}))
    texts += _in_place_texts(rule, metadata.get("custom", {}))
    for name, schema in rule.parameters.items():
        texts += _parameter_texts(name, schema)
    if not texts:
        texts += _value_texts(rule, metadata.get("custom", {}), "pointless", rule.pointless)
        texts += _value_texts(rule, metadata.get("custom", {}), "emptied", rule.emptied)
    return [Diagnostic(rule.file, rule.row, 1, text) for text in texts]


def _applicability_texts(rule: Rule, custom: Mapping[str, Any]) -> Iterator[str]:
    """Yield the problems of `kinds` and `needs`."""
    for key in ("kinds", "needs"):
        if not isinstance(custom.get(key, []), list) or custom.get(key) == []:
            yield f"METADATA custom.{key}: must be a non-empty list; leave the key out if the rule is about all jobs"
    known = f"known are {', '.join(_PARTS)}"
    for part in (part for part in rule.needs if part not in _PARTS):
        yield f"METADATA custom.needs: {hint(f'no job can have {part}', part, list(_PARTS), known)}"
    known = f"known are {', '.join(BY_KIND)}"
    for kind in (kind for kind in rule.kinds if kind not in BY_KIND):
        yield f"METADATA custom.kinds: {hint(f'{kind} is not a known job kind', kind, list(BY_KIND), known)}"
    rows = [BY_KIND[kind] for kind in rule.kinds if kind in BY_KIND]
    for row in (row for row in rows if not row.parts.issuperset(part for part in rule.needs if part in _PARTS)):
        lacking = ", ".join(sorted(set(rule.needs) & set(_PARTS) - row.parts))
        yield f"METADATA custom.kinds: no {row.id} job can have {lacking}, which custom.needs requires; leave the kind out"


def _in_place_texts(rule: Rule, custom: Mapping[str, Any]) -> Iterator[str]:
    """Yield the problems of `in_place`."""
    if not isinstance(custom.get("in_place", []), list) or custom.get("in_place") == []:
        yield "METADATA custom.in_place: must be a non-empty list of parameters; leave the key out if there are none"
    mappings = [
        name for name, schema in rule.parameters.items() if isinstance(schema, dict) and schema.get("type") == "object"
    ]
    for name in (name for name in rule.in_place if name not in mappings):
        text = hint(f"no parameter {name} is of type object", name, mappings, "only mappings have keys to look up")
        yield f"METADATA custom.in_place: {text}"


def _value_texts(
    rule: Rule, custom: Mapping[str, Any], key: str, values: tuple[Mapping[str, Any], ...]
) -> Iterator[str]:
    """Yield the problems of `pointless` or `emptied`, for parameters whose schemas are valid."""
    at = f"METADATA custom.{key}"
    given = custom.get(key, [{}])
    if not isinstance(given, list) or not given or not all(isinstance(each, dict) for each in given):
        yield f"{at}: must be a list of mappings from parameters to values; leave the key out if there are none"
    for name, value in ((name, value) for each in values for name, value in each.items()):
        if name not in rule.parameters:
            yield f"{at}: {hint(f'there is no parameter {name}', name, sorted(rule.parameters), 'declare it')}"
        elif not Draft202012Validator(rule.parameters[name]).is_valid(value):
            yield f"{at}: {name} can't be {shown(value)} according to its own schema"


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
    texts += [f"{at}: {hint(f'unknown format {f}', f, sorted(FORMATS), f'known are {known}')}" for f in unknown]
    wrong = any(not _can_be_tried(inner) for inner in _schemas(schema))
    return texts + (
        [f"{at}: must_not_match must be a list of texts, in a schema whose format is regex or a glob"] if wrong else []
    )


def _can_be_tried(schema: Mapping[str, Any]) -> bool:
    """Return whether `must_not_match` is missing or a list of texts that OPA can match with entries of this schema."""
    examples = schema.get("must_not_match", {})
    # A mapping is the schema of a property with this name.
    if isinstance(examples, dict):
        return True
    return (
        read_as(schema) is not None and isinstance(examples, list) and all(isinstance(each, str) for each in examples)
    )


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
    """Yield the formats in a schema, at any depth."""
    yield from (inner["format"] for inner in _schemas(schema) if isinstance(inner.get("format"), str))


def _schemas(schema: object) -> Iterator[dict[str, Any]]:
    """Yield every mapping of a schema, at any depth."""
    if isinstance(schema, dict):
        yield schema
    for inner in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from _schemas(inner)
