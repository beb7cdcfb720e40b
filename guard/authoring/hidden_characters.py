"""Characters that nobody sees in a configuration, and that keep a text from matching anything: spaces at an end, line breaks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from guard.authoring.config_texts import Schema, Text, texts
from guard.authoring.explain import Explanation
from guard.authoring.wording import shown

# Control and format characters, line separators, and spaces that look like the usual one; values in Japanese have their own.
_HIDDEN = {"Cc", "Cf", "Zl", "Zp", "Zs"}
_SEEN = " \t\n\r\u3000"


def hidden_characters(schema: Schema, config: Any) -> Iterator[Explanation]:
    """Yield the texts with characters that nobody sees, but for those that only people read."""
    for text in texts(schema, config):
        if not text.is_prose and "enum" not in text.schema and (found := _found(text)):
            yield text.path, found


def _found(given: Text) -> str | None:
    text = given.text
    if text != text.strip():
        return f"{shown(text)} {_end(text)}; {_meant(given)}"
    for character in text:
        if unicodedata.category(character) in _HIDDEN and character not in _SEEN:
            name = unicodedata.name(character, "a control character")
            return f"{shown(text)} has U+{ord(character):04X} inside, {name}, which nobody sees; write the text anew"
    # A script has both, as a word of a command.
    if re.search(r"[\t\n\r]", text) and " " not in text:
        return f"{shown(text)} has a line break or a tab inside; write the lines as entries of a list"
    return None


def _end(text: str) -> str:
    if text.endswith(("\n", "\r")):
        return "ends with a line break, which a block of YAML has; write >- for >, and |- for |"
    return f"{'begins' if text != text.lstrip() else 'ends'} with white space, so that it doesn't match; remove it"


def _meant(given: Text) -> str:
    if given.schema.get("format") == "regex":
        return "where it is meant, write [ ] or \\s"
    return "no name ends so" if given.is_key else "where it is meant, write ?"
