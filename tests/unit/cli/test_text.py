"""Control and invisible characters are escaped; all other text is left alone."""

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
def test_a_control_or_invisible_character_is_escaped(character: str, shown: str) -> None:
    assert printable(f"a{character}b") == f"a{shown}b"


@pytest.mark.parametrize("text", ["", "churn-42", "jöb 職 \N{GRINNING FACE}", "a\\b 'c' \"d\""], ids=ascii)
def test_visible_text_is_unchanged(text: str) -> None:
    assert printable(text) == text


def test_the_stream_keeps_line_breaks_and_tabs() -> None:
    out = io.StringIO()
    writer = Escaping(out)
    writer.writelines(["a\x1b[2J\r\n", "\tb\n"])
    assert (out.getvalue(), writer.write("\x1b")) == ("a\\x1b[2J\\r\n\tb\n", 1)
