"""Heads of findings that read an optional fact are reported if nothing in the rule checks for it; others aren't.

Each reported case is also evaluated: OPA itself confirms that the finding is lost.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from guard.authoring.lost_findings import losing_references
from guard.authoring.opa import Opa
from guard.authoring.samples import complete

Found = Callable[[str], list[str]]
WHY = "may be missing; the finding is then undefined, and the rule reports nothing"


def rule(head: str, body: str = "input.region", more: str = "") -> str:
    return f'findings contains {{"message": {head}, "details": {{}}}} if {{\n{body}\n}}\n{more}'


@pytest.fixture
def found(opa: Path, tmp_path: Path) -> Found:
    """Return the problems of a rule's file."""

    def find(text: str) -> list[str]:
        (tmp_path / "own.rego").write_text(f"package guard.rules.own\n\n{text}\n")
        return [told for _, told in losing_references(Opa(opa, tmp_path).parse(Path("own.rego")))]

    return find


def evaluated(opa: Path, folder: Path, document: dict[str, Any]) -> int:
    answer = Opa(opa, folder).json(
        "eval", "--data", "own.rego", "--stdin-input", "--format", "raw", "count(data.guard.rules.own.findings)",
        given=json.dumps(document),
    )  # fmt: skip
    return int(answer)


def whole() -> dict[str, Any]:
    document = complete().model_dump(mode="json")
    document["job"]["tags"]["other"] = "x"
    document["images"][0]["error"] = {"code": "failed", "message": "no image"}
    return document


def without(path: list[str | int]) -> dict[str, Any]:
    """Return the complete document with null at the path, or without the last key if that is in a mapping of arbitrary keys."""
    document = whole()
    *above, last = path
    holder: Any = document
    for step in above:
        holder = holder[step]
    if last == "team":
        del holder[last]
    else:
        holder[last] = None
    return document


LOST = [
    pytest.param(
        rule('sprintf("%s", [input.experiment.name])'),
        ["experiment"],
        "input.experiment",
        'object.get(input, ["experiment", "name"], "unknown")',
        id="below null",
    ),
    pytest.param(
        rule('concat(" ", [input.network.vpc.subnets[0], "x"])'),
        ["network", "vpc"],
        "input.network.vpc",
        "object.get(...)",
        id="an element of what may be null",
    ),
    pytest.param(
        rule("input.job.tags.team"),
        ["job", "tags", "team"],
        "input.job.tags",
        'object.get(input, ["job", "tags", "team"], "unknown")',
        id="a tag",
    ),
    pytest.param(
        rule("input.job.tags.team", "input.job.tags != null"),
        ["job", "tags", "team"],
        "input.job.tags.team",
        'object.get(input, ["job", "tags", "team"], "unknown")',
        id="a tag, where only the tags are asked for",
    ),
    pytest.param(
        rule("input.job.tags.team", 'input.job.tags.other == "x"\nupper(input.region)'),
        ["job", "tags", "team"],
        "input.job.tags.team",
        'object.get(input, ["job", "tags", "team"], "unknown")',
        id="a tag, where another one is asked for",
    ),
    pytest.param(
        rule("each.error.code", "some each in input.images"),
        ["images", 0, "error"],
        "input.images[_].error",
        'object.get(each, ["error", "code"], "unknown")',
        id="of an element",
    ),
    pytest.param(
        rule("vpc.subnets", "vpc := input.network.vpc"),
        ["network", "vpc"],
        "input.network.vpc",
        'object.get(vpc, ["subnets"], "unknown")',
        id="by a name, which null has too",
    ),
    pytest.param(
        rule('{"a": [input.experiment.name]}'),
        ["experiment"],
        "input.experiment",
        'object.get(input, ["experiment", "name"], "unknown")',
        id="deep in the head",
    ),
    pytest.param(
        rule("input.experiment.name", more=rule("input.region", "input.experiment != null")),
        ["experiment"],
        "input.experiment",
        'object.get(input, ["experiment", "name"], "unknown")',
        id="asked for by another finding alone",
    ),
    pytest.param(
        rule("input.job.tags.team", 'input.job.tags != null\nnot input.job.tags.team == "x"'),
        ["job", "tags", "team"],
        "input.job.tags.team",
        'object.get(input, ["job", "tags", "team"], "unknown")',
        id="compared below a not, which holds without it",
    ),
    pytest.param(
        rule("input.job.tags.team", "input.job.tags != null\nnot _known", '_known if input.job.tags.team == "x"'),
        ["job", "tags", "team"],
        "input.job.tags.team",
        'object.get(input, ["job", "tags", "team"], "unknown")',
        id="read by a helper below a not",
    ),
    pytest.param(
        rule(
            "input.job.tags.team",
            "input.job.tags != null\nnot _is_fine(input.region)",
            '_is_fine(x) if { _known; x }\n_known if input.job.tags.team == "x"',
        ),
        ["job", "tags", "team"],
        "input.job.tags.team",
        'object.get(input, ["job", "tags", "team"], "unknown")',
        id="read by a helper of a function below a not",
    ),
    pytest.param(
        "import future.keywords.not\n"
        + rule("input.job.tags.team", "input.job.tags != null\nnot _known", '_known if input.job.tags.team == "x"'),
        ["job", "tags", "team"],
        "input.job.tags.team",
        'object.get(input, ["job", "tags", "team"], "unknown")',
        id="read by a helper below a not with its import",
    ),
    pytest.param(
        rule("input.experiment.name", 'not input.experiment.name == "x"'),
        ["experiment"],
        "input.experiment",
        'object.get(input, ["experiment", "name"], "unknown")',
        id="below null, compared below a not",
    ),
]


@pytest.mark.parametrize(("text", "gap", "name", "instead"), LOST)
def test_a_finding_that_may_be_lost_is_reported(
    found: Found, opa: Path, tmp_path: Path, text: str, gap: list[str | int], name: str, instead: str
) -> None:
    assert found(text) == [f"{name} {WHY}; write {instead}, or check for it in the body"]
    assert evaluated(opa, tmp_path, without(gap)) < evaluated(opa, tmp_path, whole())


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(rule("input.job.arn"), id="a fact that is null is written as null"),
        pytest.param(rule("input.source.type"), id="what every document has"),
        pytest.param(rule("input.images[0].raw"), id="an element, whose place the rule chose"),
        pytest.param(rule("[each | some each in input.network.vpc.subnets]"), id="in a comprehension"),
        pytest.param(rule('$"{input.experiment.name}"'), id="in a template string"),
        pytest.param(rule('object.get(input, ["experiment", "name"], "none")'), id="with something instead"),
        pytest.param(rule("input.experiment.name", "input.experiment != null"), id="asked for"),
        pytest.param(rule("input.experiment.name", 'startswith(input.experiment.name, "x")'), id="read in the body"),
        pytest.param(rule("name", "name := input.experiment.name"), id="bound in the body"),
        pytest.param(rule("of.name", "of := input.experiment\nof != null"), id="asked for by its name"),
        pytest.param(rule("input.job.tags.team", 'input.job.tags.team == "churn"'), id="a tag that is compared"),
        pytest.param(
            rule("each.error.code", "some each in input.images\neach.error.code"), id="an element's, asked for"
        ),
        pytest.param(
            rule("input.experiment.name", "_named", "_named if input.experiment.name"), id="asked for in a helper"
        ),
        pytest.param(
            rule("input.experiment.name", "_named(input)", "_named(x) if x.experiment != null"),
            id="asked for by a function that has what it is in",
        ),
        pytest.param(
            rule("each.error.code", "some each in input.images\n_fails(each)", "_fails(x) if x.error"),
            id="asked for by a function that has the element",
        ),
        pytest.param(
            "import data.guard.lib.storage as s3\n"
            + rule("input.network.vpc.subnets[0]", "s3.is_within(input.network)"),
            id="asked for by a library",
        ),
        pytest.param(
            rule("input.job.tags.team", 'every tag in ["team"] {\ninput.job.tags[tag]\n}'),
            id="a tag that is asked for by a name that is worked out",
        ),
        pytest.param(
            rule("input.experiment.name", 'object.get(input, ["experiment", "name"], null) != null'),
            id="asked for with something instead",
        ),
        pytest.param(rule("input.experiment.name", "not input.experiment == null"), id="asked for below a not"),
        pytest.param(
            rule("input.experiment.name", "not _none", "_none if input.experiment == null"),
            id="asked for by a helper below a not",
        ),
        pytest.param(
            rule("input.job.tags.team", "not _untagged", "_untagged if not input.job.tags.team"),
            id="asked for below two of them",
        ),
        pytest.param(
            rule("input.job.tags.team", "not count([1 | not input.job.tags.team]) == 1"),
            id="asked for below two in one",
        ),
        pytest.param(
            rule("input.job.tags.team", "not _b(1)\n_known", "_b(_) if _known\n_known if input.job.tags.team"),
            id="read by a helper with and without a not",
        ),
        pytest.param("_text := input.experiment.name", id="in no finding"),
        pytest.param('findings := {{"message": input.experiment.name} | true}', id="in findings of another form"),
        pytest.param(rule("data.guard.parameters.of.own.names.a"), id="no fact"),
        pytest.param(rule("x.y", "some x in [{}]"), id="of nothing that is known"),
    ],
)
def test_a_finding_with_a_check_of_the_fact_is_not_reported(found: Found, text: str) -> None:
    assert found(text) == []


def test_availability_is_not_a_check_that_the_job_has_the_fact(found: Found) -> None:
    known = 'input.job.tags != null\navailability.known("job.tags", input)'
    text = f"import data.guard.lib.availability\n{rule('input.job.tags.team', known)}"
    (told,) = found(text)
    assert told.startswith(f"input.job.tags.team {WHY}")
