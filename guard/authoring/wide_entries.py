"""Entries that are so wide that they silence their rule, such as `*` in a list of approved buckets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from guard.authoring.concern import Concern
from guard.authoring.config_texts import Schema, Text, texts
from guard.authoring.formats import read_as
from guard.authoring.opa import Opa
from guard.authoring.wording import shown

# Case-insensitive, as the rules compare names of settings.
_QUERY = """[i |
	some i, [kind, text, example] in input
	_matches := {
		"glob": [true | glob.match(text, null, example)],
		"regex": [true | regex.match(sprintf("(?i)(?:%s)", [text]), example)],
	}
	_matches[kind] == [true]
]"""


def wide_entries(opa: Opa, schema: Schema, config: Any) -> Iterator[Concern]:
    """Yield the entries that match a text that their schema lists as `must_not_match`; rules that are off are skipped."""
    tried = [
        (text, example)
        for text in texts(schema, config)
        for example in text.schema.get("must_not_match", [])
        # An empty text is reported as an error by its format.
        if text.text and is_on(config["rules"].get(str(text.path[1])))
    ]
    reported = set()
    for number in _matching(opa, tried):
        text, example = tried[number]
        if text.path not in reported:
            reported.add(text.path)
            advice = "which the rule should report; write a narrower entry"
            yield Concern(text.path, f"{shown(text.text)} also matches {shown(example)}, {advice}", "warning")


def is_on(section: Any) -> bool:
    """Return whether the section of a rule, or one of its overrides, has a level other than off."""
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
