"""The largest job of each kind, with all rules on, 100 exemptions, 100,000 exact entries of the deny list and 50 patterns.

make benchmark
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.largest import largest, on_many_packages, on_one_package, repeating
from benchmarks.policies import configured, entries, packed
from guard.decision import Evaluation
from guard.document import Document
from guard.errors import PolicyError
from guard.jobs import JOB_KINDS
from guard.opa.binary import find_opa
from guard.opa.engine import EmbeddedOpa
from guard.opa.process import OpaProcess

EXEMPTIONS, ENTRIES, PATTERNS = 100, 100_000, 50
# Texts that the rules search settings for.
TEXTS = (
    "s3://e/ ",
    "PASSWORD=x ",
    "--password x ",
    '{"password":"x"},',
    "https://a:b@c/ ",
    "--index-url http://e/ ",
    "AKIAIOSFODNN7EXAMPLE ",
    "-c 's' ; ",
    "pip add u://e ",
    "/../",
)
GOAL_SECONDS, GOAL_MEGABYTES = 0.5, 256
# SECONDS is the template's timeout of a decision; here PATIENCE applies, so that the whole decision is measured.
SECONDS, PATIENCE = 2.0, 60.0


def bundle_of(folder: Path, opa: Path, name: str = "worst", pattern: str = "*/pattern-{}-*:1.*") -> Path:
    """Build the shipped bundle with many entries, exemptions and patterns of this form; the default matches no job's image."""
    more = {
        "images": entries(ENTRIES),
        "patterns": [{"pattern": pattern.format(n), "reason": "benchmark"} for n in range(PATTERNS)],
        "exemptions": [_exemption(n) for n in range(EXEMPTIONS)],
    }
    return packed(opa, configured(folder, name, {"*": "deny"}, more))


def _exemption(number: int) -> dict[str, Any]:
    """Return an exemption by role and image for all rules, the kind that takes the longest to compare."""
    scope = {"role_arn": f"*role/Team{number}*", "image": f"*/pytorch-training-{number}"}
    return {
        "id": f"EX-{number}",
        "owner": "ml-platform",
        "reason": "benchmark",
        "rules": ["*"],
        "scope": scope,
        "expires": "2099-12-31",
    }


def measured(opa: Path, bundle: Path, title: str, document: Document) -> str:
    """Return the line about one document, evaluated by a new OPA process."""
    process = OpaProcess(opa, bundle)
    with EmbeddedOpa(lambda: process, timeout=PATIENCE, start_timeout=PATIENCE, process=process) as engine:
        engine.wait_until_ready()
        before = _cpu(process.pid)
        started = time.perf_counter()
        decided = _decided(engine, document)
        wall, cpu, peak = time.perf_counter() - started, _cpu(process.pid) - before, _peak(process.pid)
    size = len(document.model_dump_json().encode()) / 1e6
    meets = cpu <= GOAL_SECONDS and peak <= GOAL_MEGABYTES
    return (
        f"{'ok' if meets else 'ABOVE':6}{title:36}{size:6.1f} MB {cpu:6.2f} CPU-s {wall:6.2f} s "
        f"{peak:5.0f} MB of memory, {decided}\n"
    )


def _decided(engine: EmbeddedOpa, document: Document) -> str:
    try:
        evaluation: Evaluation = engine.evaluate(document)
    except PolicyError as exc:
        return f"{type(exc).__name__}: {exc.message}"
    return f"{evaluation.decision.decision} with {len(evaluation.decision.findings)} findings"


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak(pid: int) -> float:
    """Return the peak memory of the process in megabytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main(kinds: list[str]) -> None:
    opa = find_opa(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        bundle = bundle_of(Path(folder), opa)
        for kind in JOB_KINDS:
            if not kinds or kind.id in kinds:
                sys.stdout.write(measured(opa, bundle, kind.id, largest(kind)))
        if not kinds:
            sys.stdout.write(measured(opa, bundle, "one model package", on_one_package()))
            sys.stdout.write(measured(opa, bundle, "fifteen model packages", on_many_packages()))
            both = on_many_packages().model_copy(update={"environment": repeating(TEXTS[1]).environment})
            sys.stdout.write(measured(opa, bundle, f"fifteen, with {TEXTS[1]!r}", both))
            for text in TEXTS:
                sys.stdout.write(measured(opa, bundle, f"training, {text!r}", repeating(text)))
            matching = bundle_of(Path(folder), opa, "matching", "*/pytorch-training:1*")
            sys.stdout.write(measured(opa, matching, "one, every pattern matches", on_one_package()))
    sys.stdout.write(
        f"goal: at most {GOAL_SECONDS} CPU-s and {GOAL_MEGABYTES} MB; after {SECONDS:.0f} s the guard gives up a decision and "
        "evaluates the rules one by one\n"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
