"""Wording that several checks share: a suggestion for a misspelt name, and a value as messages show it."""

from __future__ import annotations

import difflib
import json


def hint(text: str, given: str, known: list[str], otherwise: str) -> str:
    """Return the text with the nearest known name as a suggestion, or followed by `otherwise` if none is near."""
    close = difflib.get_close_matches(given, known)
    return f"{text}; did you mean {close[0]}?" if close else f"{text}; {otherwise}"


def shown(value: object) -> str:
    """Return a value as JSON of at most 60 characters, escaped to ASCII if it has characters that can't be printed."""
    text = json.dumps(value, ensure_ascii=not str(value).isprintable())
    return text if len(text) <= 60 else text[:57] + "..."
