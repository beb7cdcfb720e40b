"""Explanations of OPA's errors, for policies with one mistake each; the real OPA checks all of them at once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from guard.authoring.opa import LIMITS, Opa
from guard.authoring.opa_errors import reported
from guard.authoring.syntax_errors import syntax_problems
from guard.authoring.type_errors import type_problems
from tests.support.policies import ROOT

POLICIES = Path("policies")
Told = dict[str, list[str]]

AND = "there is no `and` between conditions; write each on its own line: all of them must hold"
OR = "there is no `or` between conditions; write a second rule of the same name, or `x in {...}` for one of several values"
QUOTES = 'text must be in double quotes; write "..."'
CONTAINS = "`contains` is missing; write `findings contains {...} if {...}`"
IF = "`if` is missing before the body; write `if {` instead of `{`"
COMMA = "a comma is missing before this, or the {} that closes the {} of line {}"
PER_LINE = "one condition per line; "
NOT = "there is no `!`; write `not ` before the condition, and `!=` for other values"
UNCLOSED = "the {} of line {} is not closed; write {} where it ends"

SYNTAX = {
    "no if": ("x {\n\tinput.a\n}", "3:1", IF),
    "no if after findings": ('findings contains {"message": "x"} {\n\tinput.a\n}', "3:1", IF),
    "no if after else": ("x := 1 if {\n\tinput.a\n} else := 2 {\n\tinput.b\n}", "5:3", IF),
    "no contains": ('findings {\n\t"message": "x",\n} if {\n\tinput.a\n}', "4:11", CONTAINS),
    "no contains and no if": ("findings {\n\tinput.a\n}", "3:1", CONTAINS),
    "a set in brackets": ('findings[{\n\t"message": "x",\n} if {\n\tinput.a\n}', "5:3", CONTAINS),
    "single quotes": ("x if input.a == 'b'", "3:17", QUOTES),
    "typographic quotes": ("x if input.a == \u201cb\u201d", "3:17", QUOTES),
    "no quote at the end": ('x if input.a == "b', "3:17", 'the closing " of this text is missing'),
    "and": ("x if input.a and input.b", None, AND),
    "&&": ("x if input.a && input.b", None, AND),
    "or": ("x if {\n\tinput.a or input.b\n}", "4:10", OR),
    "||": ("x if {\n\tinput.a || input.b\n}", None, OR),
    "!": ("x if {\n\t!input.a\n}", "4:2", NOT),
    "===": ("x if input.a === 1", None, "`===` is not known; write `==`"),
    "is": ("x if {\n\tinput.a is null\n}", "4:10", "there is no `is`; write `==`"),
    "not in": ("x if {\n\tinput.a not in [1]\n}", "4:10", "`not` stands first; write `not x in xs`"),
    "for": (
        "x if {\n\tfor y in input.a\n}", "4:6",
        "there is no `for`; write `some x in xs`, and the conditions in the lines below",
    ),
    "return": (
        "f(y) := z if {\n\treturn y\n}", "4:9",
        "there is no `return`; write the value in the head: `name(x) := value if {...}`",
    ),
    "def": ("def f(x):\n\tx", None, "a function is written `name(x) := value if {...}`, without `def`"),
    "if in a body": (
        "x if {\n\tif input.a\n}", "4:2", "`if` belongs only before the body; write the condition alone on its own line",
    ),
    "elif": (
        "x := 1 if {\n\tinput.a\n}\nelif {\n\tinput.b\n}", None, "write `else := value if {...}` after the `}` of the body",
    ),
    "// comment": ("x if {\n\tinput.a // b\n}", None, "a comment starts with `#`, not with `//`"),
    "/* comment": ("/* b */\nx := 1", None, "a comment starts with `#` on each line"),
    "hyphen": ("my-rule := 1", "3:3", "names can't have hyphens; write underscores"),
    "comma after a condition": ("x if {\n\tinput.a,\n\tinput.b\n}", "4:9", f"{PER_LINE}remove the comma"),
    "semicolon at the end": ("x if {\n\tinput.a;\n}", "5:1", f"{PER_LINE}remove the `;` above"),
    "two conditions": (
        "x if {\n\tinput.a input.b\n}", "4:10", f"{PER_LINE}start a new line here, or add the missing operator",
    ),
    "no comma": ('x := {\n\t"a": 1\n\t"b": 2,\n}', "5:2", COMMA.format("}", "{", 3)),
    "no bracket": ("x := [\n\t1,\n\tf({1}, 2),\n\ny := 2", "7:3", COMMA.format("]", "[", 3)),
    "no parenthesis": ('x := f(1, "(", `\n(`\ny := 2', "5:1", COMMA.format(")", "(", 3)),
    "no brace at the end": ("x if {\n\tinput.a # }\n", "5:1", UNCLOSED.format("{", 3, "}")),
    "no brace after raw text": ("x := `\n`\n\ny if {\n\tinput.a\n", "8:1", UNCLOSED.format("{", 6, "}")),
    "no brace before a rule": ("x if {\n\tinput.a\n\ny contains 1", "6:3", UNCLOSED.format("{", 3, "}")),
    "no brace before a value": ("x if {\n\tinput.a\n\ny := 1", "6:6", UNCLOSED.format("{", 3, "}")),
    "no brace before a function": ("x if {\n\tinput.a\n\nf(y) := 1", "6:9", UNCLOSED.format("{", 3, "}")),
    "no brace before the next": ("x if {\n\tinput.a\n\ndefault y := 1", "6:1", UNCLOSED.format("{", 3, "}")),
    "no body of every": ("x if {\n\tevery y in input.a y > 1\n}", None, "`every` needs a body; write `every x in xs { ... }`"),
    "an import of a package": (
        "import globs", "3:8", "an import starts with data, input or future; write `import data.guard....`",
    ),
    "an escape": (
        'x if regex.match("\\d", input.a)', None,
        'a pattern with a backslash goes between backticks; write `...` instead of "..."',
    ),
    "?": ("x := input.a ? 1 : 2", None, "there is no `? :`; write `x := a if {...} else := b`"),
    "no colon": ('x := {"b": 2, "a" 1}', None, 'a colon is missing; write `"key": value`'),
    "a space before arguments": ("x := {\n\tf (1),\n}", "4:4", "there may be no space before this (; remove it"),
    "no parenthesis after a condition": ("x if {\n\t(input.a\n}", "5:1", COMMA.format(")", "(", 4)),
    "a brace too many": ("x if {\n\tinput.a\n}\n}", "6:1", "this } closes nothing; remove it"),
    "text with values in it": (
        'x := $"a {input.b}"', "3:6", 'text is built with sprintf; write sprintf("... %s", [value])',
    ),
    "another space": ("x if input.a ==\u00a01", None, "this is a non-breaking space; write an ordinary one"),
    "not UTF-8": ("# \udcff", "3:1", "illegal utf-8 character"),
    "nothing known": ("x := }", "3:6", "unexpected } token"),
    "nothing known, with an example of OPA's": (
        "f(x) contains 1", "3:6",
        "unexpected contains keyword: the contains keyword can only be used with multi-value rule definitions",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def syntax(opa: Path, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The problems of each file, by the name of its case."""
    folder = tmp_path_factory.mktemp("syntax")
    names = {f"{number}.rego": case for number, case in enumerate(SYNTAX)}
    (folder / POLICIES).mkdir()
    (folder / "capabilities.json").symlink_to(ROOT / "capabilities.json")
    for name, case in names.items():
        (folder / POLICIES / name).write_text(
            f"package guard.a{name.partition('.')[0]}\n\n{SYNTAX[case][0]}", errors="surrogateescape"
        )
    errors = reported(Opa(opa, folder).run("check", *LIMITS, "--format", "json", POLICIES), POLICIES)
    return _by_case(names, syntax_problems(folder, errors))


def _by_case(names: dict[str, str], problems: list) -> Told:
    told: Told = {case: [] for case in names.values()}
    for problem in problems:
        told[names[problem.file.name]].append(f"{problem.line}:{problem.column}: {problem.text}")
    return told


@pytest.mark.parametrize("case", SYNTAX)
def test_a_syntax_error_is_reported_once_with_a_remedy(syntax: Told, case: str) -> None:
    _, place, text = SYNTAX[case]
    (told,) = syntax[case]
    assert re.fullmatch(rf"{place or '[0-9]+:[0-9]+'}: this is not Rego: {re.escape(text)}", told), told


DEFINED = "{0} is not defined; write `{0} := ...` or `some {0} in ...`, or correct the spelling"
FORBIDDEN = "a rule may not call {}; see docs/policies.md, What a rule may not do"
NO_FUNCTION = "there is no function {}; {}"
IMPORT = "an import is missing; write `import data.{}` below the package"
TYPED = "# METADATA\n# schemas:\n#   - input: schema.input\n"
TYPES = {
    "no import of parameters": ("_x := parameters.of.own.days", "3:7", [IMPORT.format("guard.parameters")]),
    "no import of a library": ('_x := globs.first([], "a")', "3:7", [IMPORT.format("guard.lib.globs")]),
    "told once": (
        "_x := parameters.of.own.days\n\n_y := parameters.of.own.days", "3:7", [IMPORT.format("guard.parameters")],
    ),
    "a field of the document": ("_x := job.name", "3:7", ["job is not defined; write `input.job`"]),
    "a field and a library": (
        "_x := images.y", "3:7", ["images is not defined; write `input.images`, or add `import data.guard.lib.images`"],
    ),
    "nearly a field": ("_x := image", "3:7", ["image is not defined; did you mean input.images?"]),
    "a variable": ("_x := xyzzy", "3:7", [DEFINED.format("xyzzy")]),
    "no some": (
        "_x contains source if {\n\tsource in input.inputs\n}", "4:2",
        ["source is not defined; write `some source in ...` in line 4"],
    ),
    "no some, seen in the head": (
        '_x contains {"a": source.a} if {\n\tsource in input.inputs\n}', None,
        ["source is not defined; write `some source in ...` in line 4"],
    ),
    **{
        f"{name} of other languages": (f"_x if input.a == {name}", "3:7", [f"there is no {name}; write `{meant}`"])
        for name, meant in {"False": "false", "nil": "null", "undefined": "null"}.items()
    },
    **{
        f"{name}() of other languages": (f"_x if {name}(input.a)", "3:7", [NO_FUNCTION.format(name, f"write {meant}")])
        for name, meant in {
            "endsWith": "endswith", "has": "x in xs", "int": "to_number", "isinstance": "type_name", "length": "count",
            "match": "regex.match", "re.match": "regex.match", "size": "count", "str": "sprintf", "toLower": "lower",
            "toUpper": "upper",
        }.items()
    },
    "True": ("_x if input.a == True", "3:7", ["there is no True; write `true`"]),
    "None": ("_x if input.a != None", "3:7", ["there is no None; write `null`"]),
    "a function of Python": ("_x if len(input.a) > 1", "3:7", [NO_FUNCTION.format("len", "write count")]),
    "capitals": ('_x if startsWith(input.a, "b")', "3:7", [NO_FUNCTION.format("startsWith", "write startswith")]),
    "a method": (
        '_x if input.a.startswith("b")', "3:7", ["Rego has no methods; write `startswith(input.a, ...)`"],
    ),
    "no method of OPA's": (
        "_x if input.a.xyzzy(1)", "3:7",
        [NO_FUNCTION.format("input.a.xyzzy", "define it in this file, or import its library")],
    ),
    "own function": ("_long(y) if y > 1\n\n_x if _lang(2)", "5:7", [NO_FUNCTION.format("_lang", "did you mean _long?")]),
    "a built-in": ("_x if cuont(input.a) > 1", "3:7", [NO_FUNCTION.format("cuont", "did you mean count?")]),
    "no function": (
        "_x if _zzz(1)", "3:7", [NO_FUNCTION.format("_zzz", "define it in this file, or import its library")],
    ),
    "a function of a library": (
        "import data.guard.lib.globs\n\n_x := globs.frist([], 1)", "5:7",
        ["the package guard.lib.globs has no function frist; did you mean first?"],
    ),
    "a function of a library without any": (
        "import data.guard.lib.images\n\n_x := images.frist([], 1)", "5:7",
        ["the package guard.lib.images has no function frist; it has none"],
    ),
    "a clock": ("_x := time.now_ns()", "3:7", [FORBIDDEN.format("time.now_ns")]),
    "http": ('_x := http.send({"url": "x"})', "3:7", [FORBIDDEN.format("http.send")]),
    "an unused import": (
        "import data.guard.lib.globs", "3:1", ["the import data.guard.lib.globs is not used; remove it"],
    ),
    "an import twice": (
        "import data.guard.lib.globs\nimport data.guard.lib.globs\n\n_x := globs.first([], 1)", "4:1",
        ["data.guard.lib.globs is imported twice; remove one of the imports"],
    ),
    "an unused variable": ("_x if {\n\ty := input.a\n}", "4:2", ["y is never used; use it, or remove it"]),
    "an unused some": ("_x if {\n\tsome y\n\tinput.a\n}", "4:2", ["y is never used; use it, or remove it"]),
    "an unused argument": ("_f(y) := 1\n\n_x := _f(1)", "3:1", ["the argument y is not used; use it, or call it _"]),
    "defined twice": (
        "_x if {\n\ty := 1\n\ty := 2\n}", "5:2", ["y is already defined; compare with `==`, or rename this"],
    ),
    ":= for ==": ("_x if {\n\tinput.a := 1\n}", "4:2", ["`:=` only defines new names; compare with `==`"]),
    "a reserved name": ("_x if {\n\tinput := 1\n\tinput > 0\n}", "4:2", ["input is reserved; choose another name"]),
    "a circle": (
        "_x if _y\n\n_y if _x", "3:1", ["these depend on each other: _x, _y; remove one of the references"],
    ),
    "two defaults": ("default _x := 1\n\ndefault _x := 2", "5:1", ["_x has several defaults, in lines 3 and 5; keep one"]),
    "a set and a value": ("_x contains 1\n\n_x := 2", "3:1", ["_x is both a set and a value here; choose another name"]),
    "text and +": ('_x := "a" + 1', "3:7", ["+, -, * and / take numbers, not (text, a number); build text with sprintf"]),
    **{
        f"text and {sign}": (
            f'_x := "a" {sign} 1', "3:7", ["+, -, * and / take numbers, not (text, a number); build text with sprintf"],
        )
        for sign in "-*/%"
    },
    "sprintf": (
        '_x := sprintf("%s", 1, 2)', "3:7",
        ['sprintf takes a text and a list of values, one for each %; write sprintf("... %s ...", [value])'],
    ),
    "type of an argument": (
        "_x := count(3)", "3:7", ["count takes (text or a list or an object or a set), not (a number)"],
    ),
    "an argument of an unknown type": (
        '_x if {\n\tz := [{"a": 1}]\n\ty := z[0].b\n\tstartswith(y, 1)\n}', None,
        ["there is no z[0].b; known in z[0] are a", "startswith takes (text, text), not (something, a number)"],
    ),
    "number of arguments": (
        '_x if startswith("a")', "3:7", ["startswith takes (text, text), not fewer or more arguments"],
    ),
    "number of arguments of a function": (
        "import data.guard.lib.globs\n\n_x := globs.first(1)", "5:7",
        ["the function guard.lib.globs.first has arity 2, got 1 argument; pass as many as it takes"],
    ),
    "never equal": (
        '_x if {{"msg": 1}} == [1]', "3:7",
        ["these can never be equal: one side is a set, each item an object with msg; the other is a list"],
    ),
    "never equal, deep inside": (
        '_x if {{"msg": 1, "details": {"n": 1}}} == {{"msg": 1, "details": {"n": "a"}}}', "3:7",
        ["these can never be equal: [_].details.n of one side is a number; that of the other is text"],
    ),
    "never equal, in a list": (
        '_x if [{"n": 1}, {"n": 1}] == [{"n": 1}, {"n": null}]', "3:7",
        ["these can never be equal: [1].n of one side is a number; that of the other is null"],
    ),
    "never equal, by what they have": (
        '_x if {"a": {"n": 1}} == {"a": {"m": 1}}', "3:7",
        ["these can never be equal: a of one side is an object with n; that of the other is an object with m"],
    ),
    "never equal, of the simplest types": (
        "_x if null == true", "3:7", ["these can never be equal: one side is null; the other is true or false"],
    ),
    "a number as an object": (
        "_x if {\n\tsome y in [1, 2]\n\ty.a == 1\n}", "5:2",
        ["y is a number, not an object; use `some x in xs` for the items of a list"],
    ),
    "a field of an object": (
        '_x if {\n\tsome y in [{"bucket": 1}]\n\ty.bucketName == 1\n}', "5:2", ["there is no y.bucketName; did you mean bucket?"],
    ),
    "a field of an item": (
        '_x if {\n\tsome i\n\ty := [{"bucket": 1}]\n\ty[i].bucketName == 1\n}', "6:2",
        ["there is no y[i].bucketName; did you mean bucket?"],
    ),
    "a field of any item": (
        '_x if {\n\ty := [{"bucket": 1}]\n\ty[_].key == 1\n}', "5:2", ["there is no y[_].key; known in y[_] are bucket"],
    ),
    "a field of an item that is computed": (
        '_x if {\n\ty := [{"bucket": 1}]\n\ty[count([])].key == 1\n}', "5:2",
        ["there is no y[_].key; known in y[_] are bucket"],
    ),
    "a field of an object without any": ("_x if {\n\ty := {}\n\ty.a\n}", "5:2", ["OPA rejects this: undefined ref: y.a"]),
    "a field that no document has": (
        f"{TYPED}_x := input.job.nmae", "6:7", ["no document has input.job.nmae; did you mean name?"],
    ),
    "a field of a text": (
        f"{TYPED}_x := input.job.name.first", "6:7",
        ["input.job.name is text, not an object; use `some x in xs` for the items of a list"],
    ),
    "METADATA": (
        "_x := rego.metadata.chain()[1].annotations.custom.kinds", None,
        ["the METADATA of the package has no custom.kinds; write it there, or remove this"],
    ),
    "METADATA of the value": (
        "_x := rego.metadata.chain()[0].annotations.custom.severity", None,
        [
            ("rego.metadata.chain()[0].annotations is the METADATA of this value, not of the package; "
            "write rego.metadata.chain()[1].annotations.custom.severity")
        ],
    ),
    "METADATA of the rule": (
        "# METADATA\n# title: x\n_x := rego.metadata.rule().custom.severity", None,
        [
            ("rego.metadata.rule() is the METADATA of this value, not of the package; "
            "write rego.metadata.chain()[1].annotations.custom.severity")
        ],
    ),
}  # fmt: skip
LIBRARIES = {
    "guard/lib/globs/globs.rego": "package guard.lib.globs\n\nfirst(x, y) := [x, y]\n",
    "guard/lib/images/images.rego": "package guard.lib.images\n\ny := 1\n",
    "guard/parameters/parameters.rego": 'package guard.parameters\n\nof := {"own": {"days": 1}}\n',
}


@pytest.fixture(scope="module")
def types(opa: Path, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The problems of each rule, by the name of its case."""
    folder = tmp_path_factory.mktemp("types")
    names = {f"{number}.rego": case for number, case in enumerate(TYPES)}
    files = {
        f"guard/rules/r{name}": f"package guard.rules.r{name.partition('.')[0]}\n\n{TYPES[case][0]}\n"
        for name, case in names.items()
    }
    for name, text in (LIBRARIES | files).items():
        (folder / POLICIES / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / POLICIES / name.replace("rules/r", "rules/")).write_text(text)
    for shared in ("capabilities.json", "schemas"):
        (folder / shared).symlink_to(ROOT / shared)
    own = Opa(opa, folder)
    told: Told = {case: [] for case in names.values()}
    # OPA's compiler ends after the first of its stages that finds anything: what it has refused is taken away for the next.
    options = ("--strict", "--schema", ROOT / "schemas", *LIMITS, "--max-errors", "1000", "--format", "json")
    while errors := reported(own.run("check", *options, POLICIES), POLICIES):
        problems = type_problems(own, POLICIES, errors)
        told |= {case: lines for case, lines in _by_case(names, problems).items() if lines}
        for file in {problem.file for problem in problems}:
            (folder / file).unlink()
    return told


@pytest.mark.parametrize("case", TYPES)
def test_a_compile_error_is_reported_once_with_a_remedy(types: Told, case: str) -> None:
    _, place, texts = TYPES[case]
    pattern = "\n".join(rf"{place or '[0-9]+:[0-9]+'}: {re.escape(text)}" for text in texts)
    assert re.fullmatch(pattern, "\n".join(types[case])), types[case]
