"""Values of a record as JSON values of limited length, whatever the job's owner wrote."""

from __future__ import annotations

from typing import Any, overload

from guard.errors import GuardError


def failure(error: GuardError, texts: int, entries: int) -> dict[str, Any]:
    """Return an error as data: its type, message, evidence and cause."""
    evidence = {name: plain(value, texts) for name, value in list(error.evidence.items())[:entries]}
    fields = {"error": type(error).__name__, "message": cut(error.message, texts), "evidence": evidence}
    return fields | ({"cause": cut(repr(error.__cause__), texts)} if error.__cause__ else {})


def plain(value: object, texts: int) -> Any:
    """Return the value as a JSON value of limited length."""
    if value is None or isinstance(value, bool | int | float):
        return value
    return cut(value if isinstance(value, str) else str(value), texts)


def line(text: str) -> str:
    """Return the text as one line of printable characters: white space becomes a space, any other unprintable character `?`.

    Unprintable characters could break lines, reverse the direction of writing, or hide text.
    """
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(character: str) -> str:
    return character if character.isprintable() else " " if character.isspace() else "?"


@overload
def cut(text: str, length: int) -> str: ...


@overload
def cut(text: str | None, length: int) -> str | None: ...


def cut(text: str | None, length: int) -> str | None:
    """Return the text, or its beginning followed by the length of the whole text."""
    if text is None or len(text) <= length:
        return text
    return f"{text[:length]}... ({len(text):,} characters)"
