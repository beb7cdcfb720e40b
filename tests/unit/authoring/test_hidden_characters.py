"""Which invisible characters are reported, and which texts may have them."""

from __future__ import annotations

from typing import Any

import pytest

from guard.authoring.hidden_characters import hidden_characters

SCHEMA: dict[str, Any] = {
    "properties": {
        "names": {"items": {"type": "string"}},
        "globs": {"items": {"type": "string", "format": "glob"}},
        "expressions": {"items": {"type": "string", "format": "regex"}},
        "version": {"type": "string", "pattern": "^[0-9.]+$"},
        "reason": {"type": "string", "pattern": "\\S"},
        "level": {"enum": ["off"]},
        "tags": {"additionalProperties": {"items": {"type": "string"}}},
    }
}
END = "ends with white space, so it doesn't match; remove it; if it is intended, write ?"
BLOCK = "ends with the line break of a YAML block; write >- for >, and |- for |; if it is intended, write ?"
LINES = "has a line break or a tab inside; write the lines as entries of a list"


@pytest.mark.parametrize(
    ("config", "path", "said"),
    [
        ({"names": ["a", "latest "]}, ("names", 1), f'"latest " {END}'),
        ({"globs": ["*:role/*PowerUser* "]}, ("globs", 0), f'"*:role/*PowerUser* " {END}'),
        ({"globs": [" a "]}, ("globs", 0), f'" a " {END.replace("ends", "begins")}'),
        ({"globs": ["a\u00a0"]}, ("globs", 0), f'"a\\u00a0" {END}'),
        ({"globs": ["a\t"]}, ("globs", 0), f'"a\\t" {END}'),
        ({"globs": ["a\n"]}, ("globs", 0), f'"a\\n" {BLOCK}'),
        ({"globs": ["a b\r\n"]}, ("globs", 0), f'"a b\\r\\n" {BLOCK}'),
        ({"globs": ["a\r"]}, ("globs", 0), f'"a\\r" {BLOCK}'),
        ({"globs": [" "]}, ("globs", 0), f'" " {END.replace("ends", "begins")}'),
        ({"expressions": ["a "]}, ("expressions", 0), f'"a " {END.replace("write ?", f"write [ ] or {chr(92)}s")}'),
        ({"globs": ["a\nb"]}, ("globs", 0), f'"a\\nb" {LINES}'),
        ({"names": ["a\tb"]}, ("names", 0), f'"a\\tb" {LINES}'),
        (
            {"names": ["la\u200btest"]}, ("names", 0),
            '"la\\u200btest" has the invisible character U+200B, ZERO WIDTH SPACE; type the text again',
        ),
        (
            {"names": ["a\u00a0b"]}, ("names", 0),
            '"a\\u00a0b" has the invisible character U+00A0, NO-BREAK SPACE; type the text again',
        ),
        (
            {"globs": ["a b\x07c"]}, ("globs", 0),
            '"a b\\u0007c" has the invisible character U+0007, a control character; type the text again',
        ),
        ({"version": "2.0\n"}, ("version",), f'"2.0\\n" {BLOCK}'),
        (
            {"tags": {"NODE_OPTIONS ": ["x"]}}, ("tags", "NODE_OPTIONS "),
            "\"NODE_OPTIONS \" ends with white space, so it doesn't match; remove it; names never have it",
        ),
        ({"tags": {"team": ["x "]}}, ("tags", "team", 0), f'"x " {END}'),
    ],
)  # fmt: skip
def test_an_invisible_character_is_reported(config: Any, path: Any, said: str) -> None:
    assert list(hidden_characters(SCHEMA, config)) == [(path, said)]


@pytest.mark.parametrize(
    "config",
    [
        {"globs": ["*", "chmod +x a && ./a", "set -e\n\tpython3 train.py", "ü", "研究　開発"]},
        {"expressions": [r"(?:^|\s)-r\s", r"\t"]},
        {"reason": "retired, see\nthe wiki\n"},
        {"level": "off "},
        {"tags": {"cost center": ["a b"]}},
        {"names": []},
        {"unknown": [" a"]},
        7,
    ],
    ids=["globs", "expressions", "prose", "a choice", "spaces inside", "nothing", "unknown", "no mapping"],
)
def test_a_text_without_invisible_characters_is_not_reported(config: Any) -> None:
    assert list(hidden_characters(SCHEMA, config)) == []
