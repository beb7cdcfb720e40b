"""The cost of turning all rules on, measured for whole decisions through the engine, including the transfer of the document.

    make benchmark

`benchmarks/policies.py` measures OPA alone for the same. All measurements take turns in one run.
"""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.documents import document
from benchmarks.engine import medians
from benchmarks.policies import CAREFUL, KEY, TYPICAL, configured, packed
from guard.document import Document
from guard.opa.binary import find_opa
from guard.opa.engine import EmbeddedOpa
from guard.opa.process import OpaProcess

ROUNDS = 400
GOAL = 2.5
# A team's parameters of the rules; COMPLIANT is a job that complies with them.
TEAM: dict[str, Any] = {
    "data_location": {
        "buckets": ["team-bucket", "sagemaker-{region}-{account}"],
        "hub_contents": ["arn:{partition}:sagemaker:{region}:{account}:hub-content/*"],
    },
    "script_mode": {"buckets": ["team-bucket"]},
    "denied_role": {"denied": ["*Admin*"], "allowed": ["arn:aws:iam::{account}:role/*"]},
    "vpc_required": {"subnets": ["subnet-*"], "security_groups": ["sg-*"]},
    "volume_encryption_required": {"kms_keys": [KEY]},
    "output_encryption_required": {"kms_keys": [KEY]},
    "required_tags": {"tags": {"team": ["*"]}},
    "region": {"regions": ["eu-*"]},
}
COMPLIANT = CAREFUL | {"base_model": None, "models": [], "job": {"tags": {"team": "churn"}}}
JOBS = {
    "compliant": document(tag="2.6.0-cpu-py312", **COMPLIANT),
    "denied": document(tag="1.10-cpu-py38", **CAREFUL),
    "careless": document(tag="1.10-cpu-py38", **TYPICAL),
}


def found(engine: EmbeddedOpa, subject: Document) -> list[str]:
    """Return the rules that have findings."""
    return sorted({finding.rule_id for finding in engine.evaluate(subject).decision.findings})


def started(opa: Path, bundle: Path) -> EmbeddedOpa:
    return EmbeddedOpa(lambda: OpaProcess(opa, bundle), timeout=10, start_timeout=30)


def main() -> None:
    opa = find_opa(os.environ)
    levels = {
        "deny list alone": {"*": "off", "denied_image": "deny"},
        "as shipped": {},
        "all rules on": {"*": "warn", "denied_image": "deny"},
    }
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        engines = {}
        for number, (name, level) in enumerate(levels.items()):
            bundle = packed(opa, configured(Path(folder), str(number), level, {"parameters": TEAM}))
            engines[name] = stack.enter_context(started(opa, bundle))
            engines[name].wait_until_ready()
        for title, subject in JOBS.items():
            calls = {name: partial(engine.evaluate, subject) for name, engine in engines.items()}
            times = medians(calls, ROUNDS)
            for name, value in times.items():
                ratio = value / times["deny list alone"]
                goal = f" (goal {GOAL:g}x)" if name == "all rules on" else ""
                count = len(found(engines[name], subject))
                sys.stdout.write(
                    f"{title + ' job,':14} {name:15} {value:5.2f} ms, {count} rules report: "
                    f"{ratio:.2f}x the deny list alone{goal}\n"
                )


if __name__ == "__main__":
    main()
