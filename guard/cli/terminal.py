"""The terminal: the one way on which commands print for people, so that no text reaches it raw, whoever wrote it."""

from __future__ import annotations

from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

from guard.cli.text import printable

Part = str | tuple[str, str]
"""A text, or a text with its style."""


class Terminal(Console):
    """Prints plain strings escaped, without markup; what has styles or several lines comes from `styled` and `lines`."""

    def __init__(self, out: TextIO, *, soft_wrap: bool = False) -> None:
        super().__init__(file=out, markup=False, emoji=False, highlight=False, soft_wrap=soft_wrap)

    def render_str(self, text: str, **options: Any) -> Text:
        """Return the string as rich lays it out, in cells and titles too, escaped."""
        return super().render_str(printable(text), **options)


def styled(*parts: Part, style: str = "", overflow: Any = None) -> Text:
    """Return the parts as one line, each of them escaped: a line break in a part is text, too."""
    escaped = (printable(part) if isinstance(part, str) else (printable(part[0]), part[1]) for part in parts)
    return Text.assemble(*escaped, style=style, overflow=overflow)


def lines(*texts: Text) -> Text:
    """Return the texts as lines of one text."""
    return Text("\n").join(texts)
