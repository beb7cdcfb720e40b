"""METADATA that OPA would misread, and missing parts of a rule's METADATA, are reported once with the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from guard.authoring.metadata import metadata_problems
from guard.authoring.rego_text import RegoText

POLICIES = Path("policies")
FILE = "guard/rules/own/own.rego"
HEAD = """\
# METADATA
# title: Own
# description: |
#   What it is about.
# related_resources:
#   - https://example.com/1
# schemas:
#   - input: schema.input
# custom:
#   severity: medium
#   remediation: Change it.
#   parameters:
#     days: {description: How many., type: integer}
package guard.rules.own
"""
BODY = """
# METADATA
# description: What is wrong.
findings contains 1
"""


def _said(*texts: tuple[str, str]) -> list[str]:
    sources = [RegoText(Path(file), text) for file, text in texts]
    return [str(problem).removeprefix(f"policies/{FILE}:") for problem in metadata_problems(POLICIES, sources)]


CUSTOM = "emptied, in_place, kinds, needs, parameters, pointless, remediation, severity"
KEYS = "title, description, related_resources, schemas, custom, scope, authors, organizations, entrypoint, compile"
LINE_ABOVE = (
    "the line above lacks its colon, or this one is indented too far; write the colon, or line it up with spaces"
)
NO_LINE = "the line `# METADATA` is missing; write it above this line"
NO_RESOURCES = "METADATA has no related_resources; name a page that explains what the rule is about"
NO_SCHEMAS = "METADATA has no schemas: write `- input: schema.input` below it"
NO_ADVICE = "METADATA has no custom.remediation; write what the owner of the job should change"
NO_SEVERITY = "METADATA has no custom.severity; it is one of low, medium, high, critical"
CUT_OFF = "an empty line ends the METADATA here; remove it, or begin it with #"
COLON = "this is not YAML: a second `: ` in one line; put the text after the first one in quotes"
ITEMS = ", each item on a line of its own after `- `"
OTHER_TYPES = (
    "# description: []\n# scope: {}\n# schemas: x\n# custom: x\n"
    "# authors: x\n# organizations: x\n# entrypoint: x\n# compile: x"
)
SCHEMAS = "# schemas:\n#   - input: schema.input\n"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("# title:", "# titel:", ["2:3: METADATA titel: unknown key; did you mean title?"]),
        ("# title: Own\n", "", ["1:1: METADATA has no title"]),
        ("# title: Own\n", "# title:\n", ["2:3: METADATA has no title"]),
        ("#   What it is about.\n", "", ["3:3: METADATA has no description"]),
        ("# title: Own", "# title: [Own]", ["2:3: METADATA title: must be a text"]),
        ("# title: Own\n", "# title: Own\n# owner: me\n", [f"3:3: METADATA owner: unknown key; known are {KEYS}"]),
        ("#   severity", "#   severty", ["10:5: METADATA custom.severty: unknown key; did you mean severity?"]),
        ("#   severity: medium\n", "", [f"9:3: {NO_SEVERITY}"]),
        ("#   severity: medium\n", "#   severity:\n", [f"10:5: {NO_SEVERITY}"]),
        ("#   severity: medium\n", "#   severity: # medium\n", [f"10:5: {NO_SEVERITY}"]),
        ("#   remediation", "#   remedation", ["11:5: METADATA custom.remedation: unknown key; did you mean remediation?"]),
        ("#   remediation: Change it.\n", "", [f"9:3: {NO_ADVICE}"]),
        ("#   remediation: Change it.\n#   parameters:\n#     days: {description: How many., type: integer}\n",
         "# remediation: Change it.\n", ["11:3: METADATA remediation: must be under `custom:`; move it there"]),
        ("#   remediation: Change it.\n#   parameters:\n#     days: {description: How many., type: integer}\n",
         "# remedation: Change it.\n", ["11:3: METADATA remedation: must be under `custom:`; move it there, as remediation"]),
        ("#   parameters", "#   parameter", ["12:5: METADATA custom.parameter: unknown key; did you mean parameters?"]),
        ("#   parameters", "#   owner", [f"12:5: METADATA custom.owner: unknown key; known are {CUSTOM}"]),
        ("# custom:", "# custm:", ["9:3: METADATA custm: unknown key; did you mean custom?"]),
        ("#   - https://example.com/1\n", "", [f"5:3: {NO_RESOURCES}"]),
        ("resources:\n#   - https://example.com/1\n", "resources: []\n", [f"5:3: {NO_RESOURCES}"]),
        ("resources:\n#   - ", "resources: ",
         ["5:3: METADATA related_resources: must be a list, each item on a line of its own after `- `"]),
        (SCHEMAS, "", [f"1:1: {NO_SCHEMAS}"]),
        ("schema.input", "schemas.input", ["8:7: METADATA schemas: there is no schemas.input; write `- input: schema.input`"]),
        ("input: schema.input", "input.job: schema.input", [f"7:3: {NO_SCHEMAS}"]),
        ("#   - input", "#   - input.job: schema.input\n#   - input", []),
        ("# title: Own", "# title: Own: mine", [f"2:13: {COLON}"]),
        ("# title: Own", "# title Own", [f"3:14: this is not YAML: {LINE_ABOVE}"]),
        ("#   severity", "#\tseverity", ["10:2: this is not YAML: a tab in the indentation; use spaces"]),
        ("# METADATA\n", "", [f"1:1: {NO_LINE}"]),
        ("# METADATA\n", "# Copyright: nobody\n\n", [f"3:1: {NO_LINE}"]),
        ("# METADATA", "# Metadata", ["1:1: METADATA must be in capitals; write `# METADATA`"]),
        ("# custom:", "\n# custom:", [f"9:1: {CUT_OFF}"]),
        ("package", "\npackage", []),
        ("# METADATA", "# Of another time.\n\n# METADATA", []),
        (HEAD, "package guard.rules.own\n",
         ["1:1: the rule has no METADATA; write it above the package: see docs/policies.md, What a rule is"]),
        (HEAD, "# METADATA\n# only words\npackage guard.rules.own\n",
         ["1:1: METADATA has no keys; write `title: ...` and the others, see docs/policies.md, What a rule is"]),
        (HEAD, "# METADATA\npackage guard.rules.own\n",
         ["1:1: METADATA has no title", "1:1: METADATA has no description", f"1:1: {NO_RESOURCES}", f"1:1: {NO_SCHEMAS}",
          f"1:1: {NO_ADVICE}", f"1:1: {NO_SEVERITY}"]),
        ("# description: What", "# descripton: What", ["17:3: METADATA descripton: unknown key; did you mean description?"]),
        ("# description: What is wrong.", OTHER_TYPES,
         ["17:3: METADATA description: must be a text", f"19:3: METADATA schemas: must be a list{ITEMS}",
          "20:3: METADATA custom: must be a mapping", "18:3: METADATA scope: must be a text",
          f"21:3: METADATA authors: must be a list{ITEMS}", f"22:3: METADATA organizations: must be a list{ITEMS}",
          "23:3: METADATA entrypoint: must be true or false", "24:3: METADATA compile: must be a mapping"]),
        ("# description: What", "# scope: document\n# description: What", []),
        ("# description: What", "# custom: {x: 1}\n# description: What", []),
    ],
    ids=lambda value: value[-30:] if isinstance(value, str) else "",
)  # fmt: skip
def test_a_mistake_in_metadata_is_reported_once_with_its_line(old: str, new: str, told: list[str]) -> None:
    text = HEAD + BODY
    assert old in text
    assert _said((FILE, text.replace(old, new, 1))) == told


def test_valid_metadata_has_no_problem() -> None:
    assert _said((FILE, HEAD + BODY)) == []


def test_a_rule_is_described_in_one_of_its_files() -> None:
    more = ("guard/rules/own/more.rego", "package guard.rules.own\n")
    assert _said(more, (FILE, HEAD)) == []
    (told,) = _said(more, (FILE, "package guard.rules.own\n"))
    assert told.startswith("policies/guard/rules/own/more.rego:1:1: the rule has no METADATA")


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("guard/lib/a/a.rego", "package guard.lib.a\n", []),
        ("guard/lib/a/a.rego", "# METADATA\n# schemas:\n#   - input: schema.other\npackage guard.lib.a\n", []),
        ("guard/lib/a/a.rego", "# METADATA\n# titel: A\npackage guard.lib.a\n", ["unknown key; did you mean title?"]),
        ("guard/rules/own/own_test.rego", "# METADATA\n# titel: A\npackage guard.rules.own_test\n", []),
    ],
    ids=["none", "another schema", "misspelt", "of a test"],
)
def test_only_rules_need_metadata(file: str, text: str, told: list[str]) -> None:
    assert [each.rpartition(": ")[2] for each in _said((file, text))] == told


@pytest.mark.parametrize(
    "title",
    [
        pytest.param("2026-13-45", id="no date"),
        pytest.param("!foo x", id="a tag"),
        pytest.param("\n# ? [a, b]", id="a list as a key"),
    ],
)
def test_a_value_that_yaml_misreads_is_reported(title: str) -> None:
    (said,) = _said((FILE, HEAD.replace("title: Own", f"title: {title}") + BODY))
    assert said.startswith("1:1: METADATA has a value that YAML can't read (")
    assert said.endswith("); put it in quotes")


def test_custom_keys_of_libraries_and_single_rules_are_not_checked() -> None:
    own = "# METADATA\n# title: A library\n# custom:\n#   owner: me\npackage guard.lib.own\n"
    since = BODY.replace("# description: What is wrong.", "# description: What is wrong.\n# custom:\n#   since: 1")
    assert _said(("guard/lib/own/own.rego", own), (FILE, HEAD + since)) == []
