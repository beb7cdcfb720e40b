"""The output of `evaluate`: a table for people, one JSON object for programs."""

from __future__ import annotations

import json
from typing import TextIO

from rich.table import Table
from rich.text import Text

from guard.cli.evaluate import Evaluated
from guard.cli.terminal import Terminal, lines, styled
from guard.decision import Finding
from guard.images import redacted

STYLES = {"allow": "green", "warn": "yellow", "deny": "bold red"}


def print_json(result: Evaluated, out: TextIO) -> None:
    """Print decision, findings, document, revision and OPA's version as one object; the decision is null if undecided."""
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
    """Print the verdict, the job with its images, and a row for each finding, in the terminal's width."""
    console = Terminal(out)
    job, decision = result.document.job, result.evaluation.decision
    verdict = result.decision or "undecided"
    console.print(styled((verdict, STYLES.get(verdict, "bold")), f"  {job.kind} job {job.name}"))
    if result.undecided:
        console.print(f"  not decided, since the record hides fields that they read: {', '.join(result.undecided)}")
    for image in result.document.images:
        known = redacted(image.raw) if image.raw else (image.error.message if image.error else "unknown")
        console.print(styled(f"  {image.slot}: {known}", style="dim"))
    if not decision.findings:
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    for finding in decision.findings:
        style = STYLES[finding.level] if finding.exempted_by is None else "dim"
        table.add_row(styled(finding.level, style=style), _finding_text(finding))
    console.print(table)


def _finding_text(finding: Finding) -> Text:
    exempted = f" (exempted by {finding.exempted_by})" if finding.exempted_by else ""
    remedy = [styled((f"→ {finding.remediation}", "dim"))] if finding.remediation else []
    return lines(styled((finding.rule_id, "bold"), exempted), styled(finding.message), *remedy)
