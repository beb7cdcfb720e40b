"""Whether a glob matches everything that another glob matches, and a quick search for scopes that may cover another one."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

_BY_GLOB = ("account", "region", "role_arn")
FACTS = (*_BY_GLOB, "job_kind")
_Literal = tuple[str, str]
"""A fact, and the text between two wildcards in one of its globs."""
_ANYTHING: _Literal = ("", "")


class Candidates:
    """An index of scopes by literal texts that any narrower scope must contain, so that few of thousands are compared."""

    def __init__(self, scopes: Sequence[Mapping[str, Any]]) -> None:
        """Index each scope by texts of the one fact whose texts are rarest among all scopes."""
        literals = [[_literals(fact, scope[fact]) for fact in _BY_GLOB if scope.get(fact)] for scope in scopes]
        often = Counter(text for facts in literals for globs in facts for texts in globs for text in texts)
        self._scopes: dict[_Literal, list[int]] = defaultdict(list)
        for number, facts in enumerate(literals):
            rarest = [{min(texts, key=lambda text: (often[text], text)) for texts in globs} for globs in facts]
            for text in min(rarest, key=lambda texts: max(often[each] for each in texts), default={_ANYTHING}):
                self._scopes[text].append(number)
        self._lengths = {fact: {len(text) for name, text in self._scopes if name == fact} for fact in _BY_GLOB}
        self._all = range(len(scopes))

    def of(self, scope: Mapping[str, Any]) -> Iterable[int]:
        """Return in order the numbers of the scopes that may match every job of the given scope."""
        found = {*self._scopes.get(_ANYTHING, ())}
        for fact in _BY_GLOB:
            globs = listed(scope.get(fact, "*"))
            if not globs:
                return self._all
            # A wider scope covers each of the globs, so it is enough to search for the first.
            for text in _parts(globs[0], self._lengths[fact]):
                found.update(self._scopes.get((fact, text), ()))
        return sorted(found)


def _parts(text: str, lengths: Iterable[int]) -> set[str]:
    """Return all parts of a text with one of the lengths."""
    return {text[start : start + length] for length in lengths for start in range(len(text) - length + 1)}


def listed(patterns: Any) -> list[str]:
    """Return the globs of a fact as a list; the configuration may have a single one."""
    return [str(each) for each in (patterns if isinstance(patterns, list) else [patterns])]


def _literals(fact: str, patterns: Any) -> list[list[_Literal]]:
    """Return the texts between the wildcards for each glob of a fact."""
    return [[(fact, text) for text in re.split(r"[*?]+", pattern)] for pattern in listed(patterns)]


def covers(wide: str, narrow: str) -> bool:
    """Return whether the glob `wide`, of `*` and `?`, matches every text that `narrow` matches; False also if that is uncertain.

    >>> covers("eu-*", "eu-west-?"), covers("eu-west-?", "eu-*")
    (True, False)
    """
    reached = {0}
    for symbol in narrow:
        reached = {after for at in _with_empty(wide, reached) for after in _step(wide, at, symbol)}
        if not reached:
            return False
    return len(wide) in _with_empty(wide, reached)


def _with_empty(wide: str, reached: set[int]) -> set[int]:
    """Add the positions after each `*`, which may match nothing."""
    found = set(reached)
    for at in sorted(reached):
        while at < len(wide) and wide[at] == "*":
            at += 1
            found.add(at)
    return found


def _step(wide: str, at: int, symbol: str) -> Iterator[int]:
    if at == len(wide):
        return
    if wide[at] == "*":
        yield at
    elif wide[at] == symbol or (wide[at] == "?" and symbol != "*"):
        yield at + 1
