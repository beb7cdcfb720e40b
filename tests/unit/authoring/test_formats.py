"""The rows of the formats: each says everything about its format, so that nothing about it stands elsewhere."""

from __future__ import annotations

import re

import pytest

from guard.authoring.catalogue import type_of
from guard.authoring.formats import FORMATS, Format, guide_table

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


def test_a_text_without_a_known_format_is_text() -> None:
    assert type_of({"type": "string"}) == "text"
