"""Which globs can match a text of a form: compared with the texts themselves."""

from __future__ import annotations

import fnmatch
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.authoring.glob_meets import Part, literal, meets

# One `a` or more, a `b`, and perhaps more of any of both.
FORM = [Part("a"), Part("a", repeated=True), *literal("b"), Part("[ab]", repeated=True)]
TEXTS = [
    text
    for length in range(1, 9)
    for text in map("".join, itertools.product("ab", repeat=length))
    if text.startswith("a") and "b" in text
]


@given(st.text(alphabet="abc*?", max_size=5))
def test_a_glob_meets_a_form_if_it_matches_one_of_its_texts(glob: str) -> None:
    """The texts are long enough for these forms and for globs of this length."""
    assert meets(glob, FORM) == any(fnmatch.fnmatchcase(text, glob) for text in TEXTS)


@pytest.mark.parametrize(
    ("glob", "text", "met"),
    [("a.c", "a.c", True), ("a.c", "abc", False), ("a?c", "a.c", True), ("", "", True), ("?", "", False), ("*", "", True)],
)  # fmt: skip
def test_the_form_of_a_text_is_that_text(glob: str, text: str, met: bool) -> None:
    assert meets(glob, literal(text)) == met


def test_a_character_class_may_include_line_breaks() -> None:
    assert meets("a\nb", [*literal("a"), Part("(?s:.)"), *literal("b")])
