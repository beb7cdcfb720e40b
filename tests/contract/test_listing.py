"""The list operations in the job table match the API model."""

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
    missing = {row.arn_field, row.status_field, "CreationTime"} - _summary(row).keys()
    assert not missing, f"correct the row {row.id} of guard/jobs.py: its list returns no {sorted(missing)}"


@pytest.mark.parametrize("row", JOB_KINDS, ids=lambda row: row.id)
def test_the_list_is_filtered_by_every_running_status_of_the_api(row: JobKind) -> None:
    known = set(_shape(_filters(row)["StatusEquals"]["shape"])["enum"])
    differ = set(row.listing.statuses) ^ (known & row.running)
    assert not differ, f"correct listing.statuses in the row {row.id} of guard/jobs.py: {sorted(differ)}"
    new = known - row.running - row.stopping - row.ended
    assert not new, f"add these statuses to the row {row.id} of guard/jobs.py: {sorted(new)}"


@pytest.mark.parametrize("row", JOB_KINDS, ids=lambda row: row.id)
def test_the_list_accepts_the_parameters_of_the_sweep(row: JobKind) -> None:
    filters = _filters(row)
    assert {"NextToken", "MaxResults", "CreationTimeAfter", "CreationTimeBefore"} <= filters.keys()
    assert (row.listing.sort_by is not None) is ("SortBy" in filters)
    if row.listing.sort_by is not None:
        assert row.listing.sort_by in _shape(filters["SortBy"]["shape"])["enum"]
        assert "Ascending" in _shape(filters["SortOrder"]["shape"])["enum"]


@pytest.mark.parametrize("row", JOB_KINDS, ids=lambda row: row.id)
def test_the_list_is_called_for_each_value_of_a_required_parameter(row: JobKind) -> None:
    required = _shape(service_model()["operations"][row.listing.operation]["input"]["shape"]).get("required", [])
    sent = [set(more.items()) for more in row.listing.each]
    values = [{(field, value)} for field in required for value in _shape(_filters(row)[field]["shape"])["enum"]]
    assert sorted(map(sorted, sent)) == sorted(map(sorted, values or [set()])), (
        f"correct listing.each in the row {row.id} of guard/jobs.py"
    )
