"""Where a sweep was cut off, and what the next one lists from there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from guard.jobs import CUSTOMIZATION, TRAINING
from guard.sources.sweep import listed
from guard.sweep.position import Position, Stream
from tests.support.fakes import FakeSageMaker
from tests.support.jobs import HOME

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


@pytest.mark.parametrize(
    ("after", "spans"),
    [
        pytest.param(None, [(-30, None), (-90, -30)], id="from the beginning"),
        pytest.param(-10, [(-10, None), (-30, -10), (-90, -30)], id="cut off among the recent jobs"),
        pytest.param(-40, [(-30, None), (-40, -30), (-90, -40)], id="cut off among those before"),
        pytest.param(-100, [(-30, None), (-90, -30)], id="cut off long ago"),
    ],
)
def test_recent_jobs_come_first_in_lists_that_include_ended_jobs(
    after: int | None, spans: list[tuple[int, int | None]]
) -> None:
    sagemaker = FakeSageMaker(ListTrainingJobs={"TrainingJobSummaries": []})
    cut = {} if after is None else {"training/InProgress": (AT + timedelta(days=after)).isoformat()}
    list(Position(cut=cut).stream(TRAINING, "InProgress", {}, AT).pages(sagemaker))
    asked = [(call.get("CreationTimeAfter"), call.get("CreationTimeBefore")) for _, call in sagemaker.calls]
    assert asked == [
        (AT + timedelta(days=first), last and AT + timedelta(days=last, seconds=1)) for first, last in spans
    ]


def test_a_stream_asks_for_its_own_list_alone() -> None:
    sagemaker = FakeSageMaker(ListJobs={"JobSummaries": []})
    more = CUSTOMIZATION.listing.each[2]
    stream = Stream(CUSTOMIZATION, "InProgress", AT, more)
    list(stream.pages(sagemaker))
    assert [call["JobCategory"] for _, call in sagemaker.calls] == ["DataQualityEvaluation"] * 2
    assert stream.name == "customization/InProgress/DataQualityEvaluation"


def test_a_stream_of_a_kind_with_one_list_has_the_name_of_its_kind_and_status() -> None:
    assert Stream(TRAINING, "InProgress", None).name == "training/InProgress"


@pytest.mark.parametrize(
    ("after", "order"),
    [(None, ["old", "at", "new", "timeless"]), (AT, ["at", "new", "old", "timeless"])],
    ids=["from the beginning", "from where it was cut off"],
)
def test_the_oldest_jobs_come_first_from_where_a_stream_goes_on(after: datetime | None, order: list[str]) -> None:
    created = {"timeless": None, "new": AT + timedelta(hours=1), "at": AT, "old": AT - timedelta(hours=1)}
    jobs = [listed(TRAINING, {"TrainingJobName": name, "CreationTime": at}, HOME) for name, at in created.items()]
    stream = Stream(TRAINING, "InProgress", after)
    assert [job.name for job in sorted(filter(None, jobs), key=stream.order)] == order


def test_running_jobs_and_those_without_status_are_taken_from_unfiltered_pages() -> None:
    statuses = {"runs": "InProgress", "ends": "Stopping", "ended": "Completed", "unknown": None}
    summaries = [
        {"TrainingJobName": name, "TrainingJobStatus": status, "CreationTime": AT + timedelta(hours=number)}
        for number, (name, status) in enumerate(statuses.items())
    ]
    stream = Stream(TRAINING, "InProgress", None)
    page = [job for summary in summaries if (job := listed(TRAINING, summary, HOME)) is not None]
    assert [job.name for job in page if stream.has(job)] == ["runs", "unknown"]
    stream.advance(page)
    assert stream.seen == AT + timedelta(hours=3)
