"""Explain errors of YAML: the position of the mistake, which is not always where the parser noticed it, and what to write."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import yaml

_INDENTATION = "line it up with spaces"
# In the indentation, or after the dash of an item or the colon of a key.
_ODD_SPACE = re.compile(r" *(?:- +)*(?:-|[\w.\"'-]+:)?([^\S \t\r\n])")
_CLOSING = {"[": "]", "{": "}"}


@dataclass(frozen=True)
class _Failure:
    """The parser's problem, and the line where it is; columns count from 0."""

    problem: str
    line: str
    column: int

    @property
    def before(self) -> str:
        return self.line[: self.column]

    @property
    def token(self) -> str:
        """The word at the column."""
        start = max(self.before.rfind(each) for each in " \t[,{") + 1
        begins = self.line[start:]
        return begins.split(",")[0].split("]")[0].split("}")[0].split("#")[0].strip()


def explain_yaml(error: yaml.YAMLError, text: str) -> tuple[int, int, str]:
    """Return line and column, counted from 1, and a message with the problem and what to write."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        # The parser gives no position for a character that YAML doesn't allow at all.
        return 1, 1, f"this is not YAML: {error}"
    if odd := _odd_space(text.split("\n")[: error.problem_mark.line + 1]):
        return odd
    problem = str(error.problem)
    mark = (error.context_mark if problem in _BEGUN else None) or error.problem_mark
    lines = text.split("\n")
    failure = _Failure(problem, lines[mark.line] if mark.line < len(lines) else "", mark.column)
    hint = next((hint for known, explain in _EXPLAIN if known in problem and (hint := explain(failure))), None)
    return mark.line + 1, mark.column + 1, f"this is not YAML: {hint or problem}"


def _odd_space(lines: list[str]) -> tuple[int, int, str] | None:
    """Return the last place with a space that YAML doesn't treat as one, as in text copied from a web page."""
    for row in range(len(lines), 0, -1):
        if found := _ODD_SPACE.match(lines[row - 1]):
            name = unicodedata.name(found[1], "a space of another kind").lower()
            return (
                row,
                found.start(1) + 1,
                f"this is not YAML: U+{ord(found[1]):04X}, {name}, is not a space here; write one",
            )
    return None


def _tab(failure: _Failure) -> str | None:
    if failure.line[failure.column :].startswith("\t"):
        return "a tab in the indentation; use spaces"
    return None


def _star(failure: _Failure) -> str | None:
    token = failure.token
    return f'text that begins with * must be in quotes; write "{token}"' if token.startswith("*") else None


def _special(failure: _Failure) -> str | None:
    token = failure.token
    return f'text that begins with {token[0]} must be in quotes; write "{token}"' if token else None


def _indentation(failure: _Failure) -> str:
    if failure.before.strip():
        return "nothing may follow here; put the whole text in quotes, or begin a new line"
    return f"the indentation doesn't match the lines around it; {_INDENTATION}"


def _second_colon(failure: _Failure) -> str:
    if ": " in failure.before:
        return "a second `: ` in one line; put the text after the first one in quotes"
    return f"the line above lacks its colon, or this one is indented too far; write the colon, or {_INDENTATION}"


def _no_colon(failure: _Failure) -> str:
    if ":" in failure.line.strip()[:-1]:
        return "a space is missing after the colon; write one"
    return "this line has no colon; write `key: value`, or `- ` before an item of a list"


def _bracket(failure: _Failure) -> str:
    bracket = failure.line[failure.column : failure.column + 1]
    return f"this {bracket} is not closed, or a comma is missing in it; write {_CLOSING.get(bracket, 'the bracket')}"


def _item(_: _Failure) -> str:
    return "a list can't start on the line of its key; write each item on its own line after `- `, or all as [a, b]"


def _quote(_: _Failure) -> str:
    return "the closing quote is missing; write it at the end of the text"


def _document(_: _Failure) -> str:
    return "a second document begins here; write all in one, without `---` between"


_EXPLAIN: tuple[tuple[str, Callable[[_Failure], str | None]], ...] = (
    ("tab character", _tab),
    ("cannot start any token", _tab),
    ("cannot start any token", _special),
    ("expected alphabetic or numeric character", _star),
    ("undefined alias", _star),
    ("did not find expected key", _indentation),
    ("did not find expected '-' indicator", _indentation),
    ("mapping values are not allowed", _second_colon),
    ("could not find expected ':'", _no_colon),
    ("did not find expected ',' or", _bracket),
    ("unexpected end of stream", _quote),
    ("found another document", _document),
    ("block sequence entries are not allowed", _item),
)
# For these problems the parser reports where it stopped; the mistake is at the beginning of the node that it was reading.
_BEGUN = {
    "could not find expected ':'",
    "did not find expected ',' or ']'",
    "did not find expected ',' or '}'",
    "found unexpected end of stream",
}
