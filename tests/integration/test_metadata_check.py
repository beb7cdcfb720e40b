"""The problems that are reported for METADATA that doesn't describe its rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from guard.authoring.rules import read_rules
from guard.authoring.sources import source_problems
from tests.support.policies import POLICIES, copy_policies


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("# title: Runtime limit\n", "", "METADATA has no title", id="no title"),
        pytest.param(
            "severity: medium", "severity: bad", 'METADATA custom.severity: "bad" is not a severity; it is one', id="severity",
        ),
        pytest.param("#   remediation: >-", '#   remediation: ""\n#   advice: >-', "has no custom.remediation", id="no advice"),
        pytest.param("# title: Runtime limit\n", '# title: " "\n', "METADATA has no title", id="empty title"),
        pytest.param("[max-runtime]", "[max-time, spto]", "no job can have spto; did you mean spot?", id="unknown part"),
        pytest.param("[max-runtime]", "vpcs", "custom.needs: no job can have vpcs; did you mean vpc?", id="needs as text"),
        pytest.param("[max-runtime]", "[]", "custom.needs: must be a non-empty list; leave the key out", id="no needs"),
        pytest.param(
            "needs:", "kinds: [training, labelling]\n#   needs:",
            "METADATA custom.kinds: labelling is not a known job kind; did you mean labeling?", id="unknown kind",
        ),
        pytest.param(
            "needs:", "kinds: [x]\n#   needs:", "x is not a known job kind; known are training, processing, ", id="no kind",
        ),
        pytest.param("needs:", "kinds: []\n#   needs:", "custom.kinds: must be a non-empty list", id="no kinds"),
        pytest.param("needs:", "kinds: training\n#   needs:", "custom.kinds: must be a non-empty list", id="kinds as text"),
        pytest.param(
            "needs:", "kinds: [training, transform]\n#   needs:",
            "custom.kinds: no transform job can have max-runtime, which custom.needs requires; leave the kind out",
            id="kind without a need",
        ),
        pytest.param(
            "needs:", "in_place: []\n#   needs:", "custom.in_place: must be a non-empty list of parameters; leave the key out",
            id="nothing in place",
        ),
        pytest.param(
            "needs:", "in_place: seconds\n#   needs:", "custom.in_place: must be a non-empty list of parameters",
            id="in place as text",
        ),
        pytest.param(
            "needs:", "in_place: [seconds]\n#   needs:",
            "custom.in_place: no parameter seconds is of type object; only mappings have keys to look up", id="no mapping",
        ),
        pytest.param("# related_resources:", "# authors:", "METADATA has no related_resources; name a page", id="no page"),
        pytest.param(
            "#   - input: schema.input", "#   - data.x: schema.input", "METADATA has no schemas: write `- input: schema.input`",
            id="untyped input",
        ),
        pytest.param(
            "#   severity: medium\n", "#   severity: medium\n#   parameter: {}\n",
            "METADATA custom.parameter: unknown key; did you mean parameters?", id="unknown key",
        ),
        pytest.param(
            "#   severity: medium\n", "#   severity: medium\n#   owner: me\n",
            "METADATA custom.owner: unknown key; known are emptied, in_place, kinds, needs, parameters, pointless, remediation, "
            "severity",
            id="other unknown key",
        ),
        pytest.param(
            "may set.\n#       type: integer", "may set.\n#       type: integer\n#       format: globb",
            "custom.parameters.seconds: unknown format globb; did you mean glob?", id="unknown format",
        ),
        pytest.param(
            "may set.\n#       type: integer", "may set.\n#       type: integer\n#       anyOf: [{items: {format: uuid}}]",
            "custom.parameters.seconds: unknown format uuid; known are account, account-glob, day, framework, glob, "
            "glob-of-accounts, glob-of-buckets, glob-of-instance-types, glob-of-regions, glob-of-roles, image-entry, "
            "image-pattern, image-scope, job-kind, job-kind-glob, path-of-images, regex, region-glob, role-glob, scope-glob, "
            "time-zone",
            id="other unknown format",
        ),
        pytest.param(
            "#       type: integer\n#       minimum: 1\n", "#       type: int\n",
            "parameters.seconds: there is no type int; did you mean integer?",
            id="no type",
        ),
        pytest.param(
            "may set.\n#       type: integer\n", "may set.\n", "custom.parameters.seconds: has no type",
            id="parameter without type",
        ),
        pytest.param("#     seconds:\n", "#     level:\n", "parameters.level: the configuration of every rule has", id="level"),
        pytest.param("#     seconds:\n", "#     region:\n", "parameters.region: the configuration of every", id="a fact"),
        pytest.param(
            "#       description: The longest runtime", "#       title: The longest", "parameters.seconds: has no description",
            id="parameter without description",
        ),
    ],
)  # fmt: skip
def test_invalid_metadata_is_reported(tmp_path: Path, opa: Path, old: str, new: str, expected: str) -> None:
    tree = copy_policies(tmp_path, opa, rules=["max_runtime"])
    rule = POLICIES / "guard" / "rules" / "max_runtime" / "max_runtime.rego"
    source = (tmp_path / rule).read_text()
    assert source.count(old) == 1
    (tmp_path / rule).write_text(source.replace(old, new))
    # OPA itself would refuse a test that compares METADATA with a value of another type.
    (tmp_path / rule).with_name("max_runtime_test.rego").write_text("package guard.rules.max_runtime_test\n")
    problems = [*source_problems(tree.folder, POLICIES), *read_rules(tree, POLICIES)[1]]
    said = [str(problem) for problem in problems if expected in problem.text]
    assert len(said) == 1
    assert said[0].startswith(f"{rule}:")
