"""Escape untrusted text for a terminal, so that it can't move the cursor, change colours or hide other text."""

from __future__ import annotations

import io
import re
import unicodedata
from typing import TextIO

# Control, format (bidirectional overrides, zero width), surrogate, private use and unassigned characters, line separators.
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def printable(text: str) -> str:
    r"""Return the text with each control or invisible character written as an escape.

    >>> printable("churn\x1b[2J\N{RIGHT-TO-LEFT OVERRIDE}")
    'churn\\x1b[2J\\u202e'
    """
    return "".join(
        character if unicodedata.category(character) not in _HIDDEN else repr(character)[1:-1] for character in text
    )


class Escaping(io.TextIOBase):
    """A text stream to a terminal that escapes all but printable characters, line breaks and tabs."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, text: str) -> int:
        """Write the text and return the number of its characters."""
        self._out.write(re.sub(r"[^\n\t]+", lambda found: printable(found[0]), text))
        return len(text)
