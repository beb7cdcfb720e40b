"""Find the mutants of a Rego file in OPA's syntax tree."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Parse = Callable[[str], Any]

_OPERATORS = {
    "==": "!=",
    "!=": "==",
    "<": "<=",
    "<=": "<",
    ">": ">=",
    ">=": ">",
    "|": "&",
    "&": "|",
    "+": "-",
    "-": "|",
}
_LEVELS = {"allow": "deny", "deny": "warn", "warn": "deny", "off": "warn"}
_EMPTY = {"array": "[]", "object": "{}", "set": "set()"}


@dataclass(frozen=True, order=True)
class Mutant:
    """One change of a source: the text between two offsets is replaced."""

    start: int
    end: int
    original: str
    replacement: str
    row: int

    def applied(self, source: str) -> str:
        """Return the source with the change made."""
        return source[: self.start] + self.replacement + source[self.end :]

    def __str__(self) -> str:
        return f"{_short(self.original)} -> {_short(self.replacement)}"


def find_mutants(source: str, parse: Parse) -> list[Mutant]:
    """Return all changes of a source that may compile, in the order of the file."""
    found: set[Mutant] = set()
    for clause, offset in _clauses(source, parse):
        found |= set(_Finder(source, clause, offset).of(clause.tree))
    return sorted(found)


@dataclass(frozen=True)
class _Clause:
    text: str
    tree: Any


def _clauses(source: str, parse: Parse) -> Iterator[tuple[_Clause, int]]:
    """Yield the rules of a source, then each `else` as a rule of its own.

    OPA gives all nodes in an `else` the location of the `else` itself. So each is parsed separately, as a rule whose name is as
    long as `else`.
    """
    waiting = [(source, 0, parse(source)["rules"])]
    while waiting:
        text, offset, tree = waiting.pop()
        yield _Clause(text, tree), offset
        for node in _elses(tree):
            start = _start(text, node["location"])
            alone = _PACKAGE + "rule" + _text(node)[len("else") :]
            waiting.append((alone, offset + start - len(_PACKAGE), parse(alone)["rules"]))


_PACKAGE = "package alone\n\n"


def _elses(rules: list[Any]) -> Iterator[Any]:
    return (rule["else"] for rule in rules if "else" in rule)


class _Finder:
    """Finds the mutants of one clause; nodes whose location doesn't have their text are skipped."""

    def __init__(self, source: str, clause: _Clause, offset: int) -> None:
        self._source, self._clause, self._offset = source, clause, offset

    def of(self, node: Any) -> Iterator[Mutant]:
        """Yield the mutants of a node and of all nodes in it."""
        if isinstance(node, list):
            for each in node:
                yield from self.of(each)
        elif isinstance(node, dict):
            yield from self._of_node(node)
            for expression in node.get("body", []):
                yield from self._of_expression(expression)
            for key in node.keys() - {"location", "else"}:
                yield from self.of(node[key])

    def _of_expression(self, expression: Any) -> Iterator[Mutant]:
        if expression.get("generated") or _is_declaration(expression):
            return
        yield from self._change(expression, "true")
        if expression.get("negated"):
            yield from self._change(expression, re.sub(r"^not\s+", "", _text(expression)))

    def _of_node(self, node: Any) -> Iterator[Mutant]:
        text, kind = _text(node), node.get("type")
        if not text or node.get("generated"):
            return
        if kind == "var" and text in _OPERATORS:
            yield from self._change(node, _OPERATORS[text])
        elif kind == "number":
            yield from self._change(node, str(int(text) + 1) if text.isdigit() else f"{text}1")
        elif kind == "boolean" and text in ("true", "false"):
            yield from self._change(node, "false" if text == "true" else "true")
        elif kind == "string" and text[:1] in ('"', "`"):
            yield from self._change(node, f'"{_LEVELS.get(text[1:-1], "mutant")}"')
        elif kind in _EMPTY and text[:1] in ("[", "{") and len(node["value"]) > 0:
            yield from self._change(node, _EMPTY[kind])

    def _change(self, node: Any, replacement: str) -> Iterator[Mutant]:
        start, text = self._offset + _start(self._clause.text, node["location"]), _text(node)
        if replacement != text and self._source.startswith(text, start):
            row = self._source.count("\n", 0, start) + 1
            yield Mutant(start, start + len(text), text, replacement, row)


def _is_declaration(expression: Any) -> bool:
    """Return whether an expression is `some x` without `in`: removing this changes nothing."""
    terms = expression["terms"]
    return isinstance(terms, dict) and all(symbol["type"] == "var" for symbol in terms.get("symbols", [{"type": ""}]))


def _text(node: Any) -> str:
    return base64.b64decode(node.get("location", {}).get("text", "")).decode()


def _start(text: str, location: Any) -> int:
    lines = text.split("\n")
    row, column = int(location["row"]), int(location["col"])
    return sum(len(line) + 1 for line in lines[: row - 1]) + column - 1


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 50 else line[:47] + "..."
