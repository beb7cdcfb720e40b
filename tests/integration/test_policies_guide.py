"""The guide's walk-through, done with the very blocks that docs/policies.md shows."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from guard.authoring.bundle import pack_bundle
from guard.authoring.check import check_policies
from guard.authoring.config_check import check_config
from guard.authoring.coverage import run_tests
from guard.authoring.diagnostics import errors
from guard.authoring.generated import generated_files, write
from guard.authoring.mutation.run import mutate
from guard.authoring.opa import FLAGS, Opa
from guard.authoring.scaffold import new_rule
from guard.authoring.trial.run import trial_problems
from guard.authoring.types_check import check_types
from guard.decision import Decision
from guard.opa.engine import EmbeddedOpa
from guard.opa.process import OpaProcess
from tests.support.documents import document
from tests.support.policies import CONFIG, POLICIES, ROOT, few_policies

GUIDE = (ROOT / "docs" / "policies.md").read_text()
RULE, TEST, MISSING_TEST = re.findall(r"^```rego\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
SECTION, EXEMPTIONS, OVERRIDES, GOVERNED = re.findall(r"^```yaml\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
FOLDER = POLICIES / "guard" / "rules" / "retired_bucket"
ROLE = "arn:aws:iam::123456789012:role/SageMakerExecutionRole"
TODAY = date(2026, 11, 23)


@dataclass(frozen=True)
class Walk:
    """The policies after the guide's walk-through, up to the missing test, and what the reader saw on the way."""

    tree: Opa
    typos: str
    first_test: str


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory, opa: Path) -> Walk:
    """Do what the guide says, in its order."""
    folder = tmp_path_factory.mktemp("guide")
    made = few_policies(folder, opa, ("denied_image", "max_runtime"))
    new_rule(made, POLICIES, "retired_bucket")
    rule, test = (folder / FOLDER / f"retired_bucket{suffix}.rego" for suffix in ("", "_test"))
    config = folder / CONFIG
    scaffolded = "  retired_bucket:\n    level: warn\n    names: []\n"
    before, there, after = config.read_text().partition(scaffolded)
    assert there
    rule.write_text(RULE.replace("input.storage.inputs", "input.storage.input"))
    config.write_text(before + SECTION.replace("buckets:", "bucket:") + after)
    typos = io.StringIO()
    assert not check_policies(made, _quiet_regal(folder), POLICIES, TODAY, typos, style_fails=False)
    rule.write_text(RULE)
    config.write_text(before + SECTION + after)
    first_test = "\n".join(map(str, check_types(made, POLICIES)))
    test.write_text(f"{TEST}\n{MISSING_TEST}")
    write(folder, generated_files(made, POLICIES))
    return Walk(made, typos.getvalue(), first_test)


def _quiet_regal(folder: Path) -> Path:
    """A Regal that finds nothing: style isn't the question, and the real one takes a second."""
    path = folder / "regal"
    path.write_text("#!/bin/sh\necho '{\"violations\": []}'\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def tree(walk: Walk) -> Opa:
    """The policies after the walk-through."""
    return walk.tree


@pytest.fixture
def rewritten(tree: Opa) -> Iterator[Callable[[Path, str], None]]:
    """Change a file of the tree for one test."""
    kept: dict[Path, str] = {}

    def rewrite(file: Path, text: str) -> None:
        kept.setdefault(file, (tree.folder / file).read_text())
        (tree.folder / file).write_text(text)

    yield rewrite
    for file, text in kept.items():
        (tree.folder / file).write_text(text)


def test_the_rule_of_the_guide_passes_checks_tests_and_mutation(tree: Opa) -> None:
    assert tree.run("check", "--strict", "--bundle", POLICIES, *FLAGS).output == ""
    assert tree.run("fmt", "--list", "--fail", FOLDER).code == 0
    assert check_config(tree, POLICIES, TODAY) == []
    out = io.StringIO()
    assert run_tests(tree, POLICIES, out), out.getvalue()
    assert mutate(tree, POLICIES, ("retired_bucket",), out), out.getvalue()
    assert "7 of 7 mutants killed, 100.0%; the goal is 95%" in GUIDE
    assert out.getvalue().endswith("7 of 7 mutants killed, 100.0%; the goal is 95%\n")


def test_the_typos_are_told_as_the_guide_shows(walk: Walk) -> None:
    (shown,) = re.findall(r"^\$ make check\n(files .*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    assert _without_numbers(walk.typos) == _without_numbers(shown)


def _without_numbers(printed: str) -> str:
    """Leave out what differs from one run or configuration to the next: times, rows of the file."""
    return re.sub(r"(?<=data\.yaml:)\d+| +[\d.]+ s$", "", printed, flags=re.MULTILINE)


def test_the_first_test_no_longer_fits_the_rule_as_the_guide_says(walk: Walk) -> None:
    assert "(`these can never be equal`)" in GUIDE
    assert re.search(r"retired_bucket_test\.rego:\d+:\d+: these can never be equal", walk.first_test)


def test_the_gap_is_told_with_the_row_that_the_guide_shows(tree: Opa, tmp_path: Path) -> None:
    shutil.copytree(tree.folder, tmp_path / "alone")
    alone = replace(tree, folder=tmp_path / "alone")
    # Without those of the libraries, which take most of the time; the gaps there are told too.
    for test in (alone.folder / POLICIES / "guard" / "lib").rglob("*_test.rego"):
        test.unlink()
    (alone.folder / FOLDER / "retired_bucket_test.rego").write_text(TEST)
    out = io.StringIO()
    assert not run_tests(alone, POLICIES, out)
    (gap,) = [line for line in out.getvalue().splitlines() if line.startswith(f"{FOLDER}/")]
    assert gap.startswith(f"{FOLDER}/retired_bucket.rego:")
    assert gap in GUIDE


def _decided(tree: Opa, role: str) -> Decision:
    assert errors(check_config(tree, POLICIES, TODAY)) == []
    assert pack_bundle(tree, POLICIES, Path("bundle.tar.gz")).code == 0
    source = {"name": "train", "type": "s3", "uri": "s3://team-bucket/a", "bucket": "team-bucket"}
    job = document().job.model_dump() | {"role_arn": role, "role_arns": [role]}
    storage = {"inputs": [source | {"account": None, "local_path": None}], "outputs": [], "volumes": []}
    bundle = tree.folder / "bundle.tar.gz"
    with EmbeddedOpa(lambda: OpaProcess(tree.binary, bundle), timeout=10, start_timeout=20) as engine:
        return engine.evaluate(document(job=job, storage=storage)).decision


def _exempted_by(decision: Decision) -> list[str | None]:
    return [finding.exempted_by for finding in decision.findings if finding.rule_id == "retired_bucket"]


@pytest.mark.usefixtures("short_trial")
def test_the_rule_of_the_guide_stops_a_job(tree: Opa) -> None:
    assert trial_problems(tree, POLICIES) == []
    decision = _decided(tree, ROLE)
    assert (decision.decision, _exempted_by(decision)) == ("deny", [None])


@pytest.mark.parametrize(
    ("role", "expected"),
    [(ROLE, ("allow", ["EX-1"])), (ROLE + "2", ("deny", [None]))],
    ids=["exempted", "another role"],
)
def test_the_exemption_of_the_guide_is_for_its_role(tree: Opa, rewritten, role: str, expected: tuple) -> None:
    config = re.sub(r"^exemptions:.*", "", (tree.folder / CONFIG).read_text(), flags=re.MULTILINE | re.DOTALL)
    rewritten(CONFIG, config + EXEMPTIONS)
    decision = _decided(tree, role)
    assert (decision.decision, _exempted_by(decision)) == expected


def test_the_overrides_of_the_guide_are_valid(tree: Opa, rewritten) -> None:
    config = (tree.folder / CONFIG).read_text()
    section = re.search(r"^  max_runtime:\n(?:    .*\n|\n)+", config, re.MULTILINE)
    assert section is not None
    rewritten(CONFIG, config.replace(section.group(), f"{OVERRIDES}\n"))
    assert check_config(tree, POLICIES, TODAY) == []


def test_the_exemption_policy_of_the_guide_is_checked(tree: Opa, rewritten) -> None:
    config = re.sub(r"^exemptions:.*", "", (tree.folder / CONFIG).read_text(), flags=re.MULTILINE | re.DOTALL)
    rewritten(CONFIG, config + EXEMPTIONS + GOVERNED)
    assert [problem.text for problem in check_config(tree, POLICIES, TODAY)] == [
        (
            "exemptions[0]: EX-1 breaks the exemption policy: it has no valid first day (starts: YYYY-MM-DD); "
            "it may last at most 90 days"
        )
    ]


def test_every_make_target_of_the_guide_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {word for line in re.findall(r"make ([a-z][a-z -]*)", GUIDE) for word in line.split()[:1]}
    assert named - targets == set()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#]+)\)", GUIDE))))
def test_every_link_of_the_guide_leads_somewhere(target: str) -> None:
    assert (ROOT / "docs" / target).exists()
