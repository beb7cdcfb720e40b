"""Writes schemas/input.json from the input document's models; `--check` only says whether it is fresh."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from guard.document import Document

PATH = Path("schemas/input.json")


def main(arguments: list[str]) -> int:
    schema = json.dumps(Document.model_json_schema(mode="serialization"), indent=2, sort_keys=True) + "\n"
    if "--check" in arguments:
        if PATH.read_text() == schema:
            return 0
        print(f"{PATH} is stale: run `make schema`", file=sys.stderr)
        return 1
    PATH.write_text(schema)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
