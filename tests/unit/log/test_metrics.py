"""Metrics of decisions, as CloudWatch reads them from the log, and the dashboard that shows them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from guard.errors import LogError
from guard.log.metrics import MetricsSink, count_sweep
from guard.log.sinks import DecisionLog
from guard.record import Outcome
from tests.support.cloudformation import rendered
from tests.support.records import FINDING, denied

NAMESPACE = "sagemaker-guard/test"


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Any:
    """Read what was printed: by metric, the dimensions with their values, and the value."""

    def read() -> list[tuple[str, dict[str, str], float]]:
        found = []
        for line in capsys.readouterr().out.splitlines():
            blob = json.loads(line)
            (directive,) = blob["_aws"]["CloudWatchMetrics"]
            assert directive["Namespace"] == NAMESPACE
            (dimensions,) = directive["Dimensions"]
            for metric in directive["Metrics"]:
                (value,) = blob[metric["Name"]]
                found.append((metric["Name"], {name: blob[name] for name in dimensions}, value))
        return found

    return read


def test_a_stopped_job_counts_with_its_rules_and_its_time(told: Any) -> None:
    MetricsSink(NAMESPACE).write(denied(FINDING, FINDING.model_copy(update={"rule_id": "max_runtime"})))
    of_job = {
        "service": "sagemaker-guard",
        "Decision": "deny",
        "Outcome": "stopped",
        "Mode": "enforce",
        "Kind": "training",
    }
    assert told() == [
        ("Decisions", of_job, 1),
        ("SecondsToStop", of_job, 60.12),
        ("RuleDecisions", {"service": "sagemaker-guard", "Rule": "denied_image", "Mode": "enforce"}, 1),
        ("RuleDecisions", {"service": "sagemaker-guard", "Rule": "max_runtime", "Mode": "enforce"}, 1),
    ]


@pytest.mark.parametrize("outcome", [None, Outcome.IGNORED], ids=["before the stop", "ignored"])
def test_a_record_without_an_end_counts_nothing(told: Any, outcome: Outcome | None) -> None:
    MetricsSink(NAMESPACE).write(denied(outcome=outcome))
    assert told() == []


def test_a_job_without_a_decision_counts_as_one(told: Any) -> None:
    MetricsSink(NAMESPACE).write(denied(outcome=Outcome.FAILED, evaluation=None))
    ((name, dimensions, _),) = told()
    assert (name, dimensions["Decision"], dimensions["Outcome"]) == ("Decisions", "none", "failed")


SWEPT = {"listed": 7, "known": 4, "judged": 3, "undecided_jobs": 1, "complete": True, "outcomes": {"stopped": 1}}
COVERED = {"SweepListed": 7, "SweepKnown": 4, "SweepJudged": 3, "SweepUndecided": 1, "SweepComplete": 1}


def test_a_sweep_counts_what_it_covered(told: Any) -> None:
    count_sweep(NAMESPACE, SWEPT)
    assert told() == [(name, {"service": "sagemaker-guard"}, value) for name, value in COVERED.items()]


class Broken:
    """A sink that keeps nothing."""

    name = "objects"

    def write(self, record: Any) -> None:
        raise OSError("full")


class Kept:
    """A sink that keeps everything."""

    name = "line"

    def write(self, record: Any) -> None:
        return None


def test_a_failing_sink_is_counted_by_its_name(told: Any) -> None:
    metrics = MetricsSink(NAMESPACE)
    (failure,) = DecisionLog(Kept(), Broken(), on_failure=metrics.failed).write(denied())
    assert isinstance(failure, LogError)
    assert told() == [("SinkFailures", {"service": "sagemaker-guard", "Sink": "objects"}, 1)]


def test_a_counter_that_fails_adds_no_failure() -> None:
    def broken(_: LogError) -> None:
        raise OSError("no space")

    failures = DecisionLog(Kept(), Broken(), on_failure=broken).write(denied())
    assert [failure.evidence["sink"] for failure in failures] == ["objects"]


def test_the_dashboard_shows_metrics_with_the_dimensions_that_they_have(told: Any) -> None:
    metrics = MetricsSink(NAMESPACE)
    metrics.write(denied())
    metrics.failed(LogError("failed", sink="objects"))
    emitted = {name: ",".join(sorted(dimensions)) for name, dimensions, _ in told()}
    body = rendered()["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    shown = [metric for widget in json.loads(body)["widgets"] for metric in widget["properties"]["metrics"]]
    searches = [metric[0]["expression"] for metric in shown if isinstance(metric[0], dict)]
    pattern = r"SEARCH\('\{\"sagemaker-guard/\$\{AWS::StackName\}\",([\w,]+)\} MetricName=\"(\w+)\"', '\w+', 300\)"
    found = dict(re.fullmatch(pattern, search).groups()[::-1] for search in searches)
    assert found == emitted, "the dashboard in template.yml and guard/log/metrics.py differ"
    plain = [metric for metric in shown if isinstance(metric[0], str) and metric[1].startswith("Sweep") and metric[2:]]
    assert {metric[1]: metric[2:] for metric in plain} == {name: ["service", "sagemaker-guard"] for name in COVERED}


def test_without_metrics_there_is_no_dashboard() -> None:
    resources = rendered(Metrics="disabled")
    assert "Dashboard" not in resources
    assert resources["Function"]["Properties"]["Environment"]["Variables"]["GUARD_METRICS_NAMESPACE"] == ""
