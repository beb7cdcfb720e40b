"""Calls of functions that compare a text with a pattern, and the literal patterns in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from guard.authoring.facts import Node
from guard.authoring.scope_checks import plain_glob
from guard.authoring.subjects import Subject

GLOBS = ("data", "guard", "lib", "globs")
_IS = "is"
NOTHING = "so the result is always the same"
# A literal of one word: nobody checks whether it contains a fact. A literal of several words may be a list to look a fact up in.
_ONE_WORD = re.compile(r"[\w./:@-]+")


@dataclass(frozen=True)
class Call:
    """A function that compares: the positions of pattern and value among its terms, and the verb for messages."""

    pattern: int
    value: int
    verb: str

    def has_sides(self, terms: list[Node]) -> bool:
        """Return whether a call has both pattern and value; OPA itself rejects a call without."""
        return len(terms) > max(self.pattern, self.value)

    def sides(self, terms: list[Node]) -> tuple[Node, Node]:
        """Return pattern and value of a call."""
        return terms[self.pattern], terms[self.value]


PATTERNS = {
    "contains": Call(2, 1, "contains"),
    "endswith": Call(2, 1, "ends with"),
    "globs.first": Call(1, 2, "matches"),
    "glob.match": Call(1, 3, "matches"),
    "globs.matches": Call(1, 2, "matches"),
    "regex.match": Call(1, 2, "matches"),
    "startswith": Call(2, 1, "begins with"),
}
_GLOBS_OF = {"contains": "*{}*", "endswith": "*{}", "startswith": "{}*"}


@dataclass(frozen=True)
class Pattern:
    """A literal pattern and the glob that it means; with a separator `within`, `*` doesn't match that."""

    node: Node
    glob: str
    verb: str
    within: str = ""

    @property
    def text(self) -> str:
        """The literal text."""
        return str(self.node["value"])

    @property
    def is_never(self) -> str:
        """The message that nothing matches."""
        bound = f', as `*` stops at "{self.within}" here, but not with null in place of []' if self.within else ""
        never = "is never" if self.verb == _IS else f"never {self.verb}"
        return f'{never} "{self.text}"{bound}, {NOTHING}'


def exactly(node: Node) -> Pattern:
    """Return the pattern that matches only this literal text."""
    return Pattern(node, _plain(str(node["value"])), _IS)


def patterns(call: Call, pattern: Node, terms: list[Node]) -> Iterator[Pattern]:
    """Yield the literal patterns of a call, which has one or a list of them; none for regular expressions."""
    name = next(name for name, each in PATTERNS.items() if each is call)
    for node in pattern["value"] if pattern["type"] == "array" else [pattern]:
        if node["type"] == "string" and name != "regex.match":
            text = str(node["value"])
            given = _GLOBS_OF[name].format(_plain(text)) if name in _GLOBS_OF else plain_glob(text)
            # `**` doesn't stop at separators.
            bound = name == "glob.match" and "**" not in text
            yield Pattern(node, given, call.verb, _separator(terms[2]) if bound else "")


def misplaced(call: Call, name: str, value: Node, subject: Subject | None) -> str | None:
    """Return the message for a call with swapped arguments: its pattern is a fact, and its value a literal. Else None."""
    written = value["type"] in ("array", "set") or (
        value["type"] == "string" and (name != "contains" or _ONE_WORD.fullmatch(str(value["value"])))
    )
    if subject is None or not subject.name.startswith("input") or not written or _may_be_above(name, value):
        return None
    order = "the text first, then what to look for in it" if call.value == 1 else "the pattern first, then the text"
    return f"the arguments of {name} are swapped: it would look for {subject.name} in a fixed text; write {order}"


def _may_be_above(name: str, value: Node) -> bool:
    """Return whether a call may check that a fact is a folder above a literal path."""
    return name == "startswith" and "/" in str(value["value"])


def _separator(delimiters: Node) -> str:
    """Return the separator where a `*` of glob.match stops; empty for none, for several, or if they aren't literals."""
    if delimiters["type"] != "array":
        return ""
    if any(each["type"] != "string" for each in delimiters["value"]):
        return ""
    given = [str(each["value"]) for each in delimiters["value"]]
    return given[0] if len(given) == 1 else "" if given else "."


def _plain(text: str) -> str:
    """Return a text as a glob without special characters: they are replaced by NUL, which no fact has."""
    return re.sub(r"[*?]", "\0", text)
