"""Problems that are reported before OPA reads the policies, without those that are only their consequence."""

from __future__ import annotations

from pathlib import Path

import pytest

from guard.authoring.sources import source_problems
from guard.errors import ConfigError

POLICIES = Path("policies")
RULE = "guard/rules/own/own.rego"
CONFIG = "guard/config/data.yaml"
NO_METADATA = "the rule has no METADATA; write it above the package: see docs/policies.md, What a rule is"
PACKAGE = "the package is guard.rules.other, but files in guard/rules/own have the package guard.rules.own; "
LIBRARY = {"guard/lib/globs/globs.rego": b"package guard.lib.globs\n"}


@pytest.mark.parametrize(
    ("files", "told"),
    [
        pytest.param({CONFIG: b"rules: {}\n", **LIBRARY}, [], id="nothing"),
        pytest.param(LIBRARY, [], id="no configuration, which its own check tells"),
        pytest.param({CONFIG: b"a: *\n"},
                     [f'{CONFIG}:1:5: this is not YAML: text that begins with * must be in quotes; write "*"'], id="no YAML"),
        pytest.param({CONFIG: b"a: \xff\n"},
                     [f"{CONFIG}:1:1: the configuration is not UTF-8 text: invalid start byte at byte 3; save it as UTF-8"],
                     id="no UTF-8"),
        pytest.param({RULE: b"package guard.rules.own\n"}, [f"{RULE}:1:1: {NO_METADATA}"], id="no METADATA"),
        pytest.param({RULE: b"package guard.rules.other\nimport data.guard.lib.glob\n", **LIBRARY},
                     [f"{RULE}:1:1: {PACKAGE}write `package guard.rules.own`"], id="a wrong package hides the rest"),
        pytest.param({RULE: b"package guard.rules.own\nimport data.guard.lib.glob\n", CONFIG: b"\ta\n", **LIBRARY},
                     [f"{CONFIG}:1:1: this is not YAML: a tab in the indentation; use spaces",
                      f"{RULE}:1:1: {NO_METADATA}",
                      f"{RULE}:2:8: there is no package data.guard.lib.glob; write `import data.guard.lib.globs`"],
                     id="all in the order of the files"),
    ],
)  # fmt: skip
def test_problems_that_must_be_fixed_first_are_reported(
    tmp_path: Path, files: dict[str, bytes], told: list[str]
) -> None:
    for name, content in files.items():
        (tmp_path / POLICIES / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / POLICIES / name).write_bytes(content)
    assert [str(problem).removeprefix("policies/") for problem in source_problems(tmp_path, POLICIES)] == told


def test_missing_policies_are_reported(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^the policies can't be read: "):
        source_problems(tmp_path, POLICIES)
