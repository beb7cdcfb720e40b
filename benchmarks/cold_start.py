"""Cold start: importing the handler until OPA is ready, compared with the imports of any similar Python function.

    make benchmark

Each measurement uses a new interpreter; all programs take turns. The handler uses the pruned SageMaker model of the deployment
package, as in Lambda; plain boto3 is measured with its own complete model and with the pruned one. Processor time is that of the
Python process only, which OPA's start doesn't affect.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from guard.opa.binary import find_opa
from tools import botocore_data

ROUNDS = 15
GOAL = 1.15

USUAL = "import boto3, guard.decision; boto3.client('sagemaker')"
HANDLER = "handler until ready"
BASE = "boto3 with a SageMaker client and pydantic models"
PROGRAMS = {
    BASE: USUAL,
    "the same with the package's model of SageMaker": USUAL,
    HANDLER: "import lambda_entry.handler",
}
PRINT_TIME = "\nimport time; print(time.process_time())"


def main() -> None:
    environment = {
        **os.environ,
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "GUARD_OPA_PATH": str(find_opa(os.environ)),
        "GUARD_BUNDLE_PATH": "build/bundle.tar.gz",
    }
    elapsed: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    processor: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    with tempfile.TemporaryDirectory() as folder:
        botocore_data.write(Path(folder))
        for name in list(PROGRAMS) * ROUNDS:
            data = {} if name == BASE else {"AWS_DATA_PATH": folder}
            command = [sys.executable, "-c", PROGRAMS[name] + PRINT_TIME]
            started = time.perf_counter()
            done = subprocess.run(command, env=environment | data, check=True, capture_output=True, text=True)
            elapsed[name].append((time.perf_counter() - started) * 1000)
            processor[name].append(float(done.stdout.split()[-1]) * 1000)
    for title, times in (("elapsed", elapsed), ("processor", processor)):
        medians = {name: statistics.median(values) for name, values in times.items()}
        for name, value in medians.items():
            sys.stdout.write(
                f"{title:9} {name:49} {value:5.0f} ms; the handler takes {medians[HANDLER] / value:.2f}x\n"
            )
    sys.stdout.write(f"goal: at most {GOAL:.2f}x {BASE}\n")


if __name__ == "__main__":
    main()
