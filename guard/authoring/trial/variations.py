"""Variations of complete documents: with a fact that is unknown, hostile or temporarily unavailable."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from guard.document import Compute, Document
from guard.normalize import field_of

FieldPath = tuple[str | int, ...]
Json = dict[str, Any]

# Texts that a job's owner can write and that often break parsers, patterns and arithmetic.
HOSTILE_TEXTS = (
    "",
    " ",
    "\x00\x1b[2J\n",
    "\N{PILE OF POO}\N{RIGHT-TO-LEFT OVERRIDE}ﬁ",
    "%!s(%d)%",
    "[{(*?\\",
    "s3://",
    "arn:aws:s3:::",
    ":@/",
    "9" * 400,
    "a/" * 600,
)
HOSTILE_NUMBERS = (0, -1, 2**63)
# The value of a setting, which no finding may contain. It has spaces so that it isn't taken for a location, such as a bucket:
# findings may contain those.
UNSHOWN = "correct horse battery staple 7291"
_LONGEST_SHOWN = 40

_UNKNOWN_IMAGE = ("raw", "registry", "account", "region", "repository", "tag", "digest")

# By name in `unavailable`: the values of a document whose facts of this name are unavailable.
LACKING: dict[str, Json] = {
    "job.tags": {"job": {"tags": None}},
    "job.role_arns": {"job": {"role_arn": None, "role_arns": [], "execution_role_arns": []}},
    "images": {},
    "compute": {"compute": {**dict.fromkeys(Compute.model_fields), "instances": []}},
    "network": {"network": {"isolated": None, "vpc": None, "encrypted_traffic": None}},
    "network.isolated": {"network": {"isolated": None}},
    "network.vpc": {"network": {"vpc": None}},
    "storage": {"storage": {"inputs": [], "outputs": [], "volumes": []}},
    "storage.inputs": {"storage": {"inputs": []}},
    "command": {"command": {"entrypoint": None, "arguments": None}},
    "hyperparameters": {"hyperparameters": []},
    "environment": {"environment": []},
    "remote_access": {"remote_access": {"debug": None}},
}


@dataclass(frozen=True)
class Trial:
    """A document to evaluate; `change` describes how it differs from the named sample."""

    sample: str
    document: Json
    change: str | None = None

    def __str__(self) -> str:
        return f"{self.sample} with {self.change}" if self.change else self.sample


def nulled(trial: Trial) -> Iterator[Trial]:
    """Yield the document with each fact that may be unknown set to null, one at a time."""
    for path, schema, value in _leaves(trial.document, _schema(), ()):
        if value is not None and _is_nullable(schema):
            yield _changed(trial, path, None)


def hostile(trial: Trial) -> Iterator[Trial]:
    """Yield the document with each free text and each number replaced by each hostile one, one at a time."""
    for path, value in _free_values(trial.document):
        others = HOSTILE_TEXTS if isinstance(value, str) else HOSTILE_NUMBERS
        yield from (_changed(trial, path, other) for other in others)


def hostile_throughout(trial: Trial) -> Iterator[Trial]:
    """Yield the document with all free texts replaced by the same hostile text, once for each hostile text."""
    places = [path for path, value in _free_values(trial.document) if isinstance(value, str)]
    for text in HOSTILE_TEXTS:
        document = trial.document
        for path in places:
            document = _with(document, path, text)
        yield Trial(trial.sample, document, f"every text = {_shown(text)}")


def secret(trial: Trial, names: Iterable[str]) -> Trial:
    """Return the document with a secret as the value of all hyperparameters and variables, including ones of these names."""
    kept = {
        part: [{**setting, "value": UNSHOWN} for setting in (*trial.document[part], *_settings(slot, names))]
        for part, slot in (("environment", "Environment"), ("hyperparameters", "HyperParameters"))
    }
    return Trial(trial.sample, {**trial.document, **kept}, "a secret as the value of each setting")


def _settings(slot: str, names: Iterable[str]) -> Iterator[Json]:
    return ({"slot": slot, "name": name} for name in names)


def lacking(trial: Trial) -> Iterator[tuple[str, Trial]]:
    """Yield each name that `unavailable` can have, and the document without the facts of that name."""
    for field, lack in LACKING.items():
        document = copy.copy(trial.document)
        for name, part in lack.items():
            document[name] = {**document[name], **part} if isinstance(part, dict) else part
        if field == "images":
            document["images"] = [_without_image(image) for image in document["images"]]
        document["unavailable"] = [
            {
                "operation": "Describe",
                "resource": None,
                "message": "ThrottlingException",
                "fields": [field_of(field)],
                "facts": [field, "job.execution_role_arns"] if field == "job.role_arns" else [field],
            }
        ]
        yield field, Trial(trial.sample, document, f"{field} unavailable")


def _without_image(image: Json) -> Json:
    return {**image, **dict.fromkeys(_UNKNOWN_IMAGE), "error": {"code": "unavailable", "message": "Throttling"}}


def _free_values(document: Json) -> Iterator[tuple[FieldPath, str | int]]:
    for path, schema, value in _leaves(document, _schema(), ()):
        of_type = _of_type(schema, "string" if isinstance(value, str) else "integer")
        if isinstance(value, str | int) and not isinstance(value, bool) and of_type and not _is_fixed(of_type):
            yield path, value


def _is_fixed(schema: Mapping[str, Any]) -> bool:
    return bool({"enum", "const", "format"} & schema.keys())


def _changed(trial: Trial, path: FieldPath, value: Any) -> Trial:
    return Trial(trial.sample, _with(trial.document, path, value), f"{_dotted(path)} = {_shown(value)}")


def _shown(value: str | int | None) -> str:
    text = json.dumps(value)
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."


def _with(document: Any, path: FieldPath, value: Any) -> Any:
    """Return a copy of the document with another value at a path; everything outside of the path is shared."""
    if not path:
        return value
    first, *rest = path
    changed = copy.copy(document)
    changed[first] = _with(document[first], tuple(rest), value)
    return changed


def _dotted(path: FieldPath) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)[1:]


@cache
def _schema() -> Json:
    return Document.model_json_schema(mode="serialization")


def _leaves(
    value: Any, schema: Mapping[str, Any], path: FieldPath
) -> Iterator[tuple[FieldPath, Mapping[str, Any], Any]]:
    """Yield every value below the top of a document with its path and schema, outer values first."""
    if path:
        yield path, schema, value
    if isinstance(value, dict):
        of_object = _of_type(schema, "object") or {}
        for name, inner in value.items():
            inner_schema = of_object.get("properties", {}).get(name, of_object.get("additionalProperties", {}))
            yield from _leaves(inner, inner_schema, (*path, name))
    elif isinstance(value, list):
        items = (_of_type(schema, "array") or {}).get("items", {})
        for index, item in enumerate(value):
            yield from _leaves(item, items, (*path, index))


def _is_nullable(schema: Mapping[str, Any]) -> bool:
    return _of_type(schema, "null") is not None


def _of_type(schema: Mapping[str, Any], kind: str) -> Mapping[str, Any] | None:
    """Return the alternative of a schema for values of this type; None if there is none."""
    if "$ref" in schema:
        return _of_type(_schema()["$defs"][schema["$ref"].removeprefix("#/$defs/")], kind)
    if "anyOf" in schema:
        return next((found for each in schema["anyOf"] if (found := _of_type(each, kind)) is not None), None)
    return schema if schema.get("type") == kind else None
