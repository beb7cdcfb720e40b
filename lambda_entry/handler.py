"""The Lambda handler: everything is built once per cold start; each invocation runs the pipeline."""

from __future__ import annotations

from lambda_entry.start_opa import PROCESS, start

# isort: split
# OPA boots while the following is imported.
import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from botocore.config import Config

from guard.denylist.deployment import deny_list
from guard.errors import ConfigError, GuardError
from guard.opa.engine import EmbeddedOpa, RemoteOpa
from guard.pipeline import Guard, event_id
from guard.record import LogJournal, Record
from guard.refs import Home
from guard.settings import Settings

# Describe and Stop answer in well under a second. All attempts at a few calls must fit in the function's timeout: a guard
# that is cut off there can say neither what failed nor for which job.
BOTO = Config(
    connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}, tcp_keepalive=True
)


def _engine(settings: Settings) -> EmbeddedOpa | RemoteOpa:
    if settings.opa_url:
        return RemoteOpa(settings.opa_url, timeout=settings.opa_timeout_seconds)
    return EmbeddedOpa(
        start, timeout=settings.opa_timeout_seconds, start_timeout=settings.opa_start_timeout_seconds, process=PROCESS
    )


def _build(settings: Settings, engine: EmbeddedOpa | RemoteOpa) -> Guard:
    return Guard(
        engine=engine,
        sagemaker=boto3.client("sagemaker", config=BOTO),
        journal=LogJournal(LOGGER),
        mode=settings.mode,
        deny_list=deny_list({"processing": settings.processing_containers, "training": settings.training_containers}),
    )


# Decisions are of level INFO, and nothing switches them off.
LOGGER = Logger(level="INFO")
SETTINGS = Settings.from_environment(os.environ)
ENGINE = _engine(SETTINGS)
GUARD = _build(SETTINGS, ENGINE)
ENGINE.wait_until_ready()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Decide on the job of one EventBridge event and stop it when a policy denies it.

    Returns `{"results": [{job, decision, rules, outcome}, ...]}`. A GuardError is logged with its evidence and raised, so
    that Lambda retries and the event ends in the dead-letter queue.
    """
    try:
        records = GUARD.handle(event, _home(context.invoked_function_arn))
    except GuardError as exc:
        fields = {"error": type(exc).__name__, "evidence": exc.evidence, "event_id": event_id(event)}
        LOGGER.exception(exc.message, extra=fields)
        raise
    return {"results": [_result(record) for record in records]}


def _home(function_arn: str) -> Home:
    """The function's own ARN tells the account without a call to STS."""
    parts = function_arn.split(":")
    if len(parts) < 6:
        raise ConfigError("the function's ARN can't be read", arn=function_arn)
    return Home(account=parts[4], region=parts[3], partition=parts[1])


def _result(record: Record) -> dict[str, Any]:
    return {
        "job": record.job_arn,
        "decision": record.decision,
        "rules": list(record.evaluation.decision.rule_ids) if record.evaluation else [],
        "outcome": record.outcome.value,
    }
