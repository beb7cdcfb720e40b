"""Reading OPA's responses: a decision, or an error with its details and without any content of the document."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import Any

import pytest

from guard.errors import DecisionInvalid, DecisionMissing, EvaluationFailed, OpaUnauthorized, OpaUnavailable
from guard.opa.answers import evaluation, read, status_error
from tests.support.documents import document
from tests.support.records import FINDING

URL = "https://opa:8181"
DECISION = {"decision": "allow", "findings": []}


def test_an_answer_is_the_object_that_opa_sent() -> None:
    assert read(b'{"result": {"decision": "allow"}}', URL) == {"result": {"decision": "allow"}}


@pytest.mark.parametrize(
    ("content", "shown"),
    [(b"[]", "[]"), (b'"allow"', "allow"), (b"null", "None"), (b"1", "1"), (b"true", "True")],
    ids=["list", "text", "null", "number", "boolean"],
)
def test_json_that_is_not_an_object_is_invalid(content: bytes, shown: str) -> None:
    with pytest.raises(DecisionInvalid, match="not an object") as failed:
        read(content, URL)
    assert failed.value.evidence == {"url": URL, "answer": shown}


def test_the_beginning_of_a_long_answer_is_shown() -> None:
    with pytest.raises(DecisionInvalid) as failed:
        read(json.dumps("x" * 500).encode(), URL)
    assert failed.value.evidence["answer"] == "x" * 200


@pytest.mark.parametrize("content", [b"", b"allow", b"{", b"\xff"])
def test_content_that_is_not_json_is_invalid(content: bytes) -> None:
    with pytest.raises(DecisionInvalid, match="not JSON") as failed:
        read(content, URL)
    assert failed.value.evidence == {"url": URL}


def test_an_answer_without_a_result_is_a_missing_decision() -> None:
    subject = document()
    with pytest.raises(DecisionMissing) as failed:
        evaluation({"provenance": {}}, subject)
    assert failed.value.evidence == {"job": subject.job.arn, "schema_version": 1}


@pytest.mark.parametrize(
    ("result", "field"),
    [
        pytest.param(DECISION | {"decision": "perhaps"}, "decision", id="verdict"),
        pytest.param({"decision": "allow"}, "findings", id="no findings"),
        pytest.param({"decision": "deny", "findings": [{}]}, "findings.0.rule_id", id="a finding"),
    ],
)
def test_a_result_that_is_not_a_decision_names_the_field(result: Any, field: str) -> None:
    with pytest.raises(DecisionInvalid) as failed:
        evaluation({"result": result}, document())
    assert failed.value.evidence["field"] == field
    assert failed.value.evidence["problem"]


@pytest.mark.parametrize(
    ("decision", "levels", "valid"),
    [
        ("allow", ["deny"], False),
        ("allow", ["warn"], False),
        ("warn", ["warn", "deny"], False),
        ("warn", [], True),
        ("deny", [], True),
        ("deny", ["warn"], True),
    ],
)
def test_a_decision_less_grave_than_its_findings_is_invalid(decision: str, levels: list[str], valid: bool) -> None:
    findings = [FINDING.model_copy(update={"level": level}).model_dump() for level in levels]
    answer = {"result": {"decision": decision, "findings": findings}}
    with nullcontext() if valid else pytest.raises(DecisionInvalid, match="graver than its decision"):
        assert evaluation(answer, document()).decision.decision == decision


@pytest.mark.parametrize(
    ("provenance", "revision", "version"),
    [
        pytest.param(None, None, None, id="none"),
        pytest.param({}, None, None, id="empty"),
        pytest.param({"version": ""}, None, None, id="empty version"),
        pytest.param("v1", None, None, id="a text"),
        pytest.param([1], None, None, id="a list"),
        pytest.param({"version": 7, "bundles": {"a": None, "b": {"revision": 7}}}, None, None, id="of other types"),
        pytest.param({"bundles": ["a"]}, None, None, id="a list of bundles"),
        pytest.param({"version": "1.2", "bundles": None}, None, "1.2", id="no bundles"),
        pytest.param({"bundles": {"a": {"revision": "r1"}}}, "r1", None, id="one bundle"),
        pytest.param({"bundles": {"b": {"revision": "r2"}, "a": {"revision": "r1"}}}, "r1,r2", None, id="two, sorted"),
        pytest.param({"bundles": {"b": {"revision": "r2"}, "a": {}}}, "r2", None, id="one without a revision"),
    ],
)
def test_revision_and_version_are_read_from_the_provenance(
    provenance: Any, revision: str | None, version: str | None
) -> None:
    found = evaluation({"result": DECISION, "provenance": provenance}, document())
    assert (found.decision.decision, found.revision, found.opa_version) == ("allow", revision, version)


@pytest.mark.parametrize("status", [300, 302, 399])
def test_a_redirect_is_an_unavailable_opa(status: int) -> None:
    error = status_error(status, b"", URL)
    assert (type(error), error.evidence) == (OpaUnavailable, {"url": URL, "status": status})


@pytest.mark.parametrize("status", [401, 403])
def test_a_rejected_token_is_unauthorized(status: int) -> None:
    error = status_error(status, b"{}", URL)
    assert (type(error), error.evidence) == (OpaUnauthorized, {"url": URL, "status": status})


BUILTIN = {
    "code": "internal_error",
    "message": "outer",
    "errors": [
        {
            "code": "eval_builtin_error",
            "message": "to_number: strconv: s3cret",
            "location": {"file": "main.rego", "row": 5},
        }
    ],
}


@pytest.mark.parametrize(
    ("body", "code", "problem", "file", "row"),
    [
        pytest.param(json.dumps(BUILTIN), "eval_builtin_error", "to_number", "main.rego", 5, id="a built-in"),
        pytest.param('{"code": "c", "message": "m: x"}', "c", "m", None, None, id="without errors"),
        pytest.param('{"code": "c", "errors": [{"location": null}]}', "c", "None", None, None, id="without a location"),
        pytest.param('{"errors": ["timed out"], "message": "m"}', None, "m", None, None, id="errors that are texts"),
        pytest.param('{"errors": {"a": 1}, "message": "m"}', None, "m", None, None, id="errors that are an object"),
        pytest.param(
            '{"code": "c", "errors": [{"location": "body"}]}', "c", "None", None, None, id="a location of another type"
        ),
        pytest.param("[" * 100_000, None, "the answer is not JSON", None, None, id="too deep"),
        pytest.param("[]", None, "the answer is not an object", None, None, id="not an object"),
        pytest.param("gateway", None, "the answer is not JSON", None, None, id="not JSON"),
    ],
)
@pytest.mark.parametrize("status", [299, 400, 402, 404, 500])
def test_every_other_status_is_a_failed_policy(
    status: int, body: str, code: Any, problem: str, file: Any, row: Any
) -> None:
    error = status_error(status, body.encode(), URL)
    assert type(error) is EvaluationFailed
    facts = {"status": status, "code": code, "problem": problem, "file": file, "row": row}
    assert error.evidence == facts
