"""What several checks say in the same words: the name that was meant, and a value as it is written."""

from __future__ import annotations

import difflib
import json


def hint(text: str, given: str, known: list[str], otherwise: str) -> str:
    """Return the text with the nearest known name, or with what to do if none is near."""
    close = difflib.get_close_matches(given, known)
    return f"{text}; did you mean {close[0]}?" if close else f"{text}; {otherwise}"


def shown(value: object) -> str:
    """Return a value as JSON, what can't be seen as its code, and what is long cut."""
    text = json.dumps(value, ensure_ascii=not str(value).isprintable())
    return text if len(text) <= 60 else text[:57] + "..."
