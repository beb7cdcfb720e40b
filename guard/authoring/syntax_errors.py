"""Explain syntax errors of Rego: what a newcomer may have meant, and what to write."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from guard.authoring.diagnostics import Diagnostic
from guard.authoring.opa_errors import OpaError

_CLOSING = {"{": "}", "[": "]", "(": ")"}
# Strings, raw strings and comments: brackets in them don't count.
_IGNORED = re.compile(r'"(?:\\.|[^"\\\n])*"|`[^`]*`|#[^\n]*')
_QUOTES = "'\u2018\u2019\u201c\u201d"


@dataclass(frozen=True)
class _Failure:
    """OPA's message, its position and the text before it."""

    message: str
    line: str
    column: int
    before: str

    @property
    def rest(self) -> str:
        """The line from the position on."""
        return self.line[self.column - 1 :]


def syntax_problems(folder: Path, errors: Iterable[OpaError]) -> list[Diagnostic]:
    """Return the first problem of each file that OPA can't parse; its other errors in a file mostly follow from that one."""
    first: dict[Path, OpaError] = {}
    for error in errors:
        first.setdefault(error.file, error)
    return [_problem(folder, error) for error in first.values()]


def _problem(folder: Path, error: OpaError) -> Diagnostic:
    file = folder / error.file
    lines = file.read_text(errors="replace").split("\n") if file.is_file() else []
    line = lines[error.row - 1] if error.row <= len(lines) else ""
    before = "\n".join([*lines[: error.row - 1], line[: error.column - 1]])
    failure = _Failure(error.message, line, error.column, before)
    hint = next(
        (hint for pattern, explain in _EXPLAIN if re.search(pattern, error.message) and (hint := explain(failure))),
        None,
    )
    return Diagnostic(error.file, error.row, error.column, f"this is not Rego: {hint or _plain(error.message)}")


def _plain(message: str) -> str:
    return re.sub(r" \(e\.g\..*| \(hint: .*", "", message)


def _if_matches(pattern: str, hint: str, part: Callable[[_Failure], str]) -> Callable[[_Failure], str | None]:
    return lambda failure: hint if re.search(pattern, part(failure)) else None


def _line(failure: _Failure) -> str:
    return failure.line


def _rest(failure: _Failure) -> str:
    return failure.rest


def _before(failure: _Failure) -> str:
    return failure.before


def _head(failure: _Failure) -> str:
    """Return the first line of the rule in which OPA stopped."""
    return next((line for line in reversed(failure.before.split("\n")) if line[:1].strip(" \t}])#")), failure.line)


def _always(text: str) -> Callable[[_Failure], str | None]:
    return lambda _: text


def _open(failure: _Failure) -> tuple[str, int] | None:
    """Return the innermost bracket that is open at the position, and its row."""
    stack: list[tuple[str, int]] = []
    for row, line in enumerate(_IGNORED.sub(_blank, failure.before).split("\n"), 1):
        for character in line:
            if character in _CLOSING:
                stack.append((character, row))
            elif stack and character == _CLOSING[stack[-1][0]]:
                stack.pop()
    return stack[-1] if stack else None


def _blank(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")


def _unclosed(failure: _Failure) -> str | None:
    """Explain an error at the left margin or at the end of the file while a bracket is open."""
    bracket = _open(failure)
    if bracket is None or (failure.before.rpartition("\n")[2].strip() and failure.rest.strip()):
        return None
    return f"the {bracket[0]} of line {bracket[1]} is not closed; write {_CLOSING[bracket[0]]} where it ends"


def _unclosed_above(failure: _Failure) -> str | None:
    """Explain an error in a line that begins another rule while a bracket of the rule above is open."""
    if not failure.line[:1].strip(" \t}])#"):
        return None
    return _unclosed(replace(failure, before=failure.before[: len(failure.before) - failure.column + 1]))


def _comma(failure: _Failure) -> str | None:
    bracket = _open(failure)
    if bracket is None:
        return None
    return f"a comma is missing before this, or the {_CLOSING[bracket[0]]} that closes the {bracket[0]} of line {bracket[1]}"


def _no_key(failure: _Failure) -> str | None:
    name = re.match(r"(\w+)\s*[\[{]", _head(failure))
    if name is None:
        return None
    return _CONTAINS.format(name[1])


_CONTAINS = "`contains` is missing; write `{} contains {{...}} if {{...}}`"
_AND = "there is no `and` between conditions; write each on its own line: all of them must hold"
_OR = "there is no `or` between conditions; write a second rule of the same name, or `x in {...}` for one of several values"
_IF = "`if` is missing before the body; write `if {` instead of `{`"

_EXPLAIN: tuple[tuple[str, Callable[[_Failure], str | None]], ...] = (
    (r"", _if_matches(r"^\s*}?\s*(elsif|elif)\b", "write `else := value if {...}` after the `}` of the body", _line)),
    (r"`if` keyword is required", _if_matches(r"^findings\s*[\[{]", _CONTAINS.format("findings"), _line)),
    (r"`if` keyword is required", _always(_IF)),
    (r"illegal token", _if_matches(f"^[{_QUOTES}]", 'text must be in double quotes; write "..."', _rest)),
    (r"illegal ! character", _always("there is no `!`; write `not ` before the condition, and `!=` for other values")),
    (r"illegal non-breaking space", _always("this is a non-breaking space; write an ordinary one")),
    (r"non-terminated string", _always('the closing " of this text is missing')),
    (r"template strings", _always('text is built with sprintf; write sprintf("... %s", [value])')),
    (r"unexpected and token", _always(_AND)),
    (r"unexpected or token", _always(_OR)),
    (r"", _if_matches(r"^and\b", _AND, _rest)),
    (r"", _if_matches(r"^or\b", _OR, _rest)),
    (r"unexpected eq token", _if_matches("===", "`===` is not known; write `==`", _line)),
    (r"unexpected div token", _if_matches("//", "a comment starts with `#`, not with `//`", _line)),
    (r"unexpected (mul|div) token", _if_matches(r"/\*", "a comment starts with `#` on each line", _line)),
    (r"", _if_matches(r"^\s*def\b", "a function is written `name(x) := value if {...}`, without `def`", _line)),
    (r"", _if_matches(r"^\s*return\b", "there is no `return`; write the value in the head: `name(x) := value if {...}`", _line)),
    (r"", _if_matches(r"^\s*for\b", "there is no `for`; write `some x in xs`, and the conditions in the lines below", _line)),
    (r"", _if_matches(r"^\s*if\b", "`if` belongs only before the body; write the condition alone on its own line", _line)),
    (r"unexpected identifier", _if_matches(r"^is\b", "there is no `is`; write `==`", _rest)),
    (r"unexpected not keyword", _if_matches(r"^not in\b", "`not` stands first; write `not x in xs`", _rest)),
    (r"unexpected , token", _if_matches(r"^,\s*$", "one condition per line; remove the comma", _rest)),
    (r"unexpected } token", _if_matches(r";\s*$", "one condition per line; remove the `;` above", _before)),
    (r"missing body", _always("`every` needs a body; write `every x in xs { ... }`")),
    (r"unexpected minus token", _if_matches(r"^[\w]+-", "names can't have hyphens; write underscores", _line)),
    (r"unexpected import path", _always("an import starts with data, input or future; write `import data.guard....`")),
    (r"unexpected (if keyword|: token)", _no_key),
    (r"illegal escape", _always("a pattern with a backslash goes between backticks; write `...` instead of \"...\"")),
    (r"illegal token", _if_matches(r"^\?", "there is no `? :`; write `x := a if {...} else := b`", _rest)),
    (r'expected ":"', _always('a colon is missing; write `"key": value`')),
    (r'expected ","|non-terminated', _if_matches(r"^\(", "there may be no space before this (; remove it", _rest)),
    (r'expected ","|non-terminated (object|array|set|expression)', _comma),
    (r"unexpected (\w+ keyword|identifier|eof|package|import|default|} token)", _unclosed),
    (r"unexpected } token", _if_matches(r"^\s*}\s*$", "this } closes nothing; remove it", _line)),
    (r"expected \\n or ; or }", _unclosed_above),
    (r"expected \\n or ; or }", _always("one condition per line; start a new line here, or add the missing operator")),
)  # fmt: skip
