"""Whether a glob can match any text of a given form: no account has eleven digits, and no role's ARN begins with `arn:asw`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """One character of a form, as a regular expression for it; with `repeated`, any number of such characters."""

    characters: str
    repeated: bool = False


def literal(text: str) -> list[Part]:
    """Return the form that matches only this text."""
    return [Part(re.escape(character)) for character in text]


def meets(glob: str, form: Sequence[Part], within: str = "") -> bool:
    """Return whether a glob of `*` and `?` matches some text of a form; a `*` doesn't match the separator `within`.

    >>> digits = [Part("[0-9]")] * 3
    >>> meets("1?3", digits), meets("1*4*6", digits), meets("1?", digits), meets("12*34", digits)
    (True, True, False, False)
    >>> meets("a*", literal("a.b")), meets("a*", literal("a.b"), within=".")
    (True, False)
    """
    reached = _skipping(form, {0})
    for symbol in glob:
        if not reached:
            return False
        if symbol == "*":
            reached = _any(form, reached, within)
        else:
            reached = _skipping(form, {_after(form, at) for at in reached if _fits(form, at, symbol)})
    return len(form) in reached


def _any(form: Sequence[Part], reached: set[int], within: str) -> set[int]:
    """Return the positions that a `*` can reach from the given ones: each up to the next certain separator."""
    stops = [at for at, part in enumerate(form) if within and part.characters == re.escape(within)] + [len(form)]
    return {at for start in reached for at in range(start, next(stop for stop in stops if stop >= start) + 1)}


def _after(form: Sequence[Part], at: int) -> int:
    return at if form[at].repeated else at + 1


def _fits(form: Sequence[Part], at: int, symbol: str) -> bool:
    return at < len(form) and (symbol == "?" or re.fullmatch(form[at].characters, symbol) is not None)


def _skipping(form: Sequence[Part], reached: set[int]) -> set[int]:
    """Add the positions after repeated parts, which may be empty."""
    found = set(reached)
    for at in sorted(reached):
        while at < len(form) and form[at].repeated:
            at += 1
            found.add(at)
    return found
