"""Invisible characters in the configuration that keep a text from matching, such as trailing spaces and line breaks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from guard.authoring.config_texts import Schema, Text, texts
from guard.authoring.explain import Explanation
from guard.authoring.wording import shown

# Control and format characters, line separators, and spaces that look like an ordinary one. U+3000, the space of Japanese text,
# is allowed.
_HIDDEN = {"Cc", "Cf", "Zl", "Zp", "Zs"}
_ALLOWED = " \t\n\r\u3000"


def hidden_characters(schema: Schema, config: Any) -> Iterator[Explanation]:
    """Yield the texts with invisible characters, except for prose, which isn't compared with anything."""
    for text in texts(schema, config):
        if not text.is_prose and "enum" not in text.schema and (found := _found(text)):
            yield text.path, found


def _found(given: Text) -> str | None:
    text = given.text
    if text != text.strip():
        return f"{shown(text)} {_end(text)}; {_meant(given)}"
    for character in text:
        if unicodedata.category(character) in _HIDDEN and character not in _ALLOWED:
            name = unicodedata.name(character, "a control character")
            return f"{shown(text)} has the invisible character U+{ord(character):04X}, {name}; type the text again"
    # A text with both line breaks and spaces may be a script, given as one word of a command.
    if re.search(r"[\t\n\r]", text) and " " not in text:
        return f"{shown(text)} has a line break or a tab inside; write the lines as entries of a list"
    return None


def _end(text: str) -> str:
    if text.endswith(("\n", "\r")):
        return "ends with the line break of a YAML block; write >- for >, and |- for |"
    return f"{'begins' if text != text.lstrip() else 'ends'} with white space, so it doesn't match; remove it"


def _meant(given: Text) -> str:
    if given.schema.get("format") == "regex":
        return "if it is intended, write [ ] or \\s"
    return "names never have it" if given.is_key else "if it is intended, write ?"
