"""What the commands print: a table for people, one JSON object for machines."""

from __future__ import annotations

import json
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from guard.cli.evaluate import Evaluated

STYLES = {"allow": "green", "warn": "yellow", "deny": "bold red"}


def print_json(result: Evaluated, out: TextIO) -> None:
    """Print decision, findings, document, revision and OPA's version as one object; a decision that isn't known is null."""
    answer = result.evaluation
    body = answer.decision.model_dump(mode="json") | {
        "decision": result.decision,
        "undecided_rules": list(result.undecided),
        "document": result.document.model_dump(mode="json"),
        "revision": answer.revision,
        "opa_version": answer.opa_version,
    }
    out.write(json.dumps(body, indent=2) + "\n")


def print_table(result: Evaluated, out: TextIO) -> None:
    """Print the verdict, the job with its images, and a row for each finding."""
    console = Console(file=out, highlight=False)
    job, decision = result.document.job, result.evaluation.decision
    verdict = result.decision or "undecided"
    console.print(Text.assemble((verdict, STYLES.get(verdict, "bold")), f"  {job.kind} job {job.name}"))
    if result.undecided:
        console.print(Text(f"  not decided, since the record hides what they read: {', '.join(result.undecided)}"))
    for image in result.document.images:
        known = image.raw or (image.error.message if image.error else "unknown")
        console.print(Text(f"  {image.slot}: {known}", style="dim"))
    if not decision.findings:
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("level", "rule", "message and what to do"):
        table.add_column(column, overflow="fold")
    for finding in decision.findings:
        level = finding.level if finding.exempted_by is None else f"exempted by {finding.exempted_by}"
        style = STYLES[finding.level] if finding.exempted_by is None else "dim"
        remedy = f"\n→ {finding.remediation}" if finding.remediation else ""
        table.add_row(Text(level, style=style), finding.rule_id, Text.assemble(finding.message, (remedy, "dim")))
    console.print(table)
