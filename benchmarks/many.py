"""Many documents at once, compared with OPA's own benchmark on each core.

    make benchmark

`opa bench` evaluates in one process without HTTP or JSON; with `--e2e` it sends the document to its own server and reads the
response, as the guard does. All measurements take turns in one run. Two cores achieve less than twice one core's rate if they
share caches, and a single core's garbage is collected on the other one. So `opa bench` also runs on all cores at once.
"""

from __future__ import annotations

import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.documents import document
from guard.opa.binary import find_opa
from guard.opa.engine import EmbeddedOpa
from guard.opa.process import OpaProcess

DOCUMENTS = 1_000
ROUNDS = 3
BUNDLE = Path("build/bundle.tar.gz")


def bench(opa: Path, payload: Path, *options: str) -> float:
    """Return the evaluations per second of one core."""
    source = ("--bundle", BUNDLE, "--input", payload, "--format", "json")
    command = [opa, "bench", *options, *source, "data.guard.main.decision"]
    answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return float(answer["N"]) / float(answer["T"]) * 1e9


def benches(opa: Path, payload: Path, cores: int) -> float:
    """Return the evaluations per second of all cores at once."""
    with ThreadPoolExecutor(cores) as pool:
        return sum(pool.map(lambda _: bench(opa, payload), range(cores)))


def rate(decide: Callable[[], None]) -> float:
    """Return the documents per second."""
    started = time.perf_counter()
    decide()
    return DOCUMENTS / (time.perf_counter() - started)


def main() -> None:
    opa = find_opa(os.environ)
    cores = len(os.sched_getaffinity(0))
    subject = document()
    rates: dict[str, list[float]] = {
        "opa bench": [],
        "with --e2e": [],
        "at once": [],
        "one at a time": [],
        "many": [],
    }
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedOpa(lambda: OpaProcess(opa, BUNDLE), timeout=10, start_timeout=30) as engine,
    ):
        payload = Path(folder) / "input.json"
        payload.write_text(subject.model_dump_json())
        engine.wait_until_ready()

        def one_at_a_time() -> None:
            for _ in range(DOCUMENTS):
                engine.evaluate(subject)

        def many() -> None:
            for answer in engine.evaluate_many(itertools.repeat(subject, DOCUMENTS)):
                if isinstance(answer, Exception):
                    raise answer

        for _ in range(ROUNDS):
            rates["opa bench"].append(bench(opa, payload))
            rates["with --e2e"].append(bench(opa, payload, "--e2e"))
            rates["at once"].append(benches(opa, payload, cores))
            rates["one at a time"].append(rate(one_at_a_time))
            rates["many"].append(rate(many))
    median = {name: statistics.median(values) for name, values in rates.items()}
    for name in ("one at a time", "many"):
        sys.stdout.write(compared(name, median, cores))
    sys.stdout.write("goal for many: at least 85%\n")


def compared(name: str, rates: dict[str, float], cores: int) -> str:
    """Return the lines about one way to decide: its rate, and its share of each of OPA's own rates."""
    limits = {
        f"{cores} cores x opa bench": cores * rates["opa bench"],
        f"{cores} cores x opa bench --e2e": cores * rates["with --e2e"],
        "opa bench on all cores at once": rates["at once"],
    }
    shares = (f"  {rates[name] / limit:.0%} of {title} ({limit:,.0f}/s)\n" for title, limit in limits.items())
    return f"{name}: {rates[name]:,.0f} documents/s\n{''.join(shares)}"


if __name__ == "__main__":
    main()
