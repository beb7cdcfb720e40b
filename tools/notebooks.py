"""Run the notebooks of examples/ against a local AWS account that the guard watches: `python tools/notebooks.py [--check]`.

Writes the outputs into the notebooks. With --check nothing is written, and an output that differs from the committed one is an
error; values that differ between any two runs (times, ids, ports) are ignored.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = (ROOT / "examples" / "processing-job.ipynb", ROOT / "examples" / "training-job.ipynb")
SECONDS = 120
# Times, ids, digests and counters.
VOLATILE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|\b[0-9a-f]{12,64}\b|\d{4}-\d{2}-\d{2}([T -][\d:.-]+(\+00:00|Z)?)?|\d+(\.\d+)?"
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--opa", type=Path, required=True)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument(
        "--check", action="store_true", help="compare with the committed outputs instead of writing them"
    )
    arguments = parser.parse_args()
    with _local_guard(arguments.opa, arguments.bundle) as environment:
        os.environ |= environment
        wrong = [path for path in NOTEBOOKS if not _run(path, check=arguments.check)]
    return 1 if wrong else 0


def _run(path: Path, *, check: bool) -> bool:
    committed = nbformat.read(path, as_version=4)
    notebook = nbformat.from_dict(json.loads(json.dumps(committed)))
    # A kernel sends a cell's output in pieces that depend on timing; only the joined output is the same in each run.
    NotebookClient(
        notebook,
        timeout=SECONDS,
        kernel_name="python3",
        coalesce_streams=True,
        resources={"metadata": {"path": str(ROOT)}},
    ).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    if not check:
        notebook.metadata = committed.metadata
        nbformat.write(notebook, path)
        print(f"{path.relative_to(ROOT)}: written")
        return True
    differ = [
        number
        for number, (old, new) in enumerate(zip(committed.cells, notebook.cells, strict=True))
        if _shown(old) != _shown(new)
    ]
    for number in differ:
        print(f"{path.relative_to(ROOT)}: cell {number} has another output:", *_shown(notebook.cells[number]), sep="\n")
    print(
        f"{path.relative_to(ROOT)}: {'differs: run make notebooks, and read the difference' if differ else 'as committed'}"
    )
    return not differ


def _shown(cell: Any) -> list[str]:
    """Return a cell's output, without the values that differ between any two runs."""
    outputs = cell.get("outputs", [])
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs]
    return [VOLATILE.sub("#", text) for text in texts]


@contextmanager
def _local_guard(opa: Path, bundle: Path) -> Iterator[dict[str, str]]:
    command = [sys.executable, "-m", "examples.local_guard", "--opa", str(opa), "--bundle", str(bundle)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    sys.exit(main())
