"""What commands print for people, where everything that a job's owner wrote tries to steer the terminal."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner, Result

from guard.authoring.samples import complete
from guard.cli.app import app
from guard.document import Document
from tests.support.bundles import configured_bundle

HOSTILE = "\x1b[2J\x9b31m\r\x07\N{RIGHT-TO-LEFT OVERRIDE}\u2028\u200b\nFAKE"
GOLDEN = json.loads(Path("tests/golden/schema-1/training_denied.json").read_text())["document"]


def _valid(document: Any) -> bool:
    try:
        Document.model_validate(document)
    except ValidationError:
        return False
    return True


def _poisoned(whole: Any, node: Any) -> None:
    """Put the hostile text behind every text and every key of the node that the document's contract allows it in."""
    for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
        if isinstance(value, dict | list):
            _poisoned(whole, value)
        elif isinstance(value, str):
            node[key] = value + HOSTILE
            if not _valid(whole):
                node[key] = value
        if isinstance(node, dict):
            before = dict(node)
            node[f"{key}{HOSTILE}"] = node.pop(key)
            if not _valid(whole) or f"{key}{HOSTILE}" not in json.dumps(_seen(whole), ensure_ascii=False):
                node.clear()
                node.update(before)


def _seen(whole: Any) -> Any:
    return Document.model_validate(whole).model_dump(mode="json")


def _hostile(document: dict[str, Any]) -> dict[str, Any]:
    """The document with such texts beside its own images, but for where it is from: rules still find something in it."""
    whole = json.loads(json.dumps(document))
    for part in ("job", "images", "source"):
        _poisoned(whole, whole[part])
    whole["images"] += document["images"]
    return whole


@pytest.fixture(params=["complete", "denied"])
def document(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A document all of whose texts are hostile, slots of images included."""
    folder = tmp_path / "cases"
    folder.mkdir()
    found = _hostile(complete().model_dump(mode="json") if request.param == "complete" else GOLDEN)
    assert found["images"][0]["slot"].endswith(HOSTILE)
    path = folder / f"case{HOSTILE}.json"
    path.write_text(json.dumps(found))
    return path


@pytest.fixture
def run(opa: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("GUARD_OPA_PATH", str(opa))
    return lambda *arguments: CliRunner().invoke(app, [*map(str, arguments)], env={"COLUMNS": "10000"})


def _obeyed(text: str) -> list[str]:
    """The characters that a terminal would obey, or not show, and lines that the owner made."""
    return [one for one in text if not one.isprintable() and one != "\n"] + [
        line for line in text.splitlines() if line.startswith("FAKE")
    ]


def test_nothing_in_the_table_is_obeyed(run: Any, document: Path, bundle: Path) -> None:
    result = run("evaluate", document, "--bundle", bundle)
    assert (result.exit_code in (0, 1), _obeyed(result.stdout)) == (True, []), result.stderr
    assert r"\x1b[2J" in result.stdout


def test_the_object_for_machines_has_the_text_as_it_is(run: Any, document: Path, bundle: Path) -> None:
    slot = json.loads(run("evaluate", document, "--bundle", bundle, "--json").stdout)["document"]["images"][0]["slot"]
    assert slot.endswith(HOSTILE)


def test_nor_in_what_differs_from_a_case(run: Any, document: Path, bundle: Path) -> None:
    document.with_suffix(".expected.yaml").write_text(
        f"decision: allow\nrules: []\nfindings: [{json.dumps({'message': HOSTILE})}]\n"
    )
    result = run("test", document.parent, "--bundle", bundle)
    assert (result.exit_code, _obeyed(result.stdout)) == (1, [])
    assert r"\x1b[2J" in result.stdout


def test_nor_in_what_exemptions_cover(run: Any, document: Path, opa: Path, tmp_path: Path) -> None:
    exemption = {
        "id": "EX-1",
        "rules": ["*"],
        "scope": {"account": json.loads(document.read_text())["account"]},
        "reason": f"why{HOSTILE}",
        "owner": f"team{HOSTILE}",
        "ticket": f"T-1{HOSTILE}",
        "expires": "2026-12-20",
    }
    bundle = configured_bundle(tmp_path / "copy", opa, rules={}, exemptions=[exemption])
    result = run("exemptions", document, "--bundle", bundle)
    assert (result.exit_code, _obeyed(result.stdout + result.stderr)) == (0, [])
    assert "covers" in result.stdout
    assert r"\x1b[2J" in result.stdout
