"""Cold start: importing the handler until OPA is ready, against importing the same libraries alone.

    make benchmark

Each measurement is a fresh interpreter; both kinds take turns.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time

ROUNDS = 15

LIBRARIES = "import boto3, botocore.config, pydantic, pydantic_settings, opa_client, aws_lambda_powertools"
CLIENT = "; boto3.client('sagemaker')"
PROGRAMS = {
    "libraries alone": LIBRARIES,
    "libraries and a SageMaker client": LIBRARIES + CLIENT,
    "handler until ready": "import lambda_entry.handler",
}


def main() -> None:
    environment = {
        **os.environ,
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "GUARD_OPA_PATH": os.environ["GUARD_OPA"],
        "GUARD_BUNDLE_PATH": "build/bundle.tar.gz",
    }
    environment.pop("GUARD_OPA")
    times: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for _ in range(ROUNDS):
        for name, program in PROGRAMS.items():
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", program], env=environment, check=True)
            times[name].append((time.perf_counter() - started) * 1000)
    medians = {name: statistics.median(values) for name, values in times.items()}
    ready = medians["handler until ready"]
    for name, value in medians.items():
        sys.stdout.write(f"{name:34} {value:6.0f} ms; the handler takes {ready / value:.2f}x\n")


if __name__ == "__main__":
    main()
