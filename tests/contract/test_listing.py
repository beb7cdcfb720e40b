"""What the job table says of lists is what the API's model says."""

from __future__ import annotations

from typing import Any

import pytest

from guard.jobs import JOB_KINDS, JobKind
from tests.support.shapes import service_model


def _shape(name: str) -> dict[str, Any]:
    found: dict[str, Any] = service_model()["shapes"][name]
    return found


def _summary(row: JobKind) -> dict[str, Any]:
    output = _shape(service_model()["operations"][row.listing.operation]["output"]["shape"])
    item = _shape(output["members"][row.listing.field]["shape"])["member"]["shape"]
    members: dict[str, Any] = _shape(item)["members"]
    return members


def _filters(row: JobKind) -> dict[str, Any]:
    members: dict[str, Any] = _shape(service_model()["operations"][row.listing.operation]["input"]["shape"])["members"]
    return members


@pytest.mark.parametrize("row", JOB_KINDS, ids=lambda row: row.id)
def test_a_summary_has_what_the_sweep_reads(row: JobKind) -> None:
    assert {row.arn_field, row.status_field, "CreationTime"} <= _summary(row).keys()


@pytest.mark.parametrize("row", JOB_KINDS, ids=lambda row: row.id)
def test_the_list_is_filtered_by_every_running_status_that_it_knows(row: JobKind) -> None:
    known = set(_shape(_filters(row)["StatusEquals"]["shape"])["enum"])
    assert set(row.listing.statuses) == known & row.running
    assert known <= row.running | row.stopping | row.ended, "the API lists a status that guard/jobs.py doesn't know"


@pytest.mark.parametrize("row", JOB_KINDS, ids=lambda row: row.id)
def test_the_list_takes_what_the_sweep_sends(row: JobKind) -> None:
    filters = _filters(row)
    assert {"NextToken", "MaxResults", "CreationTimeAfter", "CreationTimeBefore"} <= filters.keys()
    assert (row.listing.sort_by is not None) is ("SortBy" in filters)
    if row.listing.sort_by is not None:
        assert row.listing.sort_by in _shape(filters["SortBy"]["shape"])["enum"]
        assert "Ascending" in _shape(filters["SortOrder"]["shape"])["enum"]


@pytest.mark.parametrize("row", JOB_KINDS, ids=lambda row: row.id)
def test_the_list_is_asked_for_each_value_of_what_it_demands(row: JobKind) -> None:
    demanded = _shape(service_model()["operations"][row.listing.operation]["input"]["shape"]).get("required", [])
    asked = [set(more.items()) for more in row.listing.each]
    values = [{(field, value)} for field in demanded for value in _shape(_filters(row)[field]["shape"])["enum"]]
    assert sorted(map(sorted, asked)) == sorted(map(sorted, values or [set()]))
