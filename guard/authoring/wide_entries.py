"""Entries that match what their list must leave to the rule, as the `*` of a list of approved buckets: they silence the rule."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from guard.authoring.concern import Concern
from guard.authoring.config_texts import Schema, Text, texts
from guard.authoring.formats import read_as
from guard.authoring.opa import Opa
from guard.authoring.wording import shown

# In any case, as the names of settings compare.
_QUERY = """[i |
	some i, [kind, text, example] in input
	_matches := {
		"glob": [true | glob.match(text, null, example)],
		"regex": [true | regex.match(sprintf("(?i)(?:%s)", [text]), example)],
	}
	_matches[kind] == [true]
]"""


def wide_entries(opa: Opa, schema: Schema, config: Any) -> Iterator[Concern]:
    """Yield the entries that match one of the texts which their schema lists as `must_not_match`, but for rules that are off."""
    tried = [
        (text, example)
        for text in texts(schema, config)
        for example in text.schema.get("must_not_match", [])
        # An empty one is an error of its own.
        if text.text and is_on(config["rules"].get(str(text.path[1])))
    ]
    told = set()
    for number in _matching(opa, tried):
        text, example = tried[number]
        if text.path not in told:
            told.add(text.path)
            advice = "which it should leave to the rule; write it more narrowly"
            yield Concern(text.path, f"{shown(text.text)} also matches {shown(example)}, {advice}", "warning")


def is_on(section: Any) -> bool:
    """Tell whether the section of a rule gives it a level for some job."""
    if not isinstance(section, dict):
        return False
    overrides = section.get("overrides")
    levels = [section, *(overrides if isinstance(overrides, list) else [])]
    return any(each.get("level", "off") != "off" for each in levels if isinstance(each, dict))


def _matching(opa: Opa, tried: list[tuple[Text, str]]) -> list[int]:
    if not tried:
        return []
    given = json.dumps([(read_as(text.schema), text.text, example) for text, example in tried])
    found: list[int] = opa.json("eval", "--format", "raw", "--stdin-input", _QUERY, given=given)
    return found
