"""The problems that a trial reports: rules that fail, return invalid findings or report too much."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any, Self

import pytest

from guard.authoring.opa import Opa
from guard.authoring.samples import complete
from guard.authoring.trial import run
from guard.authoring.trial.engine import EvaluationError
from guard.authoring.trial.run import trial_problems

POLICIES = Path("policies")
OWN = "policies/guard/rules/own/own.rego"
Report = Callable[[Any], Any]


class Engine:
    """Evaluates rules that are Python functions of a document; an exception of a rule stands for an error of OPA."""

    def __init__(self) -> None:
        self.rules: dict[str, Report] = {}
        self.decides: Report = lambda _: True
        self.batches: list[int] = []
        self.loaded: tuple[Any, ...] = ()

    def __call__(self, *loaded: Any) -> Self:
        self.loaded = loaded
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def rule_ids(self) -> list[str]:
        return [*self.rules]

    def findings(self, rules: list[str], documents: list[Any]) -> list[Any]:
        self.batches.append(len(documents))
        return [{rule: self.rules[rule](document) for rule in rules} for document in documents]

    def undecided(self, documents: list[Any]) -> list[int]:
        return [number for number, document in enumerate(documents) if not self.decides(document)]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = Engine()
    monkeypatch.setattr(run, "TrialEngine", engine)
    monkeypatch.setattr(run, "copy_compiled", lambda opa, policies, folder: Opa(opa.binary, folder / "compiled"))
    monkeypatch.setattr(run, "missing_defaults", lambda *_: [])
    monkeypatch.setattr(run, "texts_of_rules", lambda opa, policies: frozenset({"HF_TOKEN"}))
    monkeypatch.setattr(run, "complete_of_each_kind", lambda: [complete("training"), complete("labeling")])
    return engine


@pytest.fixture
def told(engine: Engine, tmp_path: Path) -> Callable[..., list[str]]:
    def trial(**rules: Report) -> list[str]:
        engine.rules = rules
        return [str(problem) for problem in trial_problems(Opa(Path("opa"), tmp_path), POLICIES)]

    return trial


def _nothing(_: Any) -> list[Any]:
    return []


def _failing(*places: tuple[str, int], when: Callable[[Any], bool] = lambda _: True) -> Report:
    def rule(document: Any) -> list[Any]:
        if when(document):
            raise EvaluationError("it failed", list(places))
        return []

    return rule


REMEDY = "every decision on such a job would be an error. Check the type or the value first, or correct the parameter in the "


def test_policies_without_a_defect_have_no_problem(engine: Engine, told: Any) -> None:
    assert told(own=_nothing, other=lambda _: [{"message": "a", "details": {}}, {"message": "b"}]) == []
    assert (engine.loaded[0], engine.loaded[1].parts[-2:]) == (Path("opa"), ("compiled", "policies"))


def test_documents_are_json(engine: Engine, told: Any) -> None:
    tried: list[Any] = []
    told(own=lambda document: tried.append(document) or [])
    assert json.loads(json.dumps(tried)) == tried


def test_documents_are_sent_in_batches(engine: Engine, told: Any) -> None:
    told(own=_nothing)
    assert max(engine.batches) == 64
    assert len(engine.batches) < sum(engine.batches) / 30


def test_several_batches_are_evaluated_at_a_time(engine: Engine, told: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    both, asked, answer = Event(), count(1), engine.findings

    def meeting(rules: list[str], documents: list[Any]) -> list[Any]:
        if len(documents) == 64:
            if next(asked) == 2:
                both.set()
            assert both.wait(timeout=10), "one waits for the answer to the other"
        return answer(rules, documents)

    monkeypatch.setattr(engine, "findings", meeting)
    assert told(own=_nothing) == []
    assert both.is_set()


@pytest.mark.parametrize(
    ("places", "start", "where"),
    [
        ([("guard/rules/own/own.rego", 7)], f"{OWN}:7:1", ""),
        ([("guard/lib/x/x.rego", 3), ("guard/rules/own/b.rego", 8)], "policies/guard/rules/own/b.rego:8:1",
         ", in policies/guard/lib/x/x.rego:3"),
        ([("guard/rules/other/other.rego", 3)], f"{OWN}:1:1", ", in policies/guard/rules/other/other.rego:3"),
        ([], f"{OWN}:1:1", ""),
    ],
    ids=["in the rule", "in a library", "in another rule", "nowhere"],
)  # fmt: skip
def test_a_failing_rule_is_reported_once_with_position_and_document(
    told: Any, places: list[tuple[str, int]], start: str, where: str
) -> None:
    assert told(own=_failing(*places)) == [
        f"{start}: the rule fails on a complete training job: it failed{where}; {REMEDY}configuration"
    ]


def test_each_failing_rule_is_reported_and_the_others_are_evaluated_further(told: Any) -> None:
    problems = told(b=_failing(), a=_failing(when=lambda document: document["job"]["tags"] is None), c=lambda _: ["x"])
    assert [problem.partition(":")[0].rpartition("/")[2] for problem in problems] == ["a.rego", "b.rego", "c.rego"]
    assert "the rule fails on a complete training job with job.tags = null: it failed; " in problems[0]


@pytest.mark.parametrize(
    ("when", "on"),
    [
        (lambda document: document["job"]["kind"] == "labeling", "a complete labeling job"),
        (lambda document: document["job"]["name"] == "s3://" != document["region"], 'a complete training job with job.name = "s3://"'),
        (lambda document: document["job"]["name"] == " " == document["job"]["tags"]["team"],
         'a complete training job with every text = " "'),
        (lambda document: document["images"][0]["tag"] is None, "a complete training job with images[0].tag = null"),
        (lambda document: document["unavailable"], "a complete training job with job.tags unavailable"),
    ],
    ids=["each kind", "one hostile text", "all hostile texts", "unknown in a list", "not read for now"],
)  # fmt: skip
def test_a_rule_is_evaluated_on_every_kind_of_document(told: Any, when: Callable[[Any], bool], on: str) -> None:
    (problem,) = told(own=_failing(when=when))
    assert f"the rule fails on {on}: it failed" in problem


def test_recorded_documents_are_evaluated_in_the_order_of_their_names(told: Any, tmp_path: Path) -> None:
    folder = tmp_path / "tests/golden/schema-1"
    folder.mkdir(parents=True)
    special = complete().model_dump(mode="json") | {"region": "xx-special-1"}
    for name in ("b", "a"):
        (folder / f"{name}.json").write_text(json.dumps({"document": special}))
    (problem,) = told(own=_failing(when=lambda document: document["region"] == "xx-special-1"))
    assert "the rule fails on tests/golden/schema-1/a.json: it failed" in problem


def test_a_failure_that_no_single_rule_has_is_raised(told: Any, engine: Engine) -> None:
    def together(rules: list[str], documents: list[Any]) -> list[Any]:
        if len(rules) == 2:
            raise EvaluationError("only together", [])
        return [{} for _ in documents]

    engine.findings = together  # type: ignore[method-assign]
    with pytest.raises(EvaluationError, match="only together"):
        told(a=_nothing, b=_nothing)


@pytest.mark.parametrize(
    ("finding", "wrong"),
    [
        ("text", 'expected an object with a message, not "text"'),
        ({"msg": "ö"}, 'expected an object with a message, not {"msg": "ö"}'),
        ({"message": " "}, 'expected an object with a message, not {"message": " "}'),
        ({"message": 1}, 'expected an object with a message, not {"message": 1}'),
        (["x" * 200], f'expected an object with a message, not ["{"x" * 98}'),
        ({"message": "a", "details": [7]}, "details must be an object, not [7]"),
        (
            {"message": "a", "image": 1, "detail": 2},
            "detail, image would be lost: a finding has only message and details",
        ),
    ],
    ids=["text", "no message", "blank message", "message of another type", "long", "details", "more"],
)
def test_an_invalid_finding_is_reported(told: Any, finding: Any, wrong: str) -> None:
    start = f"{OWN}:1:1: the rule returns an invalid finding on a complete training job:"
    assert told(own=lambda _: [{"message": "right"}, finding]) == [f"{start} {wrong}"]


@pytest.mark.parametrize(
    "shown",
    [
        lambda document: {"message": "a", "details": {"value": document["environment"][0]["value"]}},
        lambda document: {"message": f"No {document['hyperparameters'][0]['value']}."},
        lambda document: {"message": f"No {[one['value'] for one in document['environment']]}."},
    ],
    ids=["variable in the details", "hyperparameter in the message", "all variables"],
)
def test_a_finding_with_the_value_of_a_setting_is_reported(told: Any, shown: Report) -> None:
    def rule(document: Any) -> list[Any]:
        return [shown(document)] if document["environment"] and document["hyperparameters"] else []

    start = f"{OWN}:1:1: the rule reports the value of a hyperparameter or of an environment variable"
    (problem,) = told(own=lambda _: [], other=rule)
    assert problem.startswith(start.replace("own", "other"))
    assert problem.endswith("report the setting's name and slot instead")


def test_a_rule_that_reads_a_setting_by_name_is_reported_as_well(told: Any) -> None:
    def rule(document: Any) -> list[Any]:
        return [{"message": f"No {one['value']}."} for one in document["environment"] if one["name"] == "HF_TOKEN"]

    (problem,) = told(own=rule)
    assert "the rule reports the value of a hyperparameter or of an environment variable" in problem


def test_a_finding_may_have_the_name_of_a_setting(told: Any) -> None:
    assert told(own=lambda document: [{"message": one["name"] + "."} for one in document["environment"]]) == []


def _without_tags(document: Any) -> list[Any]:
    return [{"message": "No tags. " * 20}] if document["job"]["tags"] is None else []


def test_a_finding_caused_by_an_unavailable_fact_is_reported(told: Any) -> None:
    (problem,) = told(own=_without_tags)
    assert problem == (
        f'{OWN}:1:1: the rule reports "{("No tags. " * 20)[:120]}" on a complete training job only because job.tags is '
        'unavailable, so that a throttled API would stop the job; require `availability.known("job.tags", input)` of '
        "data.guard.lib.availability there"
    )


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("owner", "the tags that rules name"),
        ("ml.g5.*", "the tags that rules name and the instance types that rules name"),
        ("eu-north-1", "the tags that rules name and region = eu-north-1"),
    ],
)
def test_a_lack_is_tried_on_jobs_that_a_text_of_the_rule_may_select(
    told: Any, monkeypatch: pytest.MonkeyPatch, text: str, change: str
) -> None:
    def rule(document: Any) -> list[Any]:
        selected = {
            "owner": True,
            "ml.g5.*": "ml.g5.xlarge" in _types(document),
            "eu-north-1": document["region"] == text,
        }
        return [{"message": "No owner."}] if selected[text] and not (document["job"]["tags"] or {}).get("owner") else []

    monkeypatch.setattr(run, "texts_of_rules", lambda opa, policies: frozenset({"owner", text}))
    (problem,) = told(own=rule)
    assert (
        f'reports "No owner." on a complete training job with {change} only because job.tags is unavailable' in problem
    )


def _types(document: Any) -> list[str | None]:
    return [instance["type"] for instance in document["compute"]["instances"]]


@pytest.mark.parametrize("name", ["environment", "hyperparameters"])
def test_a_lack_is_tried_on_a_job_with_the_settings_that_a_rule_names(told: Any, name: str) -> None:
    (problem,) = told(own=lambda document: [] if "HF_TOKEN" in str(document[name]) else [{"message": "No token."}])
    assert f"only because {name} is unavailable" in problem


@pytest.mark.parametrize(
    "rule",
    [
        lambda document: [{"message": "always"}],
        lambda document: [] if document["unavailable"] else [{"message": "known"}],
        lambda document: [] if document["unavailable"] else _without_tags(document),
    ],
    ids=["reported anyway", "withheld", "asked whether it is known"],
)
def test_a_finding_without_the_unavailable_fact_is_accepted(told: Any, rule: Report) -> None:
    assert told(own=rule) == []


def test_an_undefined_decision_is_reported(told: Any, engine: Engine) -> None:
    engine.decides = lambda document: document["job"]["kind"] != "labeling" and document["job"]["tags"] is not None
    assert told(own=_nothing) == [
        f"policies/guard/main/main.rego:1:1: the decision on a complete {which} is undefined"
        for which in ("labeling job", "training job with job.tags = null")
    ]


def test_decisions_are_evaluated_on_hostile_texts_as_well(told: Any, engine: Engine) -> None:
    engine.decides = lambda document: document["job"]["name"] != "s3://"
    (problem,) = told(own=_nothing)
    assert 'the decision on a complete training job with every text = "s3://" is undefined' in problem


@pytest.mark.parametrize(
    ("places", "start"),
    [
        ([("guard/lib/x/x.rego", 3), ("guard/main/main.rego", 7)], "policies/guard/lib/x/x.rego:3:1"),
        ([], "policies/guard/main/main.rego:1:1"),
    ],
    ids=["place", "nowhere"],
)
def test_a_decision_that_fails_is_reported(
    told: Any, engine: Engine, places: list[tuple[str, int]], start: str
) -> None:
    def fails(_: Any) -> bool:
        raise EvaluationError("it failed", places)

    engine.decides = fails
    problems = told(own=_nothing)
    assert problems[0] == f"{start}: the decision on a complete training job or a document like it fails: it failed"


def test_decisions_are_not_evaluated_if_rules_have_problems(told: Any, engine: Engine) -> None:
    engine.decides = lambda _: False
    (problem,) = told(own=_failing())
    assert "the rule fails" in problem
