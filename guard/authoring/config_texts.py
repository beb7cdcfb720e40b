"""Walk through the texts of a configuration, each with its schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from guard.authoring.yaml_positions import KeyPath

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Text:
    """A text at its path: a value, or a key of a mapping with arbitrary keys."""

    path: KeyPath
    text: str
    schema: Schema
    is_key: bool = False

    @property
    def is_prose(self) -> bool:
        """Whether the text is for people to read: it isn't a key or an entry of a list, and its schema has no form."""
        alone = not self.is_key and not isinstance(self.path[-1], int)
        return alone and self.schema.get("pattern", "\\S") == "\\S" and not self.schema.keys() & {"format", "enum"}


def texts(schema: Schema, config: Any) -> Iterator[Text]:
    """Yield the texts of a configuration; keys that are not in the schema are skipped."""
    yield from _inside(schema, schema, config if isinstance(config, dict) else {}, ())


def _texts(root: Schema, given: Any, value: Any, path: KeyPath) -> Iterator[Text]:
    # A schema may also be just `true`.
    schema = _followed(root, given) if isinstance(given, dict) else {}
    if isinstance(value, str):
        yield Text(path, value, schema)
    elif isinstance(value, list):
        first = schema.get("prefixItems", [])
        for index, item in enumerate(value):
            yield from _texts(root, first[index] if index < len(first) else schema.get("items"), item, (*path, index))
    elif isinstance(value, dict):
        yield from _inside(root, schema, value, path)


def _inside(root: Schema, schema: Schema, value: Mapping[str, Any], path: KeyPath) -> Iterator[Text]:
    known, others = schema.get("properties", {}), schema.get("additionalProperties")
    for key, inner in value.items():
        if key in known:
            yield from _texts(root, known[key], inner, (*path, key))
        elif isinstance(others, dict):
            yield Text((*path, key), key, schema.get("propertyNames", {}), is_key=True)
            yield from _texts(root, others, inner, (*path, key))


def _followed(root: Schema, schema: Schema) -> Schema:
    """Return the schema with its `$ref` resolved, if it has one."""
    for name in str(schema.get("$ref", "#")).split("/")[1:]:
        root = root[name]
    return root if "$ref" in schema else schema
