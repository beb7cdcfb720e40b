"""Entries that match a text of `must_not_match` are reported; a fake OPA decides what matches."""

from __future__ import annotations

import json
from typing import Any

import pytest

from guard.authoring.concern import Concern
from guard.authoring.wide_entries import is_on, wide_entries

BUCKETS = {"items": {"format": "glob-of-buckets", "must_not_match": ["theirs", "others"]}}
NAMES = {"items": {"format": "regex", "must_not_match": [""]}}
RULE = {"properties": {"buckets": BUCKETS, "names": NAMES, "plain": {"items": {"format": "glob"}}}}
SCHEMA = {"properties": {"rules": {"properties": {"own": RULE}}}}


class Matching:
    """An OPA for which an entry with a `*` matches everything."""

    given: Any = None

    def json(self, *arguments: str, given: str) -> Any:
        assert arguments[:4] == ("eval", "--format", "raw", "--stdin-input")
        self.given = json.loads(given)
        return [number for number, (_, text, _) in enumerate(self.given) if "*" in text]


def _said(opa: Matching, section: Any) -> list[Concern]:
    return list(wide_entries(opa, SCHEMA, {"rules": {"own": section}}))


def test_each_entry_is_matched_with_all_examples_and_reported_once() -> None:
    opa = Matching()
    found = _said(opa, {"level": "warn", "buckets": ["mine", "*"], "names": [".*"], "plain": ["*"]})
    assert opa.given == [
        ["glob", "mine", "theirs"],
        ["glob", "mine", "others"],
        ["glob", "*", "theirs"],
        ["glob", "*", "others"],
        ["regex", ".*", ""],
    ]
    end = "which the rule should report; write a narrower entry"
    assert found == [
        Concern(("rules", "own", "buckets", 1), f'"*" also matches "theirs", {end}', "warning"),
        Concern(("rules", "own", "names", 0), f'".*" also matches "", {end}', "warning"),
    ]


def test_opa_is_not_called_without_entries_to_match() -> None:
    opa = Matching()
    assert _said(opa, {"level": "off", "buckets": ["*"]}) == []
    assert _said(opa, {"level": "deny", "plain": ["*"], "names": [""]}) == []
    assert opa.given is None


@pytest.mark.parametrize(
    ("section", "on"),
    [
        ({"level": "deny"}, True),
        ({"level": "warn", "overrides": []}, True),
        ({"level": "off"}, False),
        ({}, False),
        ({"level": "off", "overrides": [{"account": "1*"}, {"level": "warn"}]}, True),
        ({"level": "off", "overrides": [{"level": "off"}, {"account": "1*"}]}, False),
        ({"level": "off", "overrides": 7}, False),
        ({"level": "off", "overrides": [7]}, False),
        (7, False),
    ],
    ids=str,
)
def test_a_rule_is_on_if_it_has_a_level_for_some_job(section: Any, on: bool) -> None:
    assert is_on(section) == on
