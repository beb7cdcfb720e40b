"""Which rules may depend on masked parts of the document, by OPA's dependency analysis."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

import pytest

from guard.authoring import reads
from guard.authoring.reads import copy_readable, input_paths, rules_that_read
from guard.errors import ConfigError

BUNDLE = Path("bundle.tar.gz")


class Dependencies:
    """An OPA that reports the dependencies of each rule that a test sets."""

    def __init__(self, folder: Path, **read: list[str] | None) -> None:
        self.folder = folder
        self.read = read
        self.bundles: set[Path] = set()

    def json(self, *arguments: str | Path) -> Any:
        assert arguments[:4] == ("deps", "--format", "json", "--bundle")
        assert arguments[5:7] == ("--ignore", "*_test.rego")
        self.bundles.add(Path(arguments[4]))
        rule_id = str(arguments[7]).removeprefix("data.guard.rules.").removesuffix(".findings")
        base = self.read[rule_id]
        paths = [[{"value": part} for part in path.split(".")] for path in base or []]
        return {"base": None if base is None else paths}


@pytest.fixture
def opa(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(reads, "copy_readable", lambda opa, bundle, target: None)
    return Dependencies(
        tmp_path,
        whole=["input", "data.guard.config"],
        settings=["input.environment", "data.environment.x"],
        runtime=["input.compute.max_runtime_seconds"],
        tagged=["input.job.tags.cost/~center"],
        nothing=None,
    )


IDS = ["whole", "settings", "runtime", "tagged", "nothing"]


@pytest.mark.parametrize(
    ("pointers", "rules"),
    [
        ([], ()),
        (["/result/environment"], ()),
        (["/input/environment"], ("settings",)),
        (["/input/environment/0/value"], ("settings",)),
        (["/input/compute"], ("runtime",)),
        (["/input/compute/max_runtime_seconds"], ("runtime",)),
        (["/input/compute/spot"], ()),
        (["/input/compute", "/input/environment"], ("runtime", "settings")),
        (["/input/command"], ()),
        (["/input/job/tags/cost~1~0center"], ("tagged",)),
        (["/input/job/tags/cost"], ()),
    ],
    ids=str,
)
def test_a_rule_reads_what_is_hidden_if_its_path_is_below_or_above(opa: Any, pointers: list[str], rules: Any) -> None:
    assert rules_that_read(opa, BUNDLE, IDS, pointers) == rules


@pytest.mark.parametrize(
    "pointer",
    [
        "account", "deny_list", "images", "images/0/tag", "job", "job/kind", "job/name", "job/parts", "job/role_arns/0", "region",
        "schema_version", "source/type", "unavailable",
    ],
)  # fmt: skip
def test_facts_of_overrides_exemptions_and_the_contract_are_read_for_every_rule(opa: Any, pointer: str) -> None:
    assert rules_that_read(opa, BUNDLE, IDS, ["/input/command", f"/input/{pointer}"]) == tuple(sorted(IDS))


def test_other_facts_are_not_read_for_every_rule(opa: Any) -> None:
    assert rules_that_read(opa, BUNDLE, IDS, ["/input/job/created_at"]) == ()


def test_the_paths_of_a_rule_are_those_of_the_document(opa: Any) -> None:
    assert input_paths(opa, BUNDLE, "whole") == set()
    assert input_paths(opa, BUNDLE, "settings") == {("environment",)}


RULE = "policies/guard/rules/own/own.rego"
READS = "allow if { f(input); f(input.job); f(input [x]); inputs; f(data.input_x) }\n"
READABLE = "allow if { f(data.document); f(input.job); f(input [x]); inputs; f(data.input_x) }\n"


def test_a_folder_of_policies_is_read_with_the_plan_of_its_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def copy(_: Any, policies: Path, target: Path) -> None:
        assert policies == Path("policies")
        _written(target, "guard/rules/own/own.rego")

    monkeypatch.setattr(reads, "copy_planned", copy)
    (tmp_path / "policies").mkdir()
    copy_readable(Dependencies(tmp_path), Path("policies"), tmp_path / "copy")  # type: ignore[arg-type]
    assert (tmp_path / "copy/guard/rules/own/own.rego").read_text() == READABLE


def test_a_bundle_is_unpacked_and_its_libraries_stay_as_they_are(tmp_path: Path) -> None:
    library = RULE.replace("rules", "lib")
    for name in (RULE, library):
        _written(tmp_path, name)
    with tarfile.open(tmp_path / BUNDLE, "w:gz") as packed:
        for name in (RULE, library):
            packed.add(tmp_path / name, f"/{name}")
    copy_readable(Dependencies(tmp_path), BUNDLE, tmp_path / "copy")  # type: ignore[arg-type]
    assert [(tmp_path / "copy" / name).read_text() for name in (RULE, library)] == [READABLE, READS]


def test_unpacking_a_bundle_writes_nothing_outside_of_the_copy(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / BUNDLE, "w:gz") as packed:
        for name, kind in (
            ("../outside.rego", tarfile.REGTYPE),
            ("a/../../other.rego", tarfile.REGTYPE),
            ("link", tarfile.SYMTYPE),
        ):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/"
            packed.addfile(member)
        packed.addfile(tarfile.TarInfo("/inside.rego"))
    copy_readable(Dependencies(tmp_path), BUNDLE, tmp_path / "a/copy")  # type: ignore[arg-type]
    assert [file.name for file in (tmp_path / "a").rglob("*")] == ["copy", "inside.rego"]
    assert {file.name for file in tmp_path.iterdir()} == {BUNDLE.name, "a"}


@pytest.mark.parametrize("content", [None, b"no bundle"], ids=["missing", "no archive"])
def test_an_invalid_bundle_is_an_error(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / BUNDLE).write_bytes(content)
    with pytest.raises(ConfigError, match="can't be read"):
        copy_readable(Dependencies(tmp_path), BUNDLE, tmp_path / "copy")  # type: ignore[arg-type]


def _written(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(parents=True)
    (folder / name).write_text(READS)
