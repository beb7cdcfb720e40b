"""Positions in YAML files, and problems that parsers of YAML pass over silently."""

from __future__ import annotations

from pathlib import Path

import pytest

from guard.authoring.diagnostics import errors
from guard.authoring.yaml_positions import Positions, dotted

FILE = Path("data.yaml")


def test_at_gives_the_line_and_column_of_keys_and_list_items() -> None:
    positions = Positions(FILE, "rules:\n  a:\n    globs:\n      - x\n      - y\n")
    assert [positions.at(path) for path in [("rules",), ("rules", "a"), ("rules", "a", "globs", 1)]] == [
        (1, 1),
        (2, 3),
        (5, 9),
    ]


def test_at_a_missing_value_gives_the_position_of_its_nearest_parent() -> None:
    assert Positions(FILE, "rules:\n  a:\n    level: deny\n").at(("rules", "a", "overrides", 0, "level")) == (2, 3)


def test_at_in_an_empty_file_gives_its_beginning() -> None:
    assert Positions(FILE, "").at(("rules", "a")) == (1, 1)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param(
            "b: 1\na: 2\na: 3\n",
            "data.yaml:3:1: a: is a duplicate of the key in line 2, and only one counts; remove one",
            id="twice",
        ),
        pytest.param(
            "a:\n  b: {c: 1, c: 2}\n",
            "data.yaml:2:13: a.b.c: is a duplicate of the key in line",
            id="twice in flow style",
        ),
        pytest.param("a: [\n", "data.yaml:2:1: this is not YAML:", id="syntax"),
        pytest.param("a: 1\n---\nb: 1\n", "data.yaml:2:1: this is not YAML:", id="two documents"),
        pytest.param("a:\n  1.10: x\n", "data.yaml:2:3: a: this key is not text; put it in quotes", id="number as key"),
        pytest.param(
            "a:\n  level: off\n",
            'data.yaml:2:3: a.level: off is a boolean for some parsers of YAML; write "off"',
            id="off",
        ),
        pytest.param(
            'a: é\nb: "^a\\/b"\n',
            r"data.yaml:2:1: b: OPA can't read \/ in double quotes; write only /",
            id="escaped slash",
        ),
        pytest.param(
            'a:\n  "b\\\\\\/c": 1\n',
            r"data.yaml:2:3: a: OPA can't read \/ in double quotes; write only /",
            id="escaped slash in a key",
        ),
        pytest.param(
            "level: Off\n",
            'data.yaml:1:1: level: Off is a boolean for some parsers of YAML; write "off"',
            id="off in capitals",
        ),
        pytest.param(
            "level: no\n",
            'data.yaml:1:1: level: no is a boolean for some parsers of YAML; write "off"',
            id="no for off",
        ),
        pytest.param(
            "level: On\n",
            "data.yaml:1:1: level: On is a boolean for some parsers of YAML; write warn or deny",
            id="on as level",
        ),
        pytest.param(
            "a: [x, yes]\n", 'data.yaml:1:8: a[1]: yes is a boolean for some parsers of YAML; write "yes"', id="yes"
        ),
        pytest.param("a: &x {b: 1}\nc: {<<: *x}\n", "data.yaml:2:5: c: `<<` is not used here", id="merge"),
        pytest.param(
            "a:\n  - 1\n  - -.Inf\n",
            "data.yaml:3:5: a[1]: -.Inf is not a number that policies can read; write",
            id="infinite",
        ),
        pytest.param("a: {b: .nan}\n", "data.yaml:1:5: a.b: .nan is not a number that policies", id="not a number"),
        pytest.param(
            "a: &x\n  b: *x\n", "data.yaml:2:3: a.b: is an alias of a value that contains it", id="anchor inside itself"
        ),
        pytest.param(
            "a:\n  " + "[" * 3000 + "]" * 3000,
            "data.yaml:2:102: more than 100 brackets or indentations are open",
            id="too deep to read",
        ),
        pytest.param(
            "a: " + "[" * 101 + "]" * 101, "data.yaml:1:103: more than 100 brackets or", id="too deep to walk through"
        ),
        pytest.param("7: x\n", "data.yaml:1:1: this key is not text; put it in quotes", id="number as key at the top"),
        pytest.param(
            "a: 1\nb: \x07\n", "data.yaml:1:1: this is not YAML: unacceptable character #x0007", id="control character"
        ),
    ],
)
def test_content_that_parsers_read_differently_is_a_problem(text: str, problem: str) -> None:
    problems = Positions(FILE, text).problems
    assert len(problems) == 1
    assert str(problems[0]).startswith(problem)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('a: "off"\nb: true\nc: false\n', id="quoted, and real truth values"),
        pytest.param('a:\n  "1.10": x\n', id="quoted key"),
        pytest.param("a: {b: 1}\nc: {b: 1}\n", id="the same key in two mappings"),
        pytest.param("""a: ["x", '\\/', "\\\\/", "y"] # \\/\nb: ^\\/\n""", id="a backslash of its own before a slash"),
        pytest.param("a: &x [1]\nb: *x\n", id="alias"),
        pytest.param('a: [".inf", ".nan", 1e400, inf, nan]\n', id="text that is hardly infinite"),
        pytest.param("a: " + "[" * 90 + "]" * 90, id="deep"),
    ],
)
def test_an_ordinary_file_has_no_problem(text: str) -> None:
    assert Positions(FILE, text).problems == []


def test_an_aliased_value_has_the_position_of_its_anchor() -> None:
    assert Positions(FILE, "a: &x [1]\nb: *x\n").at(("b", 0)) == (1, 8)


def test_a_recursive_alias_does_not_loop() -> None:
    assert Positions(FILE, "a: &x\n  b: *x\n").at(("a", "b")) == (2, 3)


def test_a_boolean_is_proposed_where_the_schema_expects_one() -> None:
    positions = Positions(FILE, "a:\n  b: no\n  c: [ON, Yes, OFF, True]\n", lambda path: path[:1] == ("a",))
    assert [problem.text.rpartition(" ")[2] for problem in positions.problems] == [
        "false",
        "true",
        "true",
        "false",
        "true",
    ]


def test_problems_and_warnings_have_position_and_path() -> None:
    positions = Positions(FILE, "rules:\n  a: 1\n")
    told = [
        positions.problem(("rules", "a"), "no"),
        positions.problem((), "no"),
        positions.warning(("rules", "a"), "no"),
    ]
    assert [str(each) for each in told] == [
        "data.yaml:2:3: rules.a: no",
        "data.yaml:1:1: no",
        "data.yaml:2:3: warning: rules.a: no",
    ]
    assert errors(told) == told[:2]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("rules", "max_runtime", "seconds"), "rules.max_runtime.seconds"),
        (("exemptions", 0, "scope"), "exemptions[0].scope"),
        (("rules", "denied_image", "images", "a/b:1"), "rules.denied_image.images[a/b:1]"),
    ],
)
def test_dotted_paths_match_those_in_findings(path: tuple[str | int, ...], text: str) -> None:
    assert dotted(path) == text
