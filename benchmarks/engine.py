"""One decision: through the engine, over raw loopback HTTP, and by `opa eval`; and the length of the deny list.

    make benchmark

Everything that is compared is measured in turns in one run, and only ratios of medians are meant to be compared across machines.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import yaml

from benchmarks.documents import document
from guard.opa.binary import find_opa
from guard.opa.engine import EmbeddedOpa
from guard.opa.process import OpaProcess

ROUNDS = 400
LENGTHS = (10, 1_000, 100_000)
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


def with_entries(opa: Path, count: int, folder: Path) -> Path:
    """Build the bundle with a deny list of this length."""
    policies = folder / f"policies-{count}"
    shutil.copytree("policies", policies)
    path = policies / "guard" / "config" / "data.yaml"
    config = yaml.safe_load(path.read_text())
    config["rules"]["denied_image"]["images"] = {f"team/image-{n}:1.{n}": {"reason": "benchmark"} for n in range(count)}
    path.unlink()
    path.with_suffix(".json").write_text(json.dumps(config))
    target = folder / f"bundle-{count}.tar.gz"
    subprocess.run([opa, "build", "--bundle", policies, "--ignore", "*_test.rego", "--output", target], check=True)
    return target


def main() -> None:
    opa, bundle = (
        find_opa({**os.environ, "GUARD_OPA_PATH": os.environ.get("PINNED_OPA", "")}),
        Path("build/bundle.tar.gz"),
    )
    subject = document(tag="1.10-cpu-py38")
    payload = subject.model_dump(mode="json")
    with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:

        def engine(path: Path) -> tuple[EmbeddedOpa, OpaProcess]:
            process = OpaProcess(opa, path)
            started = EmbeddedOpa(lambda: process, timeout=10, start_timeout=30, process=process)
            stack.enter_context(started).wait_until_ready()
            return started, process

        shipped, process = engine(bundle)
        calls = {
            "engine": lambda: shipped.evaluate(subject),
            "raw HTTP": raw_http(process.port, json.dumps({"input": payload}).encode()),
        }
        fast = medians(calls, ROUNDS)
        slow = medians({"engine": calls["engine"], "opa eval": opa_eval(opa, bundle, json.dumps(payload))}, 3, 20)
        engines = {str(count): engine(with_entries(opa, count, Path(folder)))[0] for count in LENGTHS}
        lengths = medians({name: lambda e=each: e.evaluate(subject) for name, each in engines.items()}, ROUNDS)
    out = sys.stdout.write
    raw = fast["raw HTTP"]
    out(f"engine {fast['engine']:.2f} ms = {fast['engine'] / raw:.2f}x raw HTTP ({raw:.2f} ms); goal 1.20\n")
    out(f"opa eval {slow['opa eval']:.1f} ms = {slow['opa eval'] / slow['engine']:.0f}x the engine; goal 25\n")
    shortest = lengths[str(LENGTHS[0])]
    for name, value in lengths.items():
        out(f"deny list of {int(name):>7,}: {value:.2f} ms = {value / shortest:.2f}x the shortest; goal 1.10\n")


if __name__ == "__main__":
    main()
