"""Template strings, which a bundle may not have: one check reports them, and all others can walk through them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from guard.authoring.bundle import build_bundle
from guard.authoring.mutation.mutants import find_mutants
from guard.authoring.opa import Opa
from tests.support.one_rule import RULE, TODAY, add, said
from tests.support.policies import POLICIES

HOLE = '$"team/{input.job.tags.team}"'
RULES = {
    "negated member": f'_x if not {HOLE} in {{"team/a"}}',
    "negated equality": f'_x if not {HOLE} == "team/a"',
    "negated comparison": f'_x if not {HOLE} > "team/a"',
    "negated call": f'_x if not startswith({HOLE}, "team")',
    "negated alone": f"_x if not {HOLE}",
    "negated in brackets": f"_x if not input.job.tags[{HOLE}]",
    "negated head of a reference": f"_x if not [{HOLE}][0]",
    "negated equality of a nested one": f"_x if not [{HOLE}] == []",
    "equality": f'_x if {HOLE} == input.job.kind',
    "member": f"_x if input.job.kind in [{HOLE}]",
    "member of it": f"_x if input.job.kind in {HOLE}",
    "order": f"_x if {HOLE} > input.job.name",
    "pattern": f"_x if startswith(input.job.kind, {HOLE})",
    "text of a pattern": f'_x if startswith({HOLE}, "team")',
    "pattern of a glob": f"_x if glob.match({HOLE}, [{HOLE}], input.job.name)",
    "assignment": f'_x if {{ y := {HOLE}; y == "a" }}',
    "some": f"_x if {{ some y in {HOLE}; y == 1 }}",
    "every": f"_x if every y in [{HOLE}] {{ not y in {{{HOLE}}} }}",
    "object.get": f"_x if object.get(input.job, {HOLE}, {HOLE}) == 1",
    "lower": f'_x if lower({HOLE}) == "A"',
    "finding": f'findings contains {{"message": {HOLE}, "details": {{"a": {HOLE}}}}}',
    "finding alone": f"findings contains {HOLE}",
    "key of a finding": f'findings contains {{"message": "a", {HOLE}: 1}}',
    "remediation": f"_remediation := {HOLE}",
    "needs": f"_needs := [{HOLE}]",
    "argument": '_f($"a") := 1',
    "head": f"_x[{HOLE}] := 1",
    "default": 'default _x := $"a"',
    "call in it": '_x if not $"a{concat("", [input.job.name])}" == "a"',
    "negation in it": '_x if $"a{[1 | not startswith(input.job.name, "a")]}" == "a"',
    "many lines": "_x if not $`a\n{input.job.name}` == 1",
}  # fmt: skip


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_check_walks_them(tree: Opa, rule: str) -> None:
    path = tree.folder / RULE
    path.write_text(path.read_text().replace("import future.keywords.not\n", ""))
    add(tree, RULE, rule)
    assert [line for line in said(tree) if "Error" in line] == []
    find_mutants(path.read_text(), lambda _: tree.parse(RULE))


@pytest.mark.parametrize("body", ['not $"team/{input.job.tags.team}" in {"team/a"}', 'startswith($"a", "a")'])
def test_the_bundle_is_not_built_with_one_and_its_position_is_reported(whole: Opa, body: str) -> None:
    path = whole.folder / RULE
    path.write_text(path.read_text().replace("import future.keywords.not\n", ""))
    row = add(whole, RULE, f"_x if {body}")
    out = io.StringIO()
    assert not build_bundle(whole, POLICIES, Path("b.tar.gz"), TODAY, out)
    told = [line for line in out.getvalue().splitlines() if line.startswith(f"{RULE}:{row}:")]
    advice = 'this is not Rego: text is built with sprintf; write sprintf("... %s", [value])'
    assert [line.split(": ", 1)[1] for line in told] == [advice]
