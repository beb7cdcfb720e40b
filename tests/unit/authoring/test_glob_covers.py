"""Which globs match everything that another glob matches."""

from __future__ import annotations

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.authoring.glob_covers import covers


@pytest.mark.parametrize(
    ("wide", "narrow", "covered"),
    [
        ("eu-west-?", "eu-west-1", True),
        ("eu-west-?", "eu-west-?", True),
        ("eu-west-?", "eu-west-*", False),
        ("eu-west-1", "eu-west-?", False),
        ("*-?", "eu-*-1", True),
        ("*-1", "eu-*", False),
        ("**", "", True),
        ("?", "", False),
        ("", "a", False),
    ],
)
def test_a_glob_covers_another_if_it_matches_all_that_the_other_does(wide: str, narrow: str, covered: bool) -> None:
    assert covers(wide, narrow) == covered


GLOBS = st.text(alphabet="ab*?", max_size=6)


@given(GLOBS, GLOBS, st.text(alphabet="abc", max_size=6))
def test_what_a_covered_glob_matches_the_covering_one_matches_too(wide: str, narrow: str, text: str) -> None:
    if covers(wide, narrow) and fnmatch.fnmatchcase(text, narrow):
        assert fnmatch.fnmatchcase(text, wide)


@given(GLOBS)
def test_a_glob_covers_itself_and_everything_covers_it(glob: str) -> None:
    assert covers(glob, glob)
    assert covers("*", glob)
