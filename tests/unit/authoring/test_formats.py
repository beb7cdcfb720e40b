"""The rows of the formats: each defines everything about its format."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema.exceptions import FormatError

from guard.authoring.catalogue import type_of
from guard.authoring.formats import FORMATS, Format, format_checker, guide_table

ROWS = pytest.mark.parametrize("row", FORMATS.values(), ids=FORMATS)


@ROWS
def test_a_format_has_its_word_in_the_catalogue(row: Format) -> None:
    assert type_of({"type": "array", "items": {"type": "string", "format": row.name}}) == f"list of {row.word}"


@ROWS
def test_a_format_has_its_row_in_the_guide(row: Format) -> None:
    assert f"| `{row.name}` | {row.accepts} |" in guide_table().splitlines()


@ROWS
def test_a_cell_of_the_guide_is_one_cell(row: Format) -> None:
    assert re.fullmatch(r"[^|\n]+", row.accepts)


class Reader:
    """An OPA that can read only the texts that a test lists by format, and records its input."""

    def __init__(self, **readable: list[str]) -> None:
        self.readable = readable
        self.given: list[str] = []
        self.query = ""

    def json(self, *arguments: str, given: str) -> Any:
        assert arguments[:4] == ("eval", "--format", "raw", "--stdin-input")
        self.query, self.given = arguments[4], json.loads(given)
        return self.readable


def _said(opa: Any, form: str, text: Any) -> str | None:
    """Return the message of the format checker for this text, in a configuration with other texts."""
    checker = format_checker(opa, {"a": [{"b": text}, "x*", 7, None], "c": "plain", "d": "x*"})
    try:
        checker.check(text, form)
    except FormatError as exc:
        return str(exc.cause)
    return None


def test_a_text_that_opa_can_not_read_is_reported_with_a_hint() -> None:
    opa = Reader(glob=["x*"], regex=["x*", "[a"])
    text = "OPA can read; look for an unmatched bracket, or a lone `\\` or `*`"
    assert _said(opa, "glob", "[a") == f"is not a glob that {text}"
    assert _said(opa, "regex", "[a") is None
    opa = Reader(glob=["x*", "[a"], regex=["x*"])
    assert _said(opa, "glob", "[a") is None
    assert _said(opa, "regex", "[a") == f"is not a regular expression that {text}"


def test_each_text_with_special_characters_is_evaluated_once() -> None:
    opa = Reader(glob=["x*"], regex=["x*"])
    _said(opa, "glob", "plain too")
    assert opa.given == ["x*"]
    assert opa.query == (
        '{"glob": [text | some text in input; _ := glob.match(text, null, "")], '
        '"regex": [text | some text in input; regex.is_valid(text)]}'
    )


@pytest.mark.parametrize("character", "[]{}()\\*+?|^$")
def test_a_text_with_a_special_character_is_evaluated(character: str) -> None:
    opa = Reader(glob=["x*"], regex=["x*"])
    _said(opa, "day", character)
    assert {*opa.given} == {character, "x*"}


def test_opa_is_not_called_without_such_texts() -> None:
    assert format_checker(None, {"a": "plain"}).conforms("plain", "glob")


def test_valid_texts_and_other_values_have_no_problem() -> None:
    opa = Reader(glob=["x*"], regex=["x*"])
    assert (_said(opa, "account", 7), _said(opa, "account", "111122223333")) == (None, None)
    assert _said(opa, "account", "1111") == "is not an account; write its 12 digits in quotes"


def test_the_guide_has_the_table_as_it_is() -> None:
    assert f"\n{guide_table()}\n" in (Path(__file__).parents[3] / "docs/policies.md").read_text()


def test_formats_have_readable_words() -> None:
    words = {name: row.word for name, row in FORMATS.items() if row.word not in ("glob", name.replace("-", " "))}
    assert words == {"regex": "regular expression", "image-scope": "image entry", "path-of-images": "path"}


def test_a_text_without_a_known_format_is_text() -> None:
    assert type_of({"type": "string"}) == "text"
