"""The Lambda handler: everything is built once per cold start; each invocation runs the pipeline."""

from __future__ import annotations

from lambda_entry.start_opa import PROCESS, imported, start

# isort: split
# OPA boots while the following is imported.
import os
import sys
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from guard.errors import NoticeUnderWay
from guard.log.line import LineHandler
from guard.notices.queue_messages import MARK, messages
from guard.record import Record
from guard.settings import Settings
from lambda_entry.assembly import build_engine, build_guard, function_home

if TYPE_CHECKING:
    from guard.notices.deliver import Deliverer

# Decisions are logged at level INFO, which no setting can disable.
LOGGER = Logger(level="INFO", logger_handler=LineHandler(sys.stdout))
SETTINGS = Settings.from_environment(os.environ)
ENGINE = build_engine(SETTINGS, start, PROCESS, LOGGER)
GUARD = build_guard(SETTINGS, ENGINE, LOGGER)
ENGINE.wait_until_ready()
imported()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Decide on the job of one EventBridge event and stop it when a policy denies it.

    Returns `{"results": [{job, decision, rules, outcome}, ...]}`. A GuardError is written to the decision log with its evidence
    and raised, so that Lambda retries and the event finally goes to the dead-letter queue. For messages of the guard's own queue,
    which are notices to deliver or ends of jobs, no job is judged. A notice that another invocation is delivering stays in the
    queue, which isn't an error.
    """
    own = messages(event)
    if own is not None:
        return {"messages": len(own), "batchItemFailures": _receive(event, own)}
    records = GUARD.handle(event, function_home(context.invoked_function_arn))
    return {"results": [_result(record) for record in records]}


def _receive(event: dict[str, Any], own: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Process the messages; return those that SQS should keep, in the format of Lambda's partial batch response."""
    under_way = []
    for number, message in enumerate(own):
        try:
            _deliverer().receive(message)
        except NoticeUnderWay:
            if MARK in event:
                raise
            under_way.append({"itemIdentifier": event["Records"][number].get("messageId")})
    return under_way


@cache
def _deliverer() -> Deliverer:
    from lambda_entry.notices import build_deliverer

    return build_deliverer(SETTINGS, LOGGER)


def _result(record: Record) -> dict[str, Any]:
    return {
        "job": record.job_arn,
        "decision": record.decision,
        "rules": list(record.rule_ids),
        "outcome": record.outcome.value if record.outcome else None,
    }
