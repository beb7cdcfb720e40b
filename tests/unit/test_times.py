"""Times in the formats of SageMaker's events and API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.times import parse_time

TOLD = datetime(2024, 3, 5, 10, 15, 30, tzinfo=UTC)
SECONDS = int(TOLD.timestamp())


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(str(SECONDS * 1000), id="milliseconds as text"),
        pytest.param(SECONDS * 1000, id="milliseconds"),
        pytest.param(SECONDS, id="seconds"),
        pytest.param(float(SECONDS), id="seconds as float"),
        pytest.param(f"{SECONDS}.0", id="seconds as text with a fraction"),
        pytest.param("2024-03-05T10:15:30Z", id="ISO"),
        pytest.param("2024-03-05T12:15:30+02:00", id="ISO with offset"),
        pytest.param("2024-03-05T10:15:30", id="ISO without offset"),
        pytest.param(TOLD, id="datetime"),
        pytest.param(TOLD.replace(tzinfo=None), id="naive datetime"),
        pytest.param(TOLD.astimezone(timezone(timedelta(hours=-5))), id="datetime elsewhere"),
    ],
)
def test_parse_time(value) -> None:
    assert parse_time(value) == TOLD


def test_a_number_is_milliseconds_from_1973_on() -> None:
    assert parse_time(100_000_000_000) == datetime(1973, 3, 3, 9, 46, 40, tzinfo=UTC)
    assert parse_time(99_999_999_999) == datetime(5138, 11, 16, 9, 46, 39, tzinfo=UTC)


@pytest.mark.parametrize(
    "value", [None, "", "soon", True, [], {}, float("nan"), float("inf"), 10**400, "9" * 400, "1.2.3"]
)
def test_a_value_that_is_not_a_time_is_none(value) -> None:
    assert parse_time(value) is None


@given(st.none() | st.integers() | st.floats() | st.text() | st.datetimes())
def test_every_time_is_aware_and_nothing_raises(value) -> None:
    found = parse_time(value)
    assert found is None or found.utcoffset() is not None
