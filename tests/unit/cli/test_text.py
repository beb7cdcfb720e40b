"""What a terminal would obey, or not show, is written as an escape; what people write is left alone."""

from __future__ import annotations

import io

import pytest

from guard.cli.text import Escaping, printable


@pytest.mark.parametrize(
    ("character", "shown"),
    [
        pytest.param("\x1b", r"\x1b", id="control"),
        pytest.param("\N{RIGHT-TO-LEFT OVERRIDE}", r"\u202e", id="format"),
        pytest.param("\ud800", r"\ud800", id="surrogate"),
        pytest.param("\ue000", r"\ue000", id="private use"),
        pytest.param("\u0378", r"\u0378", id="unassigned"),
        pytest.param("\N{LINE SEPARATOR}", r"\u2028", id="line separator"),
        pytest.param("\N{PARAGRAPH SEPARATOR}", r"\u2029", id="paragraph separator"),
    ],
)
def test_a_character_that_is_not_shown_is_written_as_an_escape(character: str, shown: str) -> None:
    assert printable(f"a{character}b") == f"a{shown}b"


@pytest.mark.parametrize("text", ["", "churn-42", "jöb 職 \N{GRINNING FACE}", "a\\b 'c' \"d\""], ids=ascii)
def test_what_is_shown_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_a_writer_escapes_all_but_the_lines_and_tabs_of_the_program() -> None:
    out = io.StringIO()
    writer = Escaping(out)
    writer.writelines(["a\x1b[2J\r\n", "\tb\n"])
    assert (out.getvalue(), writer.write("\x1b")) == ("a\\x1b[2J\\r\n\tb\n", 1)
