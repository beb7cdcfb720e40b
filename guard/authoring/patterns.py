"""The calls that compare a text with a pattern, and the patterns that are written in them."""

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
# Of a text which many words stand in, a fact may be one; of one word it is no part that anybody asks about.
_ONE_WORD = re.compile(r"[\w./:@-]+")


@dataclass(frozen=True)
class Call:
    """A function that compares: the places of pattern and value among its terms, and what it asks of the value."""

    pattern: int
    value: int
    verb: str

    def has_sides(self, terms: list[Node]) -> bool:
        """Tell whether a call has pattern and value; OPA refuses one without."""
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
    """A written text and the glob of what it matches, whose `*` stays within a separator if there is one."""

    node: Node
    glob: str
    verb: str
    within: str = ""

    @property
    def text(self) -> str:
        """The text as it is written."""
        return str(self.node["value"])

    @property
    def is_never(self) -> str:
        """Say that nothing matches."""
        bound = f', as `*` stops at a "{self.within}" here: null in place of [] lets it pass' if self.within else ""
        never = "is never" if self.verb == _IS else f"never {self.verb}"
        return f'{never} "{self.text}"{bound}, {NOTHING}'


def exactly(node: Node) -> Pattern:
    """Return the pattern that only a written text matches."""
    return Pattern(node, _plain(str(node["value"])), _IS)


def patterns(call: Call, pattern: Node, terms: list[Node]) -> Iterator[Pattern]:
    """Yield the patterns that are written in a call, one or a list of them; none of regular expressions."""
    name = next(name for name, each in PATTERNS.items() if each is call)
    for node in pattern["value"] if pattern["type"] == "array" else [pattern]:
        if node["type"] == "string" and name != "regex.match":
            text = str(node["value"])
            given = _GLOBS_OF[name].format(_plain(text)) if name in _GLOBS_OF else plain_glob(text)
            # Two of them stop at nothing.
            bound = name == "glob.match" and "**" not in text
            yield Pattern(node, given, call.verb, _separator(terms[2]) if bound else "")


def misplaced(call: Call, name: str, value: Node, subject: Subject | None) -> str | None:
    """Return what is wrong with a call whose pattern is a fact, and whose value is written out."""
    written = value["type"] in ("array", "set") or (
        value["type"] == "string" and (name != "contains" or _ONE_WORD.fullmatch(str(value["value"])))
    )
    if subject is None or not subject.name.startswith("input") or not written or _may_be_above(name, value):
        return None
    order = "the text first, then what to look for in it" if call.value == 1 else "the pattern first, then the text"
    return f"{subject.name} is what {name} would look for, in a text that is always the same; write {order}"


def _may_be_above(name: str, value: Node) -> bool:
    """Tell whether a call may ask if a fact is a folder above a written path."""
    return name == "startswith" and "/" in str(value["value"])


def _separator(delimiters: Node) -> str:
    """Return what a `*` of glob.match doesn't pass; of several separators none, as there are few such calls, nor of a name."""
    if delimiters["type"] != "array":
        return ""
    if any(each["type"] != "string" for each in delimiters["value"]):
        return ""
    given = [str(each["value"]) for each in delimiters["value"]]
    return given[0] if len(given) == 1 else "" if given else "."


def _plain(text: str) -> str:
    """Return a text as a glob of which no character is special: NUL, which no text has, stands for those that would be."""
    return re.sub(r"[*?]", "\0", text)
