"""`make check` on copies of the policies."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from guard.authoring.opa import SCHEMAS, Opa
from tests.support.authoring import EXEMPTIONS, FIRST_IMAGE, RUNTIME, SECONDS, Change, checked
from tests.support.policies import CONFIG

pytestmark = pytest.mark.usefixtures("short_trial")

PARAMETERS = "import data.guard.parameters\n"


DEFECTS = [
    ("types", RUNTIME, "\truntime > _limit\n", '\truntime > _limit\n\thttp.send({"url": "x"})\n', "may not call http.send"),
    ("types", RUNTIME, "_limit := given if {\n", "_limit := given if {\n\ttime.now_ns() > 0\n", "may not call time.now_ns"),
    ("style", RUNTIME, "package guard.rules.max_runtime\n", "package guard.rules.max_runtime\n\n# TODO\n", "todo-comment"),
    ("config", RUNTIME, PARAMETERS, f"{PARAMETERS}import data.guard.rules.keep_alive\n", "a rule reads only"),
    ("config", CONFIG, SECONDS, "secnds: 86400", "did you mean seconds?"),
    ("format", RUNTIME, "default _limit := 0", "default   _limit := 0", "max_runtime.rego"),
]  # fmt: skip


def test_check_prints_which_steps_fail_and_where(tree: Opa, regal: Path, change: Change) -> None:
    for _, file, old, new, _ in DEFECTS:
        change(file, old, new)
    well, verdicts, printed = checked(tree, regal)
    assert not well
    assert {step for step, verdict in verdicts.items() if verdict == "FAILED"} >= {step for step, *_ in DEFECTS}
    sections = dict(re.findall(r"^(\w+) +FAILED.*\n((?:  .*\n)*)", printed, re.MULTILINE))
    assert [said for step, *_, said in DEFECTS if said not in sections[step]] == []


def test_check_names_every_generated_file_that_is_out_of_date(tree: Opa, content_regal: Path, change: Change) -> None:
    change(CONFIG, SECONDS, "seconds: 77")
    change(Path("capabilities.json"), '"allow_net": []', '"allow_net": ["x"]')
    change(SCHEMAS / "config.json", "Configuration of the policies", "x")
    well, verdicts, printed = checked(tree, content_regal)
    assert (well, [step for step, verdict in verdicts.items() if verdict == "FAILED"]) == (False, ["generated"])
    named = re.findall(r"^    (\S+)$", printed.partition("generated ")[2], re.MULTILINE)
    assert named == ["schemas/config.json", "capabilities.json", "docs/rules.md"]


@pytest.mark.parametrize("entry", ["images", "patterns"])
def test_one_more_entry_of_the_deny_list_makes_nothing_stale(
    tree: Opa, content_regal: Path, change: Change, entry: str
) -> None:
    if entry == "images":
        change(CONFIG, FIRST_IMAGE, '      "pytorch-training:1.11-cpu-py38": {reason: x}\n')
    else:
        change(CONFIG, "    patterns: []\n", '    patterns: [{pattern: "tensorflow-training:1.*", reason: x}]\n')
    well, _, printed = checked(tree, content_regal)
    assert well, printed


@pytest.mark.parametrize(("style_fails", "verdict"), [(False, "noted"), (True, "FAILED")], ids=["check", "lint"])
def test_style_is_printed_and_fails_in_lint_only(tree: Opa, tmp_path: Path, style_fails: bool, verdict: str) -> None:
    place = {"file": str(RUNTIME), "row": 3, "col": 1, "text": "# TODO"}
    found = {"title": "todo-comment", "description": "Avoid TODO comments", "location": place}
    finding = tmp_path / "regal"
    finding.write_text(f"#!/bin/sh\necho '{json.dumps({'violations': [found]})}'\nexit 3\n")
    finding.chmod(0o755)
    well, verdicts, printed = checked(tree, finding, style_fails=style_fails)
    told = f"    {RUNTIME}:3:1: Avoid TODO comments (todo-comment)\n"
    assert (well, verdicts["style"], told in printed) == (not style_fails, verdict, True)


def test_names_of_the_documents_fields_may_be_names_of_variables(tree: Opa, regal: Path) -> None:
    fields = sorted(_fields(json.loads((tree.folder / SCHEMAS / "input.json").read_text())))
    assert {"account", "count", "time", "uri"} <= {*fields}
    functions = "".join(
        f"\n_of_{name}(given_one) := {name} if {{\n\t{name} := given_one.x\n\t{name} > 0\n}}\n" for name in fields
    )
    rule = tree.folder / RUNTIME
    rule.write_text(rule.read_text() + functions)
    _, verdicts, printed = checked(tree, regal)
    assert (verdicts["types"], verdicts["config"], verdicts["trial"]) == ("ok", "ok", "ok")
    # Seventy functions make the file long, and nothing else is wrong about it.
    assert {found.rpartition("(")[2] for found in re.findall(r"max_runtime\.rego:.*?\)", printed)} <= {"file-length)"}


def _fields(schema: object) -> set[str]:
    inner = list(schema.values()) if isinstance(schema, dict) else schema if isinstance(schema, list) else []
    own = set(schema.get("properties", {})) if isinstance(schema, dict) else set()
    return own.union(*map(_fields, inner))


def test_check_lets_an_expired_exemption_pass_and_prints_it(tree: Opa, content_regal: Path, change: Change) -> None:
    exemption = "{id: EX-1, owner: a, reason: b, rules: [max_runtime], scope: {region: eu-*}, expires: '2020-01-01'}"
    change(CONFIG, EXEMPTIONS, f"exemptions:\n  - {exemption}")
    well, verdicts, printed = checked(tree, content_regal)
    assert (well, verdicts["config"]) == (True, "ok")
    assert "warning: exemptions[0].expires: EX-1 expired on 2020-01-01" in printed


def test_check_fails_when_regal_cannot_run(tree: Opa, command) -> None:
    code, printed = command("check", "--regal", str(tree.folder / "regal"))
    assert (code, "regal" in printed) == (1, True)


PACKAGE = "package guard.rules.max_runtime\n"
REMEDIATION = "#   remediation: >-\n"
ONCE = [
    pytest.param(
        RUNTIME, PACKAGE, "package guard.rules.max_runtimes\n",
        r"max_runtime\.rego:27:1: the package is .*; write `package guard\.rules\.max_runtime`", id="package",
    ),
    pytest.param(
        RUNTIME, PACKAGE, "package rules.max_runtime\n",
        r"max_runtime\.rego:27:1: the package is .*; write `package guard\.rules\.max_runtime`", id="package at the root",
    ),
    pytest.param(
        RUNTIME, REMEDIATION, "#   remedation: >-\n",
        r"max_runtime\.rego:14:5: METADATA custom\.remedation: .*; did you mean remediation\?", id="key below custom",
    ),
    pytest.param(
        RUNTIME, "# METADATA\n# title: Run", "# title: Run",
        r"max_runtime\.rego:1:1: the line `# METADATA` is missing; write it above this line", id="no METADATA",
    ),
    pytest.param(
        RUNTIME, "# title: Run", "# titel: Run",
        r"max_runtime\.rego:2:3: METADATA titel: unknown key; did you mean title\?", id="title",
    ),
    pytest.param(
        RUNTIME, "# title: Run", "# title: Run: ",
        r"max_runtime\.rego:2:\d+: this is not YAML: .*; put the text after the first one in quotes", id="METADATA as YAML",
    ),
    pytest.param(
        RUNTIME, "schema.input", "schemas.input",
        r"max_runtime\.rego:10:7: METADATA schemas: .*; write `- input: schema\.input`", id="schemas",
    ),
    pytest.param(
        CONFIG, re.compile(r"(?<=\n) +(?=seconds: )"), "\t", r"data\.yaml:\d+:1: .* a tab in the indentation; use spaces",
        id="tab",
    ),
    pytest.param(
        CONFIG, re.compile(r"(?<=\n) (?= +seconds: )"), "", r"data\.yaml:\d+:4: .* line it up with spaces", id="indentation",
    ),
    pytest.param(
        CONFIG, SECONDS, "seconds: *", r'data\.yaml:\d+:\d+: .* must be in quotes; write "\*"', id="star",
    ),
    pytest.param(
        RUNTIME, PARAMETERS, "",
        r"max_runtime\.rego:\d+:\d+: an import is missing; write `import data\.guard\.parameters` below the package",
        id="import of parameters",
    ),
    pytest.param(
        RUNTIME, "import data.guard.lib.availability\n", "",
        r"max_runtime\.rego:\d+:\d+: an import is missing; write `import data\.guard\.lib\.availability` below the package",
        id="import of a library",
    ),
    pytest.param(
        RUNTIME, PARAMETERS, "import data.guard.parameter\n",
        r"max_runtime\.rego:30:8: there is no package data\.guard\.parameter; write `import data\.guard\.parameters`",
        id="misspelt import",
    ),
    pytest.param(
        RUNTIME, "\truntime > _limit\n", "\truntime > _limit\n\truntime > '1'\n",
        r'max_runtime\.rego:\d+:12: this is not Rego: text must be in double quotes; write "\.\.\."', id="syntax",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "told"), ONCE)
def test_one_mistake_is_reported_once(
    tree: Opa, content_regal: Path, change: Change, file: Path, old: str | re.Pattern[str], new: str, told: str
) -> None:
    change(file, old, new)
    well, _, printed = checked(tree, content_regal)
    (said,) = re.findall(r"^    (.*)$", printed, re.MULTILINE)
    assert (well, printed.count("FAILED")) == (False, 1)
    assert re.fullmatch(rf"policies/guard/\S*/{told}", said), said


def test_the_output_of_a_regal_without_a_report_is_printed(tree: Opa, tmp_path: Path) -> None:
    broken = tmp_path / "regal"
    broken.write_text("#!/bin/sh\necho out of memory >&2\nexit 3\n")
    broken.chmod(0o755)
    well, verdicts, printed = checked(tree, broken)
    assert (well, verdicts["style"]) == (False, "FAILED")
    assert "out of memory" in printed
