"""Text that somebody else wrote, for a terminal: nothing in it moves the cursor, changes colours or hides other text."""

from __future__ import annotations

import io
import re
import unicodedata
from typing import TextIO

# Control, format (bidirectional overrides, zero width), surrogate, private and unassigned characters, separators of lines.
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def printable(text: str) -> str:
    r"""Return the text with each character that a terminal would obey, or not show, written as an escape.

    >>> printable("churn\x1b[2J\N{RIGHT-TO-LEFT OVERRIDE}")
    'churn\\x1b[2J\\u202e'
    """
    return "".join(
        character if unicodedata.category(character) not in _HIDDEN else repr(character)[1:-1] for character in text
    )


class Escaping(io.TextIOBase):
    """Writes to a terminal what is printable, each other character as an escape; lines and tabs are the program's own."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, text: str) -> int:
        """Write the text and return the number of its characters."""
        self._out.write(re.sub(r"[^\n\t]+", lambda found: printable(found[0]), text))
        return len(text)
