"""Cold start: importing the handler until OPA is ready, against importing the same libraries alone.

    make benchmark

Each measurement is a fresh interpreter; all kinds take turns. The handler has the pruned SageMaker model of the deployment
package, the libraries alone have botocore's own.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tools import botocore_data

ROUNDS = 15

LIBRARIES = "import boto3, botocore.config, pydantic, pydantic_settings, opa_client, aws_lambda_powertools"
CLIENT = "; boto3.client('sagemaker')"
HANDLER = "handler until ready"
PROGRAMS = {
    "libraries alone": LIBRARIES,
    "libraries and a SageMaker client": LIBRARIES + CLIENT,
    HANDLER: "import lambda_entry.handler",
}


def main() -> None:
    environment = {
        **os.environ,
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "GUARD_OPA_PATH": os.environ["PINNED_OPA"],
        "GUARD_BUNDLE_PATH": "build/bundle.tar.gz",
    }
    times: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    with tempfile.TemporaryDirectory() as folder:
        botocore_data.write(Path(folder))
        for name in list(PROGRAMS) * ROUNDS:
            data = {"AWS_DATA_PATH": folder} if name == HANDLER else {}
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", PROGRAMS[name]], env=environment | data, check=True)
            times[name].append((time.perf_counter() - started) * 1000)
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, value in medians.items():
        sys.stdout.write(f"{name:34} {value:6.0f} ms; the handler takes {medians[HANDLER] / value:.2f}x\n")
    sys.stdout.write("goal: at most 1.10x\n")


if __name__ == "__main__":
    main()
