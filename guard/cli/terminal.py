"""The terminal: all output for people goes through this module, so that no text is printed without escaping."""

from __future__ import annotations

from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

from guard.cli.text import printable

Part = str | tuple[str, str]
"""A text, or a text with its style."""


class Terminal(Console):
    """Prints plain strings escaped and without markup; use `styled` and `lines` for styles and several lines."""

    def __init__(self, out: TextIO, *, soft_wrap: bool = False) -> None:
        super().__init__(file=out, markup=False, emoji=False, highlight=False, soft_wrap=soft_wrap)

    def render_str(self, text: str, **options: Any) -> Text:
        """Return the string escaped; rich calls this for every plain string, also in cells and titles."""
        return super().render_str(printable(text), **options)


def styled(*parts: Part, style: str = "", overflow: Any = None) -> Text:
    """Return the parts as one line, each escaped, including its line breaks."""
    escaped = (printable(part) if isinstance(part, str) else (printable(part[0]), part[1]) for part in parts)
    return Text.assemble(*escaped, style=style, overflow=overflow)


def lines(*texts: Text) -> Text:
    """Return one text with a line for each of the texts."""
    return Text("\n").join(texts)
