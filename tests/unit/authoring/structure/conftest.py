"""The problems that the check of the structure finds in a few files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from guard.authoring.opa import Opa
from guard.authoring.rules import Rule
from guard.authoring.structure import structure_problems
from tests.support.own_rule import EXPORTS, FILE, PARAMETERS, POLICIES, TEST, Said

# None of the parameters is one that nothing reads.
_READ = "\n".join(f"_read contains data.guard.parameters.changed.own.{name}" for name in PARAMETERS)


@pytest.fixture
def said(opa: Path, tmp_path: Path) -> Said:
    """Return the problems of these files below policies/, and of one rule, if there is one."""

    def say(files: dict[str, str], rule: Rule | None = None) -> list[str]:
        for name, text in files.items():
            (tmp_path / POLICIES / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / POLICIES / name).write_text(text, errors="surrogateescape")
        found = structure_problems(Opa(opa, tmp_path), POLICIES, [rule] if rule else [])
        return [str(problem).removeprefix(f"{POLICIES}/") for problem in found]

    return say


@pytest.fixture
def of_rule(said: Said) -> Said:
    """Return the problems of a rule with this body."""

    def say(body: str, exports: str = EXPORTS, test: str | None = TEST, **more: Any) -> list[str]:
        fields: dict[str, Any] = dict.fromkeys(("title", "description", "severity", "remediation"), "x")
        rule = Rule("own", FILE, 3, resources=(), parameters=PARAMETERS, **fields, **more)
        files = {"guard/rules/own/own.rego": f"package guard.rules.own\n\n{body}\n\n{exports}"}
        files["guard/rules/own/parameters.rego"] = f"package guard.rules.own\n\n{_READ}\n"
        tested = {} if test is None else {"guard/rules/own/own_test.rego": test}
        return [text.removeprefix("guard/rules/own/own.rego:") for text in said(files | tested, rule)]

    return say
