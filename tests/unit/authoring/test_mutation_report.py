"""The report of mutation testing: a row for each unit, the survivors, and whether the goal is reached."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from guard.authoring.mutation.mutants import Mutant
from guard.authoring.mutation.report import Result, Survivor, conclude, read_equivalent

SURVIVOR = Survivor(Path("policies/a.rego"), 7, "x > 1", "> -> >=")


def test_a_result_is_a_row_with_its_share() -> None:
    assert str(Result("rules/a", 3, (SURVIVOR,))) == "rules/a                                 2 of    3   66.7%"
    assert str(Result("rules/a", 0, ())).rstrip() == "rules/a                                 0 of    0"


@pytest.mark.parametrize(
    ("survivors", "enough", "share"), [(5, True, "95.0%"), (6, False, "94.0%")], ids=["the goal", "one less"]
)
def test_a_conclusion_lists_the_survivors_and_the_share_of_all(survivors: int, enough: bool, share: str) -> None:
    out = io.StringIO()
    assert conclude([Result("a", 40, ()), Result("b", 60, (SURVIVOR,) * survivors)], out) == enough
    assert out.getvalue().splitlines() == [
        *["survived: policies/a.rego:7: > -> >="] * survivors,
        f"{100 - survivors} of 100 mutants killed, {share}; the goal is 95%",
    ]


def test_the_goal_is_not_reached_without_mutants() -> None:
    out = io.StringIO()
    assert not conclude([], out)
    assert out.getvalue() == "0 of 0 mutants killed, 0.0%; the goal is 95%\n"


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ("- {file: a, line: b, change: c, reason: d}\n- {file: e, line: b, change: c, reason: d}\n", ["a", "e"]),
        ("- {file: a, line: b, change: c, reason: ''}\n", []),
        ("# nothing\n", []),
    ],
    ids=["with reasons", "without a reason", "empty"],
)
def test_equivalent_mutants_need_a_reason(tmp_path: Path, text: str, listed: list[str]) -> None:
    (tmp_path / "equivalent.yaml").write_text(text)
    assert read_equivalent(tmp_path / "equivalent.yaml") == {(file, "b", "c") for file in listed}


def test_without_a_list_every_survivor_counts(tmp_path: Path) -> None:
    assert read_equivalent(tmp_path / "equivalent.yaml") == set()


def test_a_mutant_is_applied_to_its_place_only() -> None:
    source = "x > 1 > 2"
    assert Mutant(6, 7, ">", ">=", 1).applied(source) == "x > 1 >= 2"


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\n\t b", "a b"), ("x" * 50, "x" * 50), ("x" * 51, "x" * 47 + "...")],
    ids=["in one line", "fifty characters", "one more"],
)
def test_a_mutant_is_shown_in_a_line(text: str, shown: str) -> None:
    assert str(Mutant(0, 1, text, "true", 1)) == f"{shown} -> true"
    assert str(Mutant(0, 1, "true", text, 1)) == f"true -> {shown}"
