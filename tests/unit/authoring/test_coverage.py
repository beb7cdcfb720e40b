"""OPA's coverage report as gaps that an author can look up."""

from __future__ import annotations

from pathlib import Path

from guard.authoring.coverage import find_gaps


def _span(first: int, last: int) -> dict[str, dict[str, int]]:
    return {"start": {"row": first, "col": 1}, "end": {"row": last, "col": 9}}


def test_find_gaps_joins_neighbouring_rows() -> None:
    report = {"files": {"policies/a.rego": {"not_covered": [_span(3, 3), _span(4, 6), _span(9, 9)]}}}
    assert [str(gap) for gap in find_gaps(report, Path("policies"))] == ["policies/a.rego:3-6", "policies/a.rego:9"]


def test_find_gaps_names_an_uncovered_file_by_its_path() -> None:
    report = {"files": {"policies/policies/a.rego": {"not_covered": [_span(1, 1)]}, "policies/b.rego": {"covered": []}}}
    assert [str(gap) for gap in find_gaps(report, Path("policies"))] == ["policies/a.rego:1"]


def test_find_gaps_joins_rows_that_overlap_and_sorts_files() -> None:
    files = {"policies/b.rego": [_span(7, 7), _span(2, 4), _span(3, 5)], "policies/a.rego": [_span(2, 3), _span(5, 6)]}
    report = {"files": {name: {"not_covered": spans} for name, spans in files.items()}}
    told = ["policies/a.rego:2-3", "policies/a.rego:5-6", "policies/b.rego:2-5", "policies/b.rego:7"]
    assert [str(gap) for gap in find_gaps(report, Path("policies"))] == told


def test_full_coverage_has_no_gaps() -> None:
    assert find_gaps({"files": {"policies/a.rego": {"covered": [_span(1, 2)]}}}, Path("policies")) == []
