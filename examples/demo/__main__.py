"""Runs the demo: create jobs, pass their events to the Lambda handler, print the decisions and the jobs' states."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from rich.padding import Padding
from rich.table import Table

from examples.demo import evidence, operations
from examples.demo.jobs import ACCOUNT, JOBS, REGION, DemoJob
from examples.demo.local_sagemaker import create, describe, local_sagemaker, sagemaker_client, started_event
from guard.cli.terminal import Terminal, styled
from guard.jobs import BY_KIND

DECISION_LOG = Path("build/demo-decisions.jsonl")
STYLES = {"deny": "bold red", "warn": "yellow", "allow": "green"}


@dataclass(frozen=True)
class Row:
    """One job with its line of the decision log."""

    job: DemoJob
    decided: dict[str, Any]
    milliseconds: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--opa", type=Path, required=True)
    parser.add_argument("--bundle", type=Path, required=True)
    arguments = parser.parse_args()
    console = Terminal(sys.stdout)
    with local_sagemaker() as url:
        client = sagemaker_client(url)
        for job in JOBS:
            create(client, job)
        console.print(
            f"Created {len(JOBS)} jobs in a local SageMaker. The Lambda handler gets an EventBridge event for each:"
        )
        console.print()
        rows, operated = _guard(client, url, arguments.opa, arguments.bundle)
        _print_decisions(console, rows)
        wrong = _states(console, client, rows) + operations.show(operated)
        wrong += _evidence(console, url, rows)
    console.print()
    console.print(f"Decision log, one line per decision: {DECISION_LOG}")
    return 1 if wrong else 0


def _guard(client: Any, url: str, opa: Path, bundle: Path) -> tuple[list[Row], operations.Shown]:
    """Import the handler as Lambda does, with its log in a file, pass it every event, then run the operator's tools."""
    operations.prepare(url)
    os.environ |= evidence.prepare(operations.clients(url))
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "demo",
        "AWS_SECRET_ACCESS_KEY": "demo",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": url,
        "GUARD_OPA_PATH": str(opa),
        "GUARD_BUNDLE_PATH": str(bundle),
        "POWERTOOLS_SERVICE_NAME": "sagemaker-guard",
    }
    DECISION_LOG.parent.mkdir(exist_ok=True)
    with DECISION_LOG.open("w+") as log, redirect_stdout(log):
        import lambda_entry.handler as entry

        context = SimpleNamespace(invoked_function_arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:guard")
        rows = []
        for number, job in enumerate(JOBS):
            event = started_event(client, job, number)
            started = time.perf_counter()
            entry.handler(event, context)
            milliseconds = (time.perf_counter() - started) * 1000
            rows.append(Row(job, _line(DECISION_LOG, event["id"]), milliseconds))
        operated = operations.operate(client, url, entry.ENGINE, entry.handler, context)
        entry.ENGINE.close()
    return rows, operated


def _line(log: Path, event_id: str) -> dict[str, Any]:
    """Return the last line of the decision log about the event's job."""
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return next(line for line in reversed(lines) if line.get("event_id") == event_id)


def _print_decisions(console: Terminal, rows: list[Row]) -> None:
    """Print each job with its image, the decision and the reasons, on lines that fit a narrow terminal."""
    width = max(len(row.job.name) for row in rows) + 2
    for row in rows:
        decision = row.decided.get("decision", "-")
        name, verdict = f"{row.job.name:<{width}}", (f"{decision:<7}", STYLES.get(decision, "dim"))
        console.print(styled(name, verdict, f"{row.decided['outcome']}  {row.milliseconds:.0f} ms"))
        console.print(Padding(styled(_short(row.job.image), style="dim", overflow="fold"), (0, 0, 0, 2)))
        for finding in row.decided.get("findings", []):
            exempted = f" (exempted by {finding['exempted_by']})" if finding["exempted_by"] else ""
            text = f"{finding['rule_id']}: {_short(finding['message'])}{exempted}"
            console.print(Padding(styled(text, overflow="fold"), (0, 0, 0, 2)))


def _short(text: str) -> str:
    """Leave out registry hosts and most of a digest, which nobody reads in a table."""
    return re.sub(r"(sha256:[0-9a-f]{6})[0-9a-f]+", r"\1…", re.sub(r"[^\s/]+\.amazonaws\.com/", "", text))


def _states(console: Terminal, client: Any, rows: list[Row]) -> int:
    """Print the state of each job in the local SageMaker; return how many differ from the decision."""
    console.print()
    console.print("States of the jobs in the local SageMaker:")
    console.print()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("job", "status", "as decided"):
        table.add_column(name)
    wrong = 0
    for row in rows:
        status = describe(client, row.job)[BY_KIND[row.job.kind].status_field]
        expected = {"Stopping", "Stopped"} if row.decided.get("decision") == "deny" or row.job.ended else {"InProgress"}
        wrong += status not in expected
        table.add_row(row.job.name, status, styled(("yes", "green") if status in expected else ("NO", "bold red")))
    console.print(table)
    stopped = sum(row.decided["outcome"] == "stopped" for row in rows)
    console.print()
    console.print(f"{stopped} denied jobs were stopped; the states of {wrong} jobs differ from the decision.")
    return wrong


def _evidence(console: Terminal, url: str, rows: list[Row]) -> int:
    """Show notice, tags and record of the first denied job, if there is one; return how many of them are missing."""
    denied = [row for row in rows if row.decided.get("decision") == "deny" and not row.job.ended]
    if not denied:
        console.print()
        console.print("These policies deny none of the running jobs, so there are no notices.")
        return 0
    return evidence.show(console, operations.clients(url), denied[0].decided["job_arn"])


if __name__ == "__main__":
    sys.exit(main())
