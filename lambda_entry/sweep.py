"""The Lambda handler of the schedule: judges every running job, even if its events were lost or failed."""

from __future__ import annotations

from lambda_entry.start_opa import PROCESS, imported, start

# isort: split
# OPA boots while the following is imported.
import os
import sys
from typing import Any

from aws_lambda_powertools import Logger

from guard.errors import SweepError
from guard.log.line import LineHandler
from guard.settings import Settings
from lambda_entry.assembly import build_engine, build_sweep, function_home

LOGGER = Logger(level="INFO", logger_handler=LineHandler(sys.stdout))
SETTINGS = Settings.from_environment(os.environ)
ENGINE = build_engine(SETTINGS, start, PROCESS, LOGGER)
SWEEP = build_sweep(SETTINGS, ENGINE, LOGGER, os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", ""))
ENGINE.wait_until_ready()
imported()


def handler(event: object, context: Any) -> dict[str, Any]:  # noqa: ARG001 - a schedule's event says nothing
    """Sweep once and return the report, which is also the log line `sweep`.

    Raises SweepError if anything failed, after everything else was done.
    """
    home = function_home(context.invoked_function_arn)
    report = SWEEP.run(home, lambda: context.get_remaining_time_in_millis() / 1000)
    summary = report.summary()
    LOGGER.info("sweep", extra=summary)
    if SETTINGS.metrics_namespace and report.skipped is None:
        from guard.log.metrics import count_sweep

        count_sweep(SETTINGS.metrics_namespace, summary)
    if report.failures.first is not None:
        raise SweepError(
            "the sweep could not do all that it should", **summary["failures"], first=summary["first_failure"]
        ) from report.failures.first
    return summary
