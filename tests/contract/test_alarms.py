"""Each alarm describes the problem and the remedy, and counts log lines that the guard really writes."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from guard.decision import RuleFailure
from guard.errors import OpaTimeout, PolicyError, RightMissing, StateError, UnexpectedError
from guard.log.line import LineHandler, line
from guard.operations.redrive import HIDDEN_SECONDS
from guard.record import Outcome, Record
from guard.sweep.run import Report
from tests.support.cloudformation import of_type, rendered, template
from tests.support.jobs import HOME
from tests.support.records import FINDING, denied

ROOT = Path(__file__).resolve().parents[2]
RESOURCES = rendered()
DAY = 86400
# With the resources that parameters add.
HUB = {"SecurityHub": "enabled"}
WHOLE = rendered(**HUB)
ALARMS = of_type(WHOLE, "AWS::CloudWatch::Alarm")
FILTERS = of_type(RESOURCES, "AWS::Logs::MetricFilter")
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
RECORD = Record("id", "event", HOME, "enforce", NOW, outcome=Outcome.STOPPED)
WARNED = replace(RECORD, warnings=(StateError("throttled"),))
BLIND = replace(RECORD, warnings=(RightMissing("no right", operation="DescribeModel"),))
DEGRADED = replace(RECORD, rule_failures=(RuleFailure("slow", PolicyError("late")),))
SWEEP = Report("run", NOW)

OUT = io.StringIO()
LOGGER = Logger(service="alarms", level="INFO", logger_handler=LineHandler(OUT))
LATE = replace(RECORD, failures=(OpaTimeout("late"),))


def printed(message: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Return the line as the functions' logger prints it: without null fields."""
    LOGGER.info(message, extra=fields)
    read: dict[str, Any] = json.loads(OUT.getvalue().splitlines()[-1])
    return read


# One log line for each metric, by the metric that counts it.
LINES: dict[str, dict[str, Any]] = {
    "Withheld": printed("decision", line(replace(RECORD, outcome=Outcome.WITHHELD, withheld_by="breaker"))),
    "LimitsUnreadable": printed("decision", line(WARNED)),
    "RightsMissing": printed("decision", line(BLIND)),
    "UndecidedJobs": printed("undecided job", {"job_arn": "arn"}),
    "DegradedDecisions": printed("decision", line(DEGRADED)),
    "EngineRestarts": printed("engine restarted", {"reason": "dead"}),
    "Sweeps": printed("sweep", SWEEP.summary()),
}
NEITHER = [
    printed("decision", line(RECORD)),
    printed("sweep", replace(SWEEP, skipped="another sweep is running").summary()),
]


def matches(pattern: str, entry: Any) -> bool:
    """Return whether a CloudWatch filter pattern, in one of the forms that the template uses, matches a JSON line."""
    ways = [
        re.findall(r"\$\.([\w.\[\]]+) (!?= \"[^\"]*\"|= \*|IS TRUE|NOT EXISTS)", way) for way in pattern.split("||")
    ]
    assert pattern.count("$.") == sum(map(len, ways)), (
        f"matches() in {Path(__file__).name} doesn't support a form used in {pattern}: add it there"
    )
    return any(all(_holds(path, condition, entry) for path, condition in way) for way in ways)


def _holds(path: str, condition: str, entry: Any) -> bool:
    value = entry
    for step in re.findall(r"\w+", path):
        key: Any = int(step) if step.isdecimal() else step
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return condition == "NOT EXISTS"
    match condition:
        case "NOT EXISTS":
            return False
        case "IS TRUE":
            return value is True
        case "= *":
            return value is not None
    if condition.startswith("!"):
        return condition != f'!= "{value}"'
    return condition == f'= "{value}"'


def _metric(name: str) -> str:
    (transformation,) = FILTERS[name]["MetricTransformations"]
    return str(transformation["MetricName"])


@pytest.mark.parametrize("name", FILTERS)
def test_a_metric_counts_only_its_own_lines(name: str) -> None:
    pattern, own = FILTERS[name]["FilterPattern"], _metric(name)
    assert matches(pattern, LINES[own]), f"{name} in template.yml doesn't match what the guard logs"
    others = [entry for metric, entry in LINES.items() if metric != own] + NEITHER
    also = [entry for entry in others if matches(pattern, entry)]
    assert not also, f"{name} in template.yml also counts {also}"


MISSING = RightMissing("no right")


@pytest.mark.parametrize(
    "limits",
    [
        pytest.param((StateError("no switch"),), id="the switch"),
        pytest.param((StateError("no switch"), StateError("no table")), id="both"),
        pytest.param((UnexpectedError("a fault"),), id="a fault"),
    ],
)
def test_a_missing_right_and_an_unreadable_limit_are_counted_by_both_metrics(limits: Any) -> None:
    entry = printed("decision", line(replace(RECORD, warnings=(*limits, MISSING))))
    assert all(matches(FILTERS[name]["FilterPattern"], entry) for name in ("UnlimitedMetric", "RightsMetric"))


def test_a_late_decision_counts_as_degraded_even_if_every_rule_answered() -> None:
    assert matches(FILTERS["DegradedMetric"]["FilterPattern"], printed("decision", line(LATE)))


@pytest.mark.parametrize("name", ["WithheldAlarm", "RightsMissingAlarm", "UndecidedJobsAlarm"])
def test_a_count_repeated_by_every_sweep_alarms_once(name: str) -> None:
    longest = max(int(minutes) for minutes in template()["Parameters"]["SweepMinutes"]["AllowedValues"])
    assert ALARMS[name]["Period"] > longest * 60


def test_every_metric_of_the_log_has_an_alarm_of_this_stack() -> None:
    namespace = {"Fn::Sub": "sagemaker-guard/${AWS::StackName}"}
    watched = {alarm["MetricName"] for alarm in ALARMS.values() if alarm.get("Namespace") == namespace}
    counted = {_metric(name) for name in FILTERS}
    assert watched == counted, "give each metric filter in template.yml an alarm, and each alarm a filter"
    assert counted == LINES.keys(), (
        f"give LINES in {Path(__file__).name} one line for each metric filter of template.yml"
    )


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_describes_the_problem_and_the_remedy(name: str) -> None:
    sentences = re.split(r"(?<=[.;)]) (?=[A-Z(])", ALARMS[name]["AlarmDescription"])
    assert len(sentences) >= 2
    assert re.search(r"\b(Look|Run|Raise|Check|See|run|raise)\b", ALARMS[name]["AlarmDescription"])
    assert len(ALARMS[name]["AlarmDescription"]) <= 1024


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("ErrorsAlarm", "Errors"),
        ("SweepErrorsAlarm", "Errors"),
        ("ThrottlesAlarm", "Throttles"),
        ("DroppedEventsAlarm", "AsyncEventsDropped"),
        ("FailedDeliveriesAlarm", "DestinationDeliveryFailures"),
    ],
)
def test_a_service_metric_is_watched(name: str, metric: str) -> None:
    alarm = ALARMS[name]
    assert (alarm["MetricName"], alarm["Threshold"], alarm["TreatMissingData"]) == (metric, 0, "notBreaching")


def test_each_new_dead_letter_is_alarmed_including_those_moved_by_sqs() -> None:
    """The alarm counts new letters, not waiting ones: otherwise a second letter would raise no alarm."""
    alarm = ALARMS["DeadLetterAlarm"]
    new, *watched = alarm["Metrics"]
    assert new["Expression"] == "IF(FILL(sent, 0) > 0, sent, DIFF(FILL(waiting, 0) + FILL(beingRead, 0)))"
    assert {one["Id"]: one["MetricStat"]["Metric"]["MetricName"] for one in watched} == {
        "sent": "NumberOfMessagesSent",
        "waiting": "ApproximateNumberOfMessagesVisible",
        "beingRead": "ApproximateNumberOfMessagesNotVisible",
    }
    assert {str(one["MetricStat"]["Metric"]["Dimensions"]) for one in watched} == {
        str([{"Name": "QueueName", "Value": {"Fn::GetAtt": ["DeadLetterQueue", "QueueName"]}}])
    }
    assert [one.get("ReturnData", True) for one in alarm["Metrics"]] == [True, False, False, False]
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")
    # SQS publishes its data points minutes late: one new letter in any of the last five minutes is enough.
    assert (alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (5, 1)


def can_miss_late_data(alarm: dict[str, Any]) -> bool:
    """Return whether the alarm evaluates the newest minute as zero events before its data arrives, and never again.

    FILL gives a period without data the value zero: an alarm on the newest period alone can stay in OK.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
    """
    metrics = alarm.get("Metrics", ())
    filled = any("FILL(" in one.get("Expression", "") for one in metrics)
    short = any(one["MetricStat"]["Period"] < DAY for one in metrics if "MetricStat" in one)
    periods: int = alarm["EvaluationPeriods"]
    return filled and short and alarm.get("DatapointsToAlarm", periods) >= periods


def _filled(expression: str, period: int, **evaluation: int) -> dict[str, Any]:
    metric = {"Id": "a", "MetricStat": {"Metric": {}, "Stat": "Sum", "Period": period}}
    return {"Metrics": [{"Id": "e", "Expression": expression}, metric], **evaluation}


@pytest.mark.parametrize(
    ("alarm", "misses"),
    [
        pytest.param(_filled("FILL(a, 0)", 60, EvaluationPeriods=1), True, id="the newest minute"),
        pytest.param(_filled("FILL(a, 0)", 60, EvaluationPeriods=5), True, id="all of five"),
        pytest.param(_filled("FILL(a, 0)", 60, EvaluationPeriods=5, DatapointsToAlarm=5), True, id="five of five"),
        pytest.param(_filled("FILL(a, 0)", 60, EvaluationPeriods=5, DatapointsToAlarm=4), False, id="four of five"),
        pytest.param(_filled("FILL(a, 0)", DAY, EvaluationPeriods=2), False, id="days"),
        pytest.param(_filled("SUM(METRICS())", 60, EvaluationPeriods=1), False, id="nothing filled"),
        pytest.param({"MetricName": "Errors", "EvaluationPeriods": 1}, False, id="no expression"),
    ],
)
def test_which_alarms_can_miss_late_data(alarm: dict[str, Any], misses: bool) -> None:
    assert can_miss_late_data(alarm) is misses


@pytest.mark.parametrize("name", ALARMS)
def test_no_alarm_misses_a_minute_whose_data_comes_late(name: str) -> None:
    assert not can_miss_late_data(ALARMS[name]), (
        f"give {name} in template.yml fewer DatapointsToAlarm than EvaluationPeriods"
    )


@pytest.mark.parametrize("resources", [RESOURCES, WHOLE], ids=["default", "with Security Hub"])
def test_every_rule_keeps_undelivered_events_and_is_watched(resources: dict[str, Any]) -> None:
    rules = of_type(resources, "AWS::Events::Rule")
    watched = {
        name: {
            dimension["Value"]["Ref"]
            for metric in resources[name]["Properties"]["Metrics"]
            if "MetricStat" in metric
            for dimension in metric["MetricStat"]["Metric"]["Dimensions"]
        }
        for name in ("FailedInvocationsAlarm", "LostEventsAlarm")
    }
    (statement,) = resources["DeadLetterQueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    # An undelivered scheduled event isn't kept: the next one starts the same sweep.
    kept = rules.keys() - {"SweepRule"}
    assert watched == {"FailedInvocationsAlarm": rules.keys(), "LostEventsAlarm": kept}
    assert {source["Fn::GetAtt"][0] for source in statement["Condition"]["ArnEquals"]["aws:SourceArn"]} == kept
    letters = {"Arn": {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}}
    assert [target["DeadLetterConfig"] for name in kept for target in rules[name]["Targets"]] == [letters] * len(kept)


def test_an_undelivered_notice_is_alarmed_after_all_its_attempts_and_before_it_expires() -> None:
    alarm, queue = ALARMS["OldNoticesAlarm"], WHOLE["NoticeQueue"]["Properties"]
    attempts = queue["RedrivePolicy"]["maxReceiveCount"] * queue["VisibilityTimeout"]
    assert attempts < alarm["Threshold"] < queue["MessageRetentionPeriod"] / 2
    assert alarm["MetricName"] == "ApproximateAgeOfOldestMessage"
    assert "OldNoticesAlarm" not in RESOURCES


def test_forgotten_dead_letters_are_alarmed_a_week_before_they_expire() -> None:
    """By number, not age: SQS leaves letters received three times out of the age of the oldest; `redrive` receives them."""
    alarm, queue = ALARMS["OldDeadLettersAlarm"], RESOURCES["DeadLetterQueue"]["Properties"]
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": {"Fn::GetAtt": ["DeadLetterQueue", "QueueName"]}}]
    assert (alarm["MetricName"], alarm["Statistic"]) == ("ApproximateNumberOfMessagesVisible", "Minimum")
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")
    assert alarm["TreatMissingData"] == "notBreaching"
    week, longest = alarm["Period"] * alarm["EvaluationPeriods"], alarm["Period"] * alarm["DatapointsToAlarm"]
    assert (week, longest) == (7 * DAY, 6 * DAY)
    assert week <= queue["MessageRetentionPeriod"] / 2


def test_listing_dead_letters_each_day_does_not_delay_their_alarm() -> None:
    """Listed letters are hidden, and the queue seems empty that long: in two hourly periods a day at most."""
    alarm = ALARMS["OldDeadLettersAlarm"]
    assert alarm["Period"] > HIDDEN_SECONDS
    assert alarm["EvaluationPeriods"] - alarm["DatapointsToAlarm"] >= 7 * 2


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_evaluates_no_longer_than_cloudwatch_allows(name: str) -> None:
    """CloudWatch allows a week for periods of an hour or more, and a day for shorter ones."""
    alarm = ALARMS[name]
    periods = {
        alarm.get("Period"),
        *(one["MetricStat"]["Period"] for one in alarm.get("Metrics", ()) if "MetricStat" in one),
    }
    for period in periods - {None}:
        assert period * alarm["EvaluationPeriods"] <= (7 * DAY if period >= 3600 else DAY)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [({}, "alarms on {} metrics ("), ({"NoticeTags": "enabled"}, "{} with notices"), (HUB, "{} with Security Hub")],
    ids=["default", "with notices", "with Security Hub"],
)
def test_the_costs_count_the_metrics_of_the_alarms(parameters: dict[str, str], words: str) -> None:
    alarms = of_type(rendered(**parameters), "AWS::CloudWatch::Alarm").values()
    number = sum(sum("MetricStat" in one for one in alarm.get("Metrics", ())) or 1 for alarm in alarms)
    text = (ROOT / "docs" / "operations.md").read_text()
    assert words.format(number) in text, f"correct the costs in docs/operations.md: {words.format(number)}"


def test_missing_sweeps_are_alarmed() -> None:
    alarm = ALARMS["SweepHeartbeatAlarm"]
    assert (alarm["TreatMissingData"], alarm["ComparisonOperator"], alarm["Threshold"]) == (
        "breaching",
        "LessThanThreshold",
        1,
    )


def test_a_silent_trail_is_alarmed_if_cloudtrail_events_are_enabled() -> None:
    assert "CloudTrailSilenceAlarm" in ALARMS
    assert "CloudTrailSilenceAlarm" not in rendered(CloudTrailEvents="disabled")


def test_a_status_change_on_the_day_after_a_creation_raises_no_alarm() -> None:
    """The job rules match every change of status: only a second day without a creation means that the trail is silent."""
    alarm = ALARMS["CloudTrailSilenceAlarm"]
    assert (alarm["EvaluationPeriods"], alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"])) == (2, 2)
    assert {one["MetricStat"]["Period"] for one in alarm["Metrics"] if "MetricStat" in one} == {86400}


# Saved queries


def _at(path: str, entry: Any) -> Any:
    """Return the value that Logs Insights finds at the path; its numbers are list indices."""
    for step in path.split("."):
        entry = entry[int(step) if step.isdecimal() else step]
    return entry


@pytest.mark.parametrize("name", ["DeniedJobsQuery", "RulesQuery"])
def test_a_saved_query_names_the_denying_rule_even_if_another_rule_warns(name: str) -> None:
    warns = FINDING.model_copy(update={"rule_id": "a_rule_that_warns", "level": "warn"})
    entry = printed("decision", line(denied(warns, FINDING)))
    fields = re.findall(r"[\w.]*rule_id[\w.]*", RESOURCES[name]["Properties"]["QueryString"])
    assert [_at(field, entry) for field in fields] == ["denied_image"]


# Resources that outlive the stack


@pytest.mark.parametrize("name", ["LogGroup", "StateTable", "DeadLetterQueue"])
def test_data_needed_for_an_audit_outlives_the_stack(name: str) -> None:
    assert (RESOURCES[name]["DeletionPolicy"], RESOURCES[name]["UpdateReplacePolicy"]) == (
        "RetainExceptOnCreate",
        "Retain",
    )


def test_a_customer_key_encrypts_log_table_and_queue() -> None:
    key = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    resources = rendered(KeyArn=key)
    assert resources["LogGroup"]["Properties"]["KmsKeyId"] == key
    assert resources["StateTable"]["Properties"]["SSESpecification"]["KMSMasterKeyId"] == key
    queue = resources["DeadLetterQueue"]["Properties"]
    assert (queue["KmsMasterKeyId"], queue.get("SqsManagedSseEnabled")) == (key, None)
    (statement,) = resources["KeyPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Resource"], statement["Action"]) == (key, ["kms:Decrypt", "kms:GenerateDataKey"])


def test_without_a_customer_key_the_keys_of_the_services_encrypt() -> None:
    assert RESOURCES["DeadLetterQueue"]["Properties"]["SqsManagedSseEnabled"] is True
    assert "KeyPolicy" not in RESOURCES


def test_each_alarm_has_its_runbook() -> None:
    runbooks = re.findall(r"^\| `(\w+Alarm)` \|", (ROOT / "docs" / "operations.md").read_text(), re.MULTILINE)
    assert sorted(runbooks) == sorted(ALARMS), "the table of alarms in docs/operations.md and template.yml differ"
