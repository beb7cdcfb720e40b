"""`make bundle` on copies of the policies."""

from __future__ import annotations

import io
import json
import re
import shutil
import tarfile
from pathlib import Path

import pytest

from guard.authoring.bundle import build_bundle
from guard.authoring.opa import Opa
from tests.support.authoring import FIRST_IMAGE, RUNTIME, SECONDS, TARGET, TODAY, Change
from tests.support.policies import CONFIG, POLICIES
from tests.support.trial import short_trial


def _built(tree: Opa) -> tuple[bool, str]:
    out = io.StringIO()
    return build_bundle(tree, POLICIES, TARGET, TODAY, out), out.getvalue()


def _members(archive: Path) -> set[str]:
    with tarfile.open(archive) as tar:
        return {member.lstrip("/") for member in tar.getnames()}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, few: Path, opa: Path) -> tuple[Path, str]:
    """A folder with a built bundle, and the output of the build."""
    tree = Opa(opa, Path(shutil.copytree(few, tmp_path_factory.mktemp("built") / "tree")))
    with short_trial():
        well, printed = _built(tree)
    assert well, printed
    return tree.folder, printed


def test_the_bundle_has_only_the_policies_for_decisions_and_their_data(built: tuple[Path, str]) -> None:
    """In the shipped configuration, `max_runtime` is off for every job."""
    folder, _ = built
    rego = {str(path.relative_to(folder)) for path in (folder / POLICIES).rglob("*.rego")}
    assert str(RUNTIME) in rego
    assert _members(folder / TARGET) == {".manifest", "data.json"} | {
        path for path in rego if not path.endswith("_test.rego") and path != str(RUNTIME)
    }


def test_path_revision_and_size_of_the_bundle_are_printed_in_one_line(built: tuple[Path, str]) -> None:
    folder, printed = built
    size = (folder / TARGET).stat().st_size
    with tarfile.open(folder / TARGET) as tar:
        manifest = next(member for member in tar.getmembers() if member.name.endswith(".manifest"))
        content = tar.extractfile(manifest)
        assert content is not None
        revision = json.load(content)["revision"]
    assert printed == f"{TARGET}: revision {revision}, {size:,} bytes\n"
    assert re.fullmatch(r"[0-9a-f]{12}", revision)


@pytest.mark.parametrize(
    ("file", "old", "new", "printed"),
    [
        pytest.param(CONFIG, FIRST_IMAGE, '      "PyTorch:1": {reason: x}\n', "can never match an image", id="config"),
        pytest.param(RUNTIME, "runtime > _limit", "http.send({})", "a rule may not call http.send", id="capabilities"),
        pytest.param(RUNTIME, "max_runtime_seconds == null", "x == null", "no document has input.compute.x", id="types"),
    ],
)  # fmt: skip
def test_the_bundle_is_not_built_from_policies_with_problems(
    tree: Opa, change: Change, file: Path, old: str | re.Pattern[str], new: str, printed: str
) -> None:
    (tree.folder / TARGET).write_text("of yesterday")
    change(file, old, new)
    built, text = _built(tree)
    assert not built
    assert printed in text
    assert not (tree.folder / TARGET).exists()


def test_the_bundle_is_not_built_from_a_broken_configuration(tree: Opa, command, change: Change) -> None:
    change(CONFIG, SECONDS, "seconds: soon")
    assert command("bundle", str(TARGET))[0] == 1
    assert not (tree.folder / TARGET).exists()
