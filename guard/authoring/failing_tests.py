"""Explain failing tests of policies: the expression that wasn't true, with the values of its variables and calls."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

Node = Mapping[str, Any]
_LONGEST = 4000
_NAME = re.compile(r"[A-Za-z_][\w.]*(?:\[[^\]]*\][\w.]*)*")


def explain_failures(results: Sequence[Node], folder: Path) -> Iterator[str]:
    """Yield an explanation for each failed test in OPA's JSON report, which must be made with `--explain fails`."""
    for result in results:
        if result.get("fail") or result.get("error"):
            place = result["location"]
            yield "\n".join([f"{place['file']}:{place['row']}: {result['name']} fails", *_seen(result, folder)])


def _seen(result: Node, folder: Path) -> Iterator[str]:
    if result.get("error"):
        yield f"  {result['error'].get('message', result['error'])}"
    failed = [each for each in result.get("trace") or [] if each["Op"] == "Fail" and each["Location"]["file"]]
    # Explain the last failure in the test's own file: failures in other files may be harmless, or are its cause.
    own = [each for each in failed if each["Location"]["file"] == result["location"]["file"]] or failed
    if own:
        yield from _expression(own[-1], folder)
    printed = base64.b64decode(result.get("output") or "").decode(errors="replace")
    yield from (f"  printed: {line}" for line in printed.splitlines())


def _expression(event: Node, folder: Path) -> Iterator[str]:
    file, row = event["Location"]["file"], event["Location"]["row"]
    lines = (folder / file).read_text().splitlines()
    yield f"  {row}: {lines[row - 1].strip()}"
    names = set(_variables(event["Node"]))
    shown: dict[str, str] = {}
    for local in event["Locals"] or []:
        described = event["LocalMetadata"].get(local["name"], {})
        place = described.get("location") or {}
        here = (place.get("file"), place.get("row")) == (file, row)
        if not here and local["name"] not in names:
            continue
        label = described.get("name", local["name"])
        if label.startswith("__local"):
            label = _source(lines, place)
        if label:
            shown.setdefault(label, _shown(local))
    yield from (f"     {label} is {value}" for label, value in sorted(shown.items()))


def _variables(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("type") == "var":
            yield str(node["value"])
        for inner in node.values():
            yield from _variables(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _variables(inner)


def _source(lines: Sequence[str], place: Node) -> str | None:
    """Return the source text of a value without a name: a reference, or a call with its arguments."""
    if not place.get("row"):
        return None
    text = lines[place["row"] - 1][place["col"] - 1 :]
    name = _NAME.match(text)
    if name is None:
        return None
    end, depth = name.end(), 0
    for position, character in enumerate(text[end:], end):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return text[: position + 1] if character == ")" else name.group()
    return name.group()


def _shown(term: Node) -> str:
    text = _value(term)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text):,} characters)"


def _value(term: Node) -> str:
    kind, value = term["type"], term["value"]
    if kind == "array":
        return f"[{', '.join(map(_value, value))}]"
    if kind == "set":
        return f"{{{', '.join(map(_value, value))}}}" if value else "set()"
    if kind == "object":
        return f"{{{', '.join(f'{_value(key)}: {_value(inner)}' for key, inner in value)}}}"
    return json.dumps(value, ensure_ascii=False)
