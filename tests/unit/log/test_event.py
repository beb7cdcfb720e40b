"""The complete record: OPA's field names, the guard's own fields, and the documented schema and table."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from guard.decision import RuleFailure
from guard.errors import DecisionMissing, EvaluationFailed, StopError
from guard.log.event import DecisionEvent, masked_event
from guard.record import Outcome, Record
from tests.support.jobs import HOME
from tests.support.masks import Broken, Masks, NoMasks
from tests.support.records import ARN, STARTED, denied

ROOT = Path(__file__).resolve().parents[3]
# EventV1 of OPA v1.22.2, v1/plugins/logs/plugin.go: the fields that readers of OPA's decision logs expect.
EVENT_V1 = {"labels", "decision_id", "bundles", "path", "input", "result", "erased", "masked", "timestamp", "metrics"}


def test_the_fields_of_opas_event_have_its_names() -> None:
    fields = DecisionEvent.model_fields.keys()
    differ = EVENT_V1 - fields
    assert not differ, f"guard/log/event.py lacks fields of OPA's EventV1: {sorted(differ)}"


def test_the_event_of_a_stopped_job() -> None:
    record = denied()
    event, _ = masked_event(record, NoMasks())
    told = event.model_dump(mode="json")
    assert told.pop("input") == record.document.model_dump(mode="json")
    assert told.pop("result") == record.evaluation.decision.model_dump(mode="json")
    assert told == {
        "schema_version": 1,
        "labels": {
            "app": "sagemaker-guard",
            "account": HOME.account,
            "region": HOME.region,
            "partition": "aws",
            "version": "1.22.2",
        },
        "decision_id": "decision-1",
        "timestamp": "2026-11-23T10:01:00.004000Z",
        "bundles": {"guard": {"revision": "r1"}},
        "path": "guard/main/decision",
        "erased": [],
        "masked": [],
        "metrics": {"timer_guard_decision_ns": 4_000_000, "timer_guard_total_ns": 120_000_000},
        "event_id": "event-1",
        "source": "state-change",
        "mode": "enforce",
        "job_arn": ARN,
        "job_kind": "training",
        "decision": "deny",
        "rule_ids": ["denied_image"],
        "outcome": "stopped",
        "reason": None,
        "withheld_by": None,
        "failures": [],
        "warnings": [],
        "rule_failures": [],
        "started_at": "2026-11-23T10:01:00Z",
        "decided_at": "2026-11-23T10:01:00.004000Z",
        "finished_at": "2026-11-23T10:01:00.120000Z",
        "seconds_to_stop": 60.12,
    }


def test_an_audited_decision_has_its_outcome() -> None:
    event, _ = masked_event(denied(outcome=Outcome.AUDITED, mode="audit"), NoMasks())
    assert (event.mode, event.outcome) == ("audit", "audited")


def test_values_of_the_job_and_of_its_findings_are_masked_wherever_they_stand() -> None:
    paths = ("/input/environment/0/value", "/result/findings/0/message")
    event, hidden = masked_event(denied(), Masks(*paths))
    assert (event.masked, hidden.failure) == (paths, None)
    assert event.input is not None
    assert event.result is not None
    assert event.input["environment"][0] == {"slot": "Environment", "name": "TOKEN", "value": "***"}
    assert [finding["message"] for finding in event.result["findings"]] == ["***"]


def test_failures_have_their_evidence_and_rule() -> None:
    stop = StopError("refused", job=ARN)
    failed = RuleFailure("mutable_tag", EvaluationFailed("broken", file="x.rego"))
    event, _ = masked_event(denied(failures=(stop,), rule_failures=(failed,)), NoMasks())
    assert [(f.error, f.evidence, f.rule_id) for f in (*event.failures, *event.rule_failures)] == [
        ("StopError", {"job": ARN}, None),
        ("EvaluationFailed", {"file": "x.rego"}, "mutable_tag"),
    ]


def test_an_event_that_could_not_be_read_has_a_record_without_a_document() -> None:
    record = Record("decision-1", "event-1", HOME, "enforce", STARTED, outcome=Outcome.FAILED, reason="unreadable")
    event, hidden = masked_event(record, Broken())
    assert (event.input, event.result, event.bundles, event.timestamp) == (None, None, {}, STARTED)
    assert hidden.failure is None


def test_when_masking_fails_no_value_of_the_job_is_in_the_record() -> None:
    event, hidden = masked_event(denied(), Broken())
    told = event.model_dump_json()
    assert [text for text in ("s3cret", "hyp3r", "cmd-w0rd", "out of support") if text in told] == []
    assert (event.decision, event.rule_ids, event.erased) == ("deny", ("denied_image",), ("/input", "/result/findings"))
    assert isinstance(hidden.failure, DecisionMissing)


@pytest.mark.parametrize(
    ("outcome", "created", "seconds"),
    [("stopped", True, 60.12), ("audited", True, None), ("stopped", False, None)],
    ids=["stopped", "not stopped", "creation unknown"],
)
def test_time_to_stop_is_known_of_a_stopped_job_only(outcome: str, created: bool, seconds: float | None) -> None:
    record = denied(outcome=Outcome(outcome))
    if not created:
        job = record.document.job.model_copy(update={"created_at": None})
        record = replace(record, document=record.document.model_copy(update={"job": job}))
    assert record.seconds_to_stop == seconds


# The table of the docs


def _columns() -> dict[str, str]:
    """The columns of the table's definition in docs/records.md, with their types."""
    ddl = (ROOT / "docs" / "records.md").read_text().split("CREATE EXTERNAL TABLE")[1].split("PARTITIONED BY")[0]
    return dict(re.findall(r"^  `?(\w+)`? ([^\n]+?),?$", ddl, re.MULTILINE))


def test_the_table_has_a_column_for_each_field_of_the_record() -> None:
    differ = _columns().keys() ^ DecisionEvent.model_fields.keys()
    assert not differ, f"the table in docs/records.md and guard/log/event.py differ in {sorted(differ)}"


def test_the_tables_types_are_those_of_the_schema() -> None:
    schema = json.loads((ROOT / "schemas" / "record.json").read_text())["properties"]
    plain = {"string": "string", "integer": "int", "number": "double"}
    wrong = {}
    for name, column in _columns().items():
        kinds = {part.get("type") for part in schema[name].get("anyOf", [schema[name]])} - {"null"}
        expected = {"array": ("array<",), "object": ("map<", "struct<", "string")}
        for kind in kinds:
            if not column.startswith(expected.get(kind, (plain.get(kind, "?"),))):
                wrong[name] = (column, kind)
    assert wrong == {}, f"correct the types of docs/records.md: {wrong}"
