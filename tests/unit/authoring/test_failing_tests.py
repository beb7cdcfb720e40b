"""Explanations of failing tests, made from OPA's report: the expression that wasn't true, and the values in it."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from guard.authoring.failing_tests import explain_failures

TEST = "policies/a_test.rego"
RULE = "policies/a.rego"
LINES = "package a_test\n\ntest_a if {\n\tcount(rule.findings[0].x) == 7 + 1\n\tr == f(g(1), 2) + [1]\n}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "policies").mkdir()
    (tmp_path / TEST).write_text(LINES)
    (tmp_path / RULE).write_text("package a\n\nfindings := {}\n")
    return tmp_path


def _local(variable: str, value: Any, kind: str = "number", **metadata: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    return {"name": variable, "type": kind, "value": value}, {variable: metadata} if metadata else {}


def _event(
    row: int, *locals_: tuple[dict[str, Any], dict[str, Any]], op: str = "Fail", file: str = TEST, node: Any = None
) -> dict[str, Any]:
    metadata = {name: each for _, described in locals_ for name, each in described.items()}
    return {
        "Op": op,
        "Location": {"file": file, "row": row},
        "Node": node,
        "Locals": [local for local, _ in locals_] or None,
        "LocalMetadata": metadata,
    }


def _result(*trace: Any, **more: Any) -> dict[str, Any]:
    return {"fail": True, "name": "test_a", "location": {"file": TEST, "row": 3}, "trace": list(trace)} | more


def _told(folder: Path, *results: Any) -> list[str]:
    return [line for text in explain_failures(results, folder) for line in text.splitlines()]


HEAD = f"{TEST}:3: test_a fails"


def test_only_tests_that_fail_or_end_in_an_error_are_reported(folder: Path) -> None:
    passed, failed = _result(fail=False), _result()
    error = _result(fail=False, error={"message": "conflict", "code": "x"})
    assert list(explain_failures([passed, failed, error], folder)) == [HEAD, f"{HEAD}\n  conflict"]


def test_an_unknown_form_of_error_is_printed_unchanged(folder: Path) -> None:
    assert _told(folder, _result(fail=False, trace=None, error={"code": "x"})) == [HEAD, "  {'code': 'x'}"]


@pytest.mark.parametrize(
    ("trace", "row"),
    [
        ([_event(4), _event(5)], 5),
        ([_event(5), _event(3, file=RULE)], 5),
        ([_event(5), _event(4, op="Eval")], 5),
        ([_event(5), _event(4, file="")], 5),
    ],
    ids=["the last", "not one of the rule", "not one that passed", "not one of nowhere"],
)
def test_the_last_expression_of_the_test_that_failed_is_shown(folder: Path, trace: list[Any], row: int) -> None:
    source = LINES.splitlines()[row - 1].strip()
    assert _told(folder, _result(*trace)) == [HEAD, f"  {row}: {source}"]


def test_the_failed_expression_of_the_rule_is_shown_if_the_test_has_none(folder: Path) -> None:
    assert _told(folder, _result(_event(1, file=RULE), _event(3, file=RULE))) == [HEAD, "  3: findings := {}"]


def test_values_are_shown_for_names_of_the_expression_and_of_its_row(folder: Path) -> None:
    reference = {"type": "ref", "value": [{"type": "var", "value": "t"}]}
    node = {"terms": [{"type": "var", "value": "r"}, {"type": "string", "value": "s"}, reference]}
    event = _event(
        5,
        _local("r", 1),
        _local("s", 2),
        _local("t", 3),
        _local("u", 4, location={"file": TEST, "row": 4, "col": 2}),
        _local("v", 5, location={"file": RULE, "row": 5, "col": 2}),
        _local("w", 6, name="written", location={"file": TEST, "row": 5, "col": 2}),
        node=node,
    )
    assert _told(folder, _result(event))[2:] == ["     r is 1", "     t is 3", "     written is 6"]


@pytest.mark.parametrize(
    ("row", "column", "label"),
    [
        (4, 2, "count(rule.findings[0].x)"),
        (4, 8, "rule.findings[0].x"),
        (5, 7, "f(g(1), 2)"),
        (5, 2, "r"),
        (4, 31, None),
        (5, 20, None),
        (6, 1, None),
        (None, 1, None),
    ],
    ids=["call", "reference", "call in a call", "name", "number", "list", "bracket", "nowhere"],
)
def test_a_value_without_a_name_is_labelled_with_its_source(
    folder: Path, row: int | None, column: int, label: str | None
) -> None:
    node = {"type": "var", "value": "__local1__"}
    value = _local("__local1__", 7, location={"file": TEST, "row": row, "col": column})
    told = _told(folder, _result(_event(5, value, node=node)))
    assert told[2:] == ([f"     {label} is 7"] if label else [])


def test_a_call_of_several_rows_is_labelled_with_its_name(folder: Path) -> None:
    (folder / TEST).write_text("package a_test\n\ntest_a if f(\n\t1,\n)\n")
    value = _local("__local1__", 7, location={"file": TEST, "row": 3, "col": 11})
    assert _told(folder, _result(_event(3, value))) == [HEAD, "  3: test_a if f(", "     f is 7"]


def test_the_first_of_two_values_with_the_same_name_is_shown(folder: Path) -> None:
    place = {"file": TEST, "row": 5, "col": 2}
    event = _event(5, _local("a", 1, name="r", location=place), _local("b", 2, name="r", location=place))
    assert _told(folder, _result(event))[2:] == ["     r is 1"]


NUMBER = {"type": "number", "value": 1}
TEXT = {"type": "string", "value": "ö"}


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("string", 'a "b" ö', '"a \\"b\\" ö"'),
        ("null", None, "null"),
        ("boolean", True, "true"),
        ("array", [NUMBER, TEXT], '[1, "ö"]'),
        ("array", [], "[]"),
        ("set", [NUMBER, TEXT], '{1, "ö"}'),
        ("set", [], "set()"),
        ("object", [[TEXT, {"type": "array", "value": [NUMBER]}], [NUMBER, TEXT]], '{"ö": [1], 1: "ö"}'),
        ("object", [], "{}"),
        ("string", "x" * 3998, f'"{"x" * 3998}"'),
        ("string", "x" * 3999, f'"{"x" * 3999}... (4,001 characters)'),
    ],
    ids=lambda value: str(value)[:20],
)
def test_values_are_printed_in_rego_syntax(folder: Path, kind: str, value: Any, shown: str) -> None:
    event = _event(5, _local("r", value, kind), node={"type": "var", "value": "r"})
    assert _told(folder, _result(event))[2:] == [f"     r is {shown}"]


def test_the_output_of_the_test_is_shown_last(folder: Path) -> None:
    output = base64.b64encode("one\nzwö".encode() + b"\xff").decode()
    assert _told(folder, _result(_event(5), output=output))[2:] == [
        "  printed: one",
        "  printed: zwö\N{REPLACEMENT CHARACTER}",
    ]
