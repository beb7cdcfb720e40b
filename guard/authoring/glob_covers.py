"""Whether a glob matches all that another one does, and which scopes among many can be as wide as another at all."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

_BY_GLOB = ("account", "region", "role_arn")
FACTS = (*_BY_GLOB, "job_kind")
_Literal = tuple[str, str]
"""A fact, and a text between wildcards of one of its globs."""
_ANYTHING: _Literal = ("", "")


class Candidates:
    """Scopes, found by a text that a scope within them must hold: among thousands few are worth a comparison."""

    def __init__(self, scopes: Sequence[Mapping[str, Any]]) -> None:
        """Note each scope with texts of one of its facts, of which the fewest others have the same."""
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
        """Return the numbers of the scopes that may match each job of another one, in their order."""
        found = {*self._scopes.get(_ANYTHING, ())}
        for fact in _BY_GLOB:
            globs = listed(scope.get(fact, "*"))
            if not globs:
                return self._all
            # What is wider covers each of the globs, so that the first tells enough.
            for text in _parts(globs[0], self._lengths[fact]):
                found.update(self._scopes.get((fact, text), ()))
        return sorted(found)


def _parts(text: str, lengths: Iterable[int]) -> set[str]:
    """Return the parts of a text that have one of some lengths."""
    return {text[start : start + length] for length in lengths for start in range(len(text) - length + 1)}


def listed(patterns: Any) -> list[str]:
    """Return the globs of a fact, which may be one or a list."""
    return [str(each) for each in (patterns if isinstance(patterns, list) else [patterns])]


def _literals(fact: str, patterns: Any) -> list[list[_Literal]]:
    """Return for each glob of a fact the texts between its wildcards."""
    return [[(fact, text) for text in re.split(r"[*?]+", pattern)] for pattern in listed(patterns)]


def covers(wide: str, narrow: str) -> bool:
    """Tell whether a glob of `*` and `?` matches all that another one does; False also where that isn't seen.

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
    """Add the positions after each `*`, which may stand for nothing."""
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
