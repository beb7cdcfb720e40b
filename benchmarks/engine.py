"""One decision: through the engine, over raw loopback HTTP, and by `opa eval`.

    make benchmark

All measurements take turns in one run, and only ratios of medians can be compared across machines.
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.documents import document
from guard.opa.binary import find_opa
from guard.opa.engine import EmbeddedOpa
from guard.opa.process import OpaProcess

ROUNDS = 400
QUERY = "/v1/data/guard/main/decision?strict-builtin-errors=true&provenance=true"


def medians(calls: dict[str, Callable[[], Any]], rounds: int, repeat: int = 1) -> dict[str, float]:
    """Return the median milliseconds of each call, all measured in turns of `repeat` calls."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(rounds):
        for name, call in [(name, call) for name, call in calls.items() for _ in range(repeat)]:
            started = time.perf_counter()
            call()
            times[name].append((time.perf_counter() - started) * 1000)
    return {name: statistics.median(values) for name, values in times.items()}


def raw_http(port: int, body: bytes) -> Callable[[], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.connect()

    def call() -> bytes:
        connection.request("POST", QUERY, body, {"Content-Type": "application/json"})
        return connection.getresponse().read()

    return call


def opa_eval(opa: Path, bundle: Path, payload: str) -> Callable[[], Any]:
    command = [opa, "eval", "--bundle", bundle, "--stdin-input", "--strict-builtin-errors", "data.guard.main.decision"]
    return lambda: subprocess.run(command, input=payload, text=True, capture_output=True, check=True)


def main() -> None:
    opa, bundle = (
        find_opa(os.environ),
        Path("build/bundle.tar.gz"),
    )
    subject = document(tag="1.10-cpu-py38")
    payload = subject.model_dump(mode="json")
    process = OpaProcess(opa, bundle)
    with EmbeddedOpa(lambda: process, timeout=10, start_timeout=30, process=process) as shipped:
        shipped.wait_until_ready()
        calls = {
            "engine": lambda: shipped.evaluate(subject),
            "raw HTTP": raw_http(process.port, json.dumps({"input": payload}).encode()),
        }
        fast = medians(calls, ROUNDS)
        slow = medians({"engine": calls["engine"], "opa eval": opa_eval(opa, bundle, json.dumps(payload))}, 3, 20)
    out = sys.stdout.write
    raw = fast["raw HTTP"]
    out(f"engine {fast['engine']:.2f} ms = {fast['engine'] / raw:.2f}x raw HTTP ({raw:.2f} ms); goal 1.20\n")
    out(f"opa eval {slow['opa eval']:.1f} ms = {slow['opa eval'] / slow['engine']:.0f}x the engine; goal 25\n")


if __name__ == "__main__":
    main()
