"""Where a sweep was cut off, and what the next one asks for from there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from guard.jobs import TRAINING
from guard.sweep.position import Position, Stream
from tests.support.fakes import FakeSageMaker

AT = datetime(2026, 11, 23, 10, 0, 0, 500_000, tzinfo=UTC)


def test_a_position_is_kept_under_the_names_that_the_next_version_reads() -> None:
    position = Position(3, {"training/InProgress": AT.isoformat()}, killed=True)
    values = position.values()
    assert values == {"turn": 3, "cut": '{"training/InProgress": "2026-11-23T10:00:00.500000+00:00"}', "killed": 1}
    assert Position.read(values) == position
    assert not Position.read(values | {"killed": 0}).killed


@pytest.mark.parametrize(
    "values",
    [{}, {"turn": "3"}, {"cut": "{"}, {"cut": 7}, {"killed": "yes"}],
    ids=["nothing", "turn", "cut", "cut's type", "killed"],
)
def test_what_cannot_be_read_is_the_beginning(values: dict[str, str | int]) -> None:
    assert Position.read(values) == Position()


def test_a_stream_goes_on_where_it_was_cut_off_and_ends_a_second_behind_it() -> None:
    sagemaker = FakeSageMaker(ListTrainingJobs={"TrainingJobSummaries": []})
    list(Stream(TRAINING, "InProgress", AT).pages(sagemaker))
    asked = [(call.get("CreationTimeAfter"), call.get("CreationTimeBefore")) for _, call in sagemaker.calls]
    assert asked == [(AT, None), (None, AT + timedelta(seconds=1))]


def test_a_stream_that_was_not_cut_off_is_listed_once() -> None:
    sagemaker = FakeSageMaker(ListTrainingJobs={"TrainingJobSummaries": []})
    list(Stream(TRAINING, "InProgress", None).pages(sagemaker))
    assert [call.keys() & {"CreationTimeAfter", "CreationTimeBefore"} for _, call in sagemaker.calls] == [set()]
