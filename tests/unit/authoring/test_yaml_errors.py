"""Explanations of invalid YAML: the position of the mistake, and what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from guard.authoring.yaml_positions import Positions

BEFORE, AFTER = "rules:\n  a:\n    level: deny\n", "\n  b: {level: deny}\nexemptions: []\n"
TAB = "a tab in the indentation; use spaces"
INDENTATION = "the indentation doesn't match the lines around it; line it up with spaces"
LINE_ABOVE = (
    "the line above lacks its colon, or this one is indented too far; write the colon, or line it up with spaces"
)
NO_COLON = "this line has no colon; write `key: value`, or `- ` before an item of a list"
NOTHING = "nothing may follow here; put the whole text in quotes, or begin a new line"
NO_BREAK = "U+00A0, no-break space, is not a space here; write one"
QUOTE = "the closing quote is missing; write it at the end of the text"


def _quoted(text: str) -> str:
    return f'text that begins with {text[0]} must be in quotes; write "{text}"'


@pytest.mark.parametrize(
    ("line", "place", "told"),
    [
        ("\tb: x", "4:1", TAB),
        ("    \tb: x", "4:5", TAB),
        ("    b:\n    -\tx: y", "5:6", TAB),
        ("    b:\t@x", "4:8", _quoted("@x")),
        ("   b: x", "4:4", INDENTATION),
        ("    b:\n      - x\n     - y", "6:6", INDENTATION),
        ("    b:\n      - x\n      y: 1", "6:7", INDENTATION),
        ("      b: x", "4:8", LINE_ABOVE),
        ("    b: [*]", "4:10", _quoted("*")),
        ("    b: *", "4:9", _quoted("*")),
        ("    b: [x, *.y, z]", "4:13", _quoted("*.y")),
        ("    b:\n      - *-team # all", "5:9", _quoted("*-team")),
        ("    b: [%team]", "4:9", _quoted("%team")),
        ("    b: {x: *y}", "4:12", _quoted("*y")),
        ("    b: @x", "4:8", _quoted("@x")),
        ("    b: c: d", "4:9", "a second `: ` in one line; put the text after the first one in quotes"),
        ("    b:x", "4:5", "a space is missing after the colon; write one"),
        ("    b:[x]", "4:5", "a space is missing after the colon; write one"),
        ("    b", "4:5", NO_COLON),
        ("    b:\n      - x\n      y", "6:7", NO_COLON),
        ("    b: [x", "4:8", "this [ is not closed, or a comma is missing in it; write ]"),
        ("    b: {x: 1", "4:8", "this { is not closed, or a comma is missing in it; write }"),
        ("    b: ['x]", "4:9", QUOTE),
        ('    b: "x', "4:8", QUOTE),
        ('    b: "x" y', "4:12", NOTHING),
        (
            "    b: - x",
            "4:8",
            "a list can't start on the line of its key; write each item on its own line after `- `, or all as [a, b]",
        ),
        ("    b: {<x: y}}", "4:15", NOTHING),
        (
            "    b: \a",
            "1:1",
            'unacceptable character #x0007: control characters are not allowed\n  in "<unicode string>", position 35',
        ),
        ("    b:\u00a0x\n    c: y", "4:7", NO_BREAK),
        ("\u00a0   b: x", "4:1", NO_BREAK),
        ("    b:\n    -\u00a0x\n    - y", "5:6", NO_BREAK),
        ("    b:\n    - c:\u3000x\n      d: y", "5:9", "U+3000, ideographic space, is not a space here; write one"),
        ("    b: x\u00a0y\n    c: @x", "5:8", _quoted("@x")),
        # YAML counts more ends of lines than there are "\n".
        ("    b: x\u2028\u2028\u2028\u2028    c: @x", "8:8", "found character that cannot start any token"),
        ("---\nc: d", "4:1", "a second document begins here; write all in one, without `---` between"),
    ],
)
def test_invalid_yaml_is_reported_once_with_its_position_and_a_remedy(line: str, place: str, told: str) -> None:
    positions = Positions(Path("data.yaml"), f"{BEFORE}{line}{AFTER}")
    assert [str(problem) for problem in positions.problems] == [f"data.yaml:{place}: this is not YAML: {told}"]
    assert positions.problems == [positions.broken]


def test_valid_yaml_is_not_reported() -> None:
    assert Positions(Path("data.yaml"), f"{BEFORE}    b: on{AFTER}").broken is None
