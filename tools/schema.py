"""Write the JSON schemas of the guard's models; with `--check`, only report stale ones."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from guard.document import Document, Model
from guard.log.event import DecisionEvent
from guard.log.masking import Subject
from guard.notices.notice import Notice

SCHEMAS: dict[Path, type[Model]] = {
    Path("schemas/input.json"): Document,
    Path("schemas/masked.json"): Subject,
    Path("schemas/notice.json"): Notice,
    Path("schemas/record.json"): DecisionEvent,
}


def main(arguments: list[str]) -> int:
    fresh = {
        path: json.dumps(model.model_json_schema(mode="serialization"), indent=2, sort_keys=True) + "\n"
        for path, model in SCHEMAS.items()
    }
    stale = {path: schema for path, schema in fresh.items() if not path.is_file() or path.read_text() != schema}
    for path, schema in stale.items():
        if "--check" in arguments:
            print(f"{path} is stale: run `make schema`", file=sys.stderr)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(schema)
    return int("--check" in arguments and bool(stale))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
