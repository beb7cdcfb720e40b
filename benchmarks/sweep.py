"""Sweeps of many running jobs: the first one, one without changes, and one after a change of the settings.

    make benchmark                                   # 500 jobs
    .venv/bin/python -m benchmarks.sweep 5000        # the goal for one run

SageMaker and DynamoDB are simulated in this process, and their time is included. Calls are counted instead of delayed; the last
line is the time that they take with the budget.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from moto import mock_aws

from guard.aws.budget import Budget, spend
from guard.aws.table import StateTable
from guard.denylist.deployment import deny_list
from guard.log.sinks import DecisionLog
from guard.opa.binary import find_opa
from guard.opa.engine import EmbeddedOpa
from guard.opa.process import OpaProcess
from guard.pipeline import Guard
from guard.record import Record
from guard.refs import Home
from guard.settings import Settings
from guard.sweep.run import Report, Sweep
from tools.local_sagemaker import install

REGION = "eu-west-1"
HOME = Home("123456789012", REGION, "aws")
ROLE = f"arn:aws:iam::{HOME.account}:role/Train"
IMAGES = f"763104351884.dkr.ecr.{REGION}.amazonaws.com"
DENIED, ALLOWED = f"{IMAGES}/pytorch-training:1.10-cpu-py38", f"{IMAGES}/pytorch-training:2.4-cpu-py311"
CLUSTER = {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30}
DENIED_ONE_IN = 50


class Counting(Budget):
    """Counts calls instead of delaying them."""

    def __init__(self) -> None:
        super().__init__(1, 1)
        self.calls = 0

    def take(self) -> None:
        self.calls += 1


class NoSink:
    """Discards records, because the cost of the log isn't measured."""

    name = "none"

    def write(self, record: Record) -> None:
        pass


def create(client: Any, number: int) -> None:
    image = DENIED if number % DENIED_ONE_IN == 0 else ALLOWED
    if number % 2:
        client.create_processing_job(
            ProcessingJobName=f"job-{number}",
            AppSpecification={"ImageUri": image},
            ProcessingResources={"ClusterConfig": CLUSTER},
            RoleArn=ROLE,
        )
        return
    client.create_training_job(
        TrainingJobName=f"job-{number}",
        AlgorithmSpecification={"TrainingImage": image, "TrainingInputMode": "File"},
        RoleArn=ROLE,
        OutputDataConfig={"S3OutputPath": "s3://bucket/out"},
        ResourceConfig=CLUSTER,
        StoppingCondition={"MaxRuntimeInSeconds": 3600},
    )


def _client(service: str) -> Any:
    config = Config(retries={"total_max_attempts": 1})
    keys = {"aws_access_key_id": "benchmark", "aws_secret_access_key": "benchmark"}
    return boto3.client(service, region_name=REGION, config=config, **keys)


def table() -> StateTable:
    client = _client("dynamodb")
    client.create_table(
        TableName="state",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return StateTable(lambda: client, "state")


def measured(sweep: Sweep, name: str, budget: Counting) -> tuple[Report, int]:
    budget.calls = 0
    started = time.perf_counter()
    report = sweep.run(HOME, lambda: 3600)
    seconds = time.perf_counter() - started
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in sorted(report.outcomes.items()))
    print(
        f"{name:>18}: {report.listed} listed, {report.judged} judged ({outcomes}), {budget.calls} calls, "
        f"{seconds:.1f} s, {report.listed / seconds:.0f} jobs/s"
    )
    return report, budget.calls


def main(jobs: int) -> int:
    install()
    opa, bundle = find_opa(os.environ), Path("build/bundle.tar.gz")
    with mock_aws(), EmbeddedOpa(lambda: OpaProcess(opa, bundle), timeout=10, start_timeout=20) as engine:
        client, budget = _client("sagemaker"), Counting()
        for number in range(jobs):
            create(client, number)
        spend(client, budget)
        guard = Guard(engine, client, DecisionLog(NoSink()), "enforce", deny_list({"processing": "", "training": ""}))
        store = table()

        def sweep(setup: str) -> Sweep:
            return Sweep(
                guard,
                client,
                store,
                setup,
                timedelta(minutes=30),
                timedelta(hours=1),
                stop_undecided=False,
                notice=print,
            )

        first, calls = measured(sweep("a"), "first", budget)
        second, _ = measured(sweep("a"), "nothing changed", budget)
        measured(sweep("b"), "other settings", budget)
    rate = Settings.model_fields["sweep_calls_per_second"].default
    expected = Counter(stopped=len(range(0, jobs, DENIED_ONE_IN)), not_denied=jobs - len(range(0, jobs, DENIED_ONE_IN)))
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {megabytes:.0f} MB; at {rate:.0f} calls a second the first sweep takes {calls / rate:.0f} s")
    return 0 if (first.outcomes, first.complete, second.judged) == (expected, True, 1) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 500))
