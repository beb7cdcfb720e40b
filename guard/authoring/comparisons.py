"""Comparisons whose result is always the same: with a text that the fact never is, with another type, or the wrong way round.

OPA doesn't report them. Its types say that a fact is text, but not which texts it can be; it orders values of any types, every
text above every number; and `in` with something that isn't a collection is undefined.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from guard.authoring.explain import TYPE_NAMES
from guard.authoring.facts import (
    MEMBER,
    PAIR,
    Node,
    Path,
    about_the_job,
    imported,
    names_of,
    operator_of,
    path_of,
    terms_of,
)
from guard.authoring.glob_meets import literal, meets
from guard.authoring.patterns import GLOBS, NOTHING, PATTERNS, Pattern, exactly, misplaced, patterns
from guard.authoring.subjects import Parameters, Subject, literal_of, subject_of
from guard.authoring.wording import hint

_EQUALITIES = {"eq", "equal", "neq"}
_ORDERS = {"gt", "gte", "lt", "lte"}
_COLLECTIONS = {"array", "object", "set"}
Found = Iterator[tuple[Node, str]]
"""Terms, each with the message of what is wrong."""


@dataclass(frozen=True)
class _Scope:
    """The meaning of the names in one rule."""

    names: Mapping[str, Path]
    parameters: Parameters

    def subject(self, term: Node) -> Subject | None:
        return subject_of(term, self.names, self.parameters)


def impossible(tree: Node, parameters: Parameters) -> Found:
    """Yield the terms of a file that the other side never equals or matches, or whose type differs, with the message.

    Facts and parameters are recognised in references, also through `some`, `every`, `:=` and `object.get`, but not when they
    are passed to a function.
    """
    known = imported(tree)
    for rule in tree.get("rules", []):
        nodes = about_the_job(rule)
        scope = _Scope(names_of(nodes, known), parameters)
        for terms in map(terms_of, nodes):
            yield from _wrong(terms, operator_of(terms), scope)


def _wrong(terms: list[Node], operator: str, scope: _Scope) -> Found:
    if operator in _EQUALITIES and len(terms) == 3:
        yield from _unequal(terms[1], terms[2], scope)
    elif operator in (MEMBER, PAIR) and len(terms) >= 3:
        yield from _not_inside(terms[-2], terms[-1], scope)
    elif operator in _ORDERS and len(terms) == 3:
        yield from _unordered(terms[1], terms[2], scope)
    elif (name := _pattern_call(operator, scope.names)) and PATTERNS[name].has_sides(terms):
        yield from _unmatched(terms, name, scope)


def _unequal(one: Node, other: Node, scope: _Scope) -> Found:
    for fact, word in ((one, other), (other, one)):
        if word["type"] == "string" and (subject := scope.subject(fact)):
            yield from _never(subject, exactly(word))
    left, right = (
        scope.subject(each) or (literal_of(each) if each["type"] == "boolean" else None) for each in (one, other)
    )
    if left and right and left.types and right.types and not left.types & right.types:
        yield other, f"{_typed(left, one)}, {_typed(right, other)}: these are never equal, {NOTHING}"


def _not_inside(one: Node, other: Node, scope: _Scope) -> Found:
    if (subject := scope.subject(one)) and other["type"] in ("set", "array"):
        for word in (each for each in other["value"] if each["type"] == "string"):
            yield from _never(subject, exactly(word))
    inside = scope.subject(other)
    if inside and inside.types and not inside.types & _COLLECTIONS:
        yield (
            other,
            f"{_typed(inside)}: `in` needs a collection, so this is undefined; compare with =={_or_contains(inside)}",
        )
    path = path_of(other, scope.names)
    if path and one["type"] == "string" and (element := subject_of_element(path, scope)):
        yield from _never(element, exactly(one))


def subject_of_element(path: Path, scope: _Scope) -> Subject | None:
    """Return the subject that the elements of a list, in the document or a parameter, are."""
    steps = [{"type": "string", "value": step} if step else {"type": "var", "value": "_"} for step in path[1:]]
    head = {"type": "var", "value": path[0]}
    return scope.subject({"type": "ref", "value": [head, *steps, {"type": "var", "value": "_"}]})


def _or_contains(subject: Subject) -> str:
    return ", or use contains(...)" if subject.types == {"string"} else ""


def _unordered(one: Node, other: Node, scope: _Scope) -> Found:
    left, right = (scope.subject(each) or literal_of(each) for each in (one, other))
    if left and right and left.name + right.name and left.types and right.types and not left.types & right.types:
        shown = [_typed(side, term) for side, term in ((left, one), (right, other))]
        text = f"OPA orders these only by type, {NOTHING}; compare values of one type"
        yield (one if one["type"] in ("string", "number") else other), f"{', '.join(shown)}: {text}"


def _typed(subject: Subject, term: Node | None = None) -> str:
    types = " or ".join(TYPE_NAMES.get(each, each) for each in sorted(subject.types))
    return f"{subject.name or (json.dumps(term['value']) if term else '')} is {types}"


def _pattern_call(operator: str, names: Mapping[str, Path]) -> str | None:
    """Return the key in PATTERNS of a called function, also when its library is imported under another name."""
    package, _, function = operator.rpartition(".")
    if GLOBS in (names.get(package), tuple(package.split("."))):
        operator = f"globs.{function}"
    elif package == "globs":
        return None
    return operator if operator in PATTERNS else None


def _unmatched(terms: list[Node], name: str, scope: _Scope) -> Found:
    pattern, value = PATTERNS[name].sides(terms)
    if text := misplaced(PATTERNS[name], operator_of(terms), value, scope.subject(pattern)):
        yield pattern, text
    subject = scope.subject(value)
    if subject:
        for each in patterns(PATTERNS[name], pattern, terms):
            yield from _never(subject, each)


def _never(subject: Subject, pattern: Pattern) -> Found:
    """Yield a pattern that no value of the subject matches, with the message."""
    text = pattern.text
    if text != subject.cased(text):
        case = "upper-case" if subject.case == "lower" else "lower-case"
        yield pattern.node, f"{subject.name} has no {case} letters, {NOTHING}; write {subject.cased(text)}"
    elif subject.words and not any(meets(pattern.glob, literal(word), pattern.within) for word in subject.words):
        reason = f"{subject.name} {pattern.is_never}"
        yield pattern.node, hint(reason, text, [*subject.words], f"it is one of {', '.join(subject.words)}")
    elif text and subject.form and not subject.form.meets(pattern.glob, pattern.within):
        yield pattern.node, f"{subject.name} {pattern.is_never}; {subject.form.advice}"
