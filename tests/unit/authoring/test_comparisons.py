"""Comparisons that decide nothing are reported: with a word that a fact never is, or by order with another type; no others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from guard.authoring.comparisons import impossible
from guard.authoring.opa import Opa

CODES = "access-denied, failed, managed, missing, not-found, unavailable, unparseable"
BY_TYPE = "OPA orders these by type alone, so this comparison decides nothing; compare values of one type"
Found = Callable[[str], list[str]]


@pytest.fixture
def found(opa: Path, tmp_path: Path) -> Found:
    """Return what is wrong in the body of a rule: the word, and the text up to the advice."""

    def find(body: str) -> list[str]:
        (tmp_path / "own.rego").write_text(f"package guard.rules.own\n\nfindings contains {{}} if {{\n{body}\n}}\n")
        tree = Opa(opa, tmp_path).parse(Path("own.rego"))
        return [f"{node['location']['row']}:{node['location']['col']}: {text}" for node, text in impossible(tree)]

    return find


@pytest.mark.parametrize(
    ("body", "told"),
    [
        pytest.param(
            'input.job.kind == "trainng"',
            '4:19: input.job.kind is never "trainng", so this comparison decides nothing; did you mean training?',
            id="equal",
        ),
        pytest.param(
            '"api_call" != input.source.type',
            '4:1: input.source.type is never "api_call", so this comparison decides nothing; did you mean api-call?',
            id="not equal, turned round",
        ),
        pytest.param(
            'input.source.type = "API"',
            '4:21: input.source.type is never "API", so this comparison decides nothing; '
            "it is one of api-call, check, replay, state-change, sweep",
            id="unified, nothing near",
        ),
        pytest.param(
            'not input.images[0].error.code == "denied"',
            '4:35: input.images[_].error.code is never "denied", so this comparison decides nothing; '
            "did you mean access-denied?",
            id="negated, in a list, nullable",
        ),
        pytest.param(
            'input.source.type in {"sweep", "event"}',
            '4:32: input.source.type is never "event", so this comparison decides nothing; '
            "it is one of api-call, check, replay, state-change, sweep",
            id="in a set",
        ),
        pytest.param(
            'not input.job.kind in ["training", "tunig"]',
            '4:36: input.job.kind is never "tunig", so this comparison decides nothing; did you mean training?',
            id="not in a list",
        ),
        pytest.param(
            '"spot-instances" in input.job.parts',
            '4:1: input.job.parts[_] is never "spot-instances", so this comparison decides nothing; '
            "did you mean instances?",
            id="in a list of the document",
        ),
        pytest.param(
            'some image in input.images\nimage.origin["type"] == "package"',
            '5:25: input.images[_].origin.type is never "package", so this comparison decides nothing; '
            "did you mean model-package?",
            id="some",
        ),
        pytest.param(
            'some i, image in input.images\nimage.error.code == "gone"',
            '5:21: input.images[_].error.code is never "gone", so this comparison decides nothing; '
            f"it is one of {CODES}",
            id="some with its index",
        ),
        pytest.param(
            'every image in input.images { image.error.code == "gone" }',
            '4:51: input.images[_].error.code is never "gone", so this comparison decides nothing; '
            f"it is one of {CODES}",
            id="every",
        ),
        pytest.param(
            'job := input.job\nkind := job.kind\ncount({1 | kind == "proces"}) > 0',
            '6:20: input.job.kind is never "proces", so this comparison decides nothing; did you mean processing?',
            id="names of names, in a comprehension",
        ),
        pytest.param(
            'object.get(input, ["job", "kind"], null) == "proces"',
            '4:45: input.job.kind is never "proces", so this comparison decides nothing; did you mean processing?',
            id="object.get with a path",
        ),
        pytest.param(
            'object.get(object.get(input, "job", {}), "kind", null) == "proces"',
            '4:59: input.job.kind is never "proces", so this comparison decides nothing; did you mean processing?',
            id="object.get with a name",
        ),
        pytest.param(
            'input.compute.max_runtime_seconds > "3600"',
            f'4:37: input.compute.max_runtime_seconds is a whole number, "3600" is text: {BY_TYPE}',
            id="a number ordered with text",
        ),
        pytest.param(
            'input.compute.max_runtime_seconds >= "3600"',
            f'4:38: input.compute.max_runtime_seconds is a whole number, "3600" is text: {BY_TYPE}',
            id="a number that text is at most",
        ),
        pytest.param(
            "3600 <= input.job.name",
            f"4:1: input.job.name is text, 3600 is a number: {BY_TYPE}",
            id="text ordered with a number, turned round",
        ),
        pytest.param(
            'some each in input.compute.instances\neach.count < "2"',
            f'5:14: input.compute.instances[_].count is a whole number, "2" is text: {BY_TYPE}',
            id="a number of an element",
        ),
    ],
)
def test_a_comparison_that_decides_nothing_is_reported(found: Found, body: str, told: str) -> None:
    assert found(body) == [told]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param('input.job.kind == "training"', id="a word that it is"),
        pytest.param('input.job.kind in {"training", "processing"}', id="words that it is"),
        pytest.param('input.job.name == "trainng"', id="any text"),
        pytest.param('some image in input.images\nimage.tag == "latest"', id="any text of an element"),
        pytest.param("input.job.kind == null", id="null"),
        pytest.param('input.job.kind == concat("", ["train", "ing"])', id="worked out"),
        pytest.param('startswith(input.job.kind, "train")', id="a beginning"),
        pytest.param('input.nothing.kind == "trainng"', id="no fact, of which the types tell"),
        pytest.param('some kind in {"a", "b"}\nkind == "a"', id="another list"),
        pytest.param('kind := lower(input.job.kind)\nkind == "TRAINING"', id="changed by a function"),
        pytest.param(
            'kind := input.job.kind\ncount([1 | some kind in ["a"]; kind == "a"]) > 0',
            id="a name that is something else inside",
        ),
        pytest.param(
            'word := input.job.kind\ncount([1 | some word in input.job.parts; word == "none of both"]) > 0',
            id="a name of two facts, which is left out",
        ),
        pytest.param("input.compute.max_runtime_seconds >= 3600", id="a number ordered with a number"),
        pytest.param('input.job.name > "m"', id="text ordered with text"),
        pytest.param('input.compute.max_runtime_seconds > to_number("3600")', id="ordered with what is worked out"),
        pytest.param('input.nothing > "3600"', id="no fact, ordered"),
        pytest.param('some [kind, _] in [["a", "b"]]\nkind == "a"', id="a pattern"),
        pytest.param('object.get(input, ["job", "kind"], "") == ""', id="the text that stands for a missing fact"),
        pytest.param(
            'code := object.get(input.images[0], ["error", "code"], "none")\ncode == "none"', id="and its name"
        ),
        pytest.param('object.get(input.compute, "max_runtime_seconds", "") > "60"', id="that text in order"),
        pytest.param(
            'missing := ""\nobject.get(input.job, "kind", missing) == ""', id="another value for a missing fact"
        ),
        pytest.param('some field\ninput.job[field] == "trainng"', id="any field"),
        pytest.param('input == "trainng"', id="the document"),
    ],
)
def test_other_comparisons_are_not(found: Found, body: str) -> None:
    assert found(body) == []


def test_a_name_of_the_body_is_known_in_the_head(opa: Path, tmp_path: Path) -> None:
    (tmp_path / "own.rego").write_text('package own\n\nx contains [1 | k == "b"] if {\n\tk := input.job.kind\n}\n')
    assert len(list(impossible(Opa(opa, tmp_path).parse(Path("own.rego"))))) == 1
