"""The guard's metrics, in EMF through Powertools: decisions by outcome, rule, mode and kind, time to stop, coverage of sweeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from guard.errors import LogError
from guard.record import Outcome, Record

SERVICE = "sagemaker-guard"
# A rule is a dimension, and each of its values is a billed metric; a job has findings of few rules.
_MOST_RULES = 20


class MetricsSink:
    """Prints metrics, which CloudWatch extracts from the log, once for each record that has its outcome."""

    name = "metrics"

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace

    def write(self, record: Record) -> None:
        """Count the decision, its rules, and the seconds from the job's creation to its stop."""
        if record.outcome in {None, Outcome.IGNORED}:
            return
        metrics = self._metrics()
        metrics.add_metric("Decisions", MetricUnit.Count, 1)
        if record.seconds_to_stop is not None:
            metrics.add_metric("SecondsToStop", MetricUnit.Seconds, record.seconds_to_stop)
        metrics.add_dimension("Decision", record.decision or "none")
        metrics.add_dimension("Outcome", str(record.outcome))
        metrics.add_dimension("Mode", record.mode)
        metrics.add_dimension("Kind", record.job_kind or "none")
        metrics.flush_metrics()
        for rule_id in record.rule_ids[:_MOST_RULES]:
            self._count("RuleDecisions", Rule=rule_id, Mode=record.mode)

    def failed(self, failure: LogError) -> None:
        """Count the failure of another sink."""
        self._count("SinkFailures", Sink=str(failure.evidence.get("sink")))

    def _count(self, name: str, **dimensions: str) -> None:
        metrics = self._metrics()
        metrics.add_metric(name, MetricUnit.Count, 1)
        for dimension, value in dimensions.items():
            metrics.add_dimension(dimension, value)
        metrics.flush_metrics()

    def _metrics(self) -> EphemeralMetrics:
        return EphemeralMetrics(namespace=self._namespace, service=SERVICE)


def count_sweep(namespace: str, summary: Mapping[str, Any]) -> None:
    """Print a sweep's coverage from its report: jobs listed, known, judged and undecided, and 1 if it met every running job."""
    metrics = EphemeralMetrics(namespace=namespace, service=SERVICE)
    for name in ("listed", "known", "judged"):
        metrics.add_metric(f"Sweep{name.capitalize()}", MetricUnit.Count, summary[name])
    metrics.add_metric("SweepUndecided", MetricUnit.Count, summary["undecided_jobs"])
    metrics.add_metric("SweepComplete", MetricUnit.Count, int(summary["complete"]))
    metrics.flush_metrics()
