"""The texts of a configuration are found, each with its schema."""

from __future__ import annotations

from typing import Any

import pytest

from guard.authoring.config_texts import Text, texts

TEXT, GLOB = {"type": "string"}, {"type": "string", "format": "glob"}
NAMES = {"pattern": "^[A-Z]+$"}
SCHEMA = {
    "properties": {
        "alone": TEXT,
        "list": {"items": GLOB},
        "either": {"type": ["string", "array"], "format": "glob", "items": TEXT},
        "mapping": {"propertyNames": NAMES, "additionalProperties": {"items": GLOB}},
        "plain": {"additionalProperties": GLOB},
        "same": {"$ref": "#/properties/list"},
        "words": {"prefixItems": [GLOB], "items": TEXT},
        "any": True,
        "closed": {"properties": {"a": GLOB}, "additionalProperties": False},
    }
}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"alone": "a"}, [Text(("alone",), "a", TEXT)]),
        ({"list": ["a", 7, "b"]}, [Text(("list", 0), "a", GLOB), Text(("list", 2), "b", GLOB)]),
        ({"either": "a"}, [Text(("either",), "a", SCHEMA["properties"]["either"])]),
        ({"either": ["a"]}, [Text(("either", 0), "a", TEXT)]),
        ({"mapping": {"A": ["b"]}}, [Text(("mapping", "A"), "A", NAMES, True), Text(("mapping", "A", 0), "b", GLOB)]),
        ({"plain": {"A": "b"}}, [Text(("plain", "A"), "A", {}, True), Text(("plain", "A"), "b", GLOB)]),
        ({"same": ["a"]}, [Text(("same", 0), "a", GLOB)]),
        ({"words": ["a", "b"]}, [Text(("words", 0), "a", GLOB), Text(("words", 1), "b", TEXT)]),
        ({"any": ["a"]}, [Text(("any", 0), "a", {})]),
        ({"closed": {"a": "x", "b": "y"}}, [Text(("closed", "a"), "x", GLOB)]),
        ({"unknown": "a"}, []),
        ({"list": {"a": "b"}}, []),
        ("a", []),
    ],
    ids=str,
)
def test_each_text_has_its_path_and_its_schema(config: Any, expected: list[Text]) -> None:
    assert list(texts(SCHEMA, config)) == expected


@pytest.mark.parametrize(
    ("text", "prose"),
    [
        (Text(("reason",), "x", {"type": "string"}), True),
        (Text(("reason",), "x", {"type": "string", "pattern": "\\S"}), True),
        (Text(("version",), "x", {"type": "string", "pattern": "^[0-9]+$"}), False),
        (Text(("role",), "x", {"type": "string", "format": "glob"}), False),
        (Text(("level",), "x", {"enum": ["off"]}), False),
        (Text(("names", 0), "x", {"type": "string"}), False),
        (Text(("tags", "x"), "x", {}, True), False),
    ],
    ids=["free", "not empty", "of a form", "of a format", "a choice", "entry", "key"],
)
def test_text_that_only_people_read_is_prose(text: Text, prose: bool) -> None:
    assert text.is_prose == prose
