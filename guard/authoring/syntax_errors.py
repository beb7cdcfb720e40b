"""Why a file is not Rego, in words: what a newcomer may have meant, and what to write."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from guard.authoring.diagnostics import Diagnostic
from guard.authoring.opa_errors import OpaError

_CLOSING = {"{": "}", "[": "]", "(": ")"}
# Text, raw text and comments, in which a bracket is none.
_PASSED = re.compile(r'"(?:\\.|[^"\\\n])*"|`[^`]*`|#[^\n]*')
_QUOTES = "'\u2018\u2019\u201c\u201d"


@dataclass(frozen=True)
class _Failure:
    """What OPA says, and the text up to where it says so."""

    message: str
    line: str
    column: int
    before: str

    @property
    def rest(self) -> str:
        """The line from there on."""
        return self.line[self.column - 1 :]


def syntax_problems(folder: Path, errors: Iterable[OpaError]) -> list[Diagnostic]:
    """Return what is wrong in each file that OPA can't read; what it reports after the first mistake is of that one."""
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
    said = next(
        (said for pattern, tell in _TELL if re.search(pattern, error.message) and (said := tell(failure))), None
    )
    return Diagnostic(error.file, error.row, error.column, f"this is not Rego: {said or _plain(error.message)}")


def _plain(message: str) -> str:
    return re.sub(r" \(e\.g\..*| \(hint: .*", "", message)


def _looks(pattern: str, said: str, part: Callable[[_Failure], str]) -> Callable[[_Failure], str | None]:
    return lambda failure: said if re.search(pattern, part(failure)) else None


def _line(failure: _Failure) -> str:
    return failure.line


def _rest(failure: _Failure) -> str:
    return failure.rest


def _before(failure: _Failure) -> str:
    return failure.before


def _head(failure: _Failure) -> str:
    """The line where the rule begins in which OPA stopped."""
    return next((line for line in reversed(failure.before.split("\n")) if line[:1].strip(" \t}])#")), failure.line)


def _says(text: str) -> Callable[[_Failure], str | None]:
    return lambda _: text


def _open(failure: _Failure) -> tuple[str, int] | None:
    """Return the innermost bracket that is open there, and its row."""
    stack: list[tuple[str, int]] = []
    for row, line in enumerate(_PASSED.sub(_blank, failure.before).split("\n"), 1):
        for character in line:
            if character in _CLOSING:
                stack.append((character, row))
            elif stack and character == _CLOSING[stack[-1][0]]:
                stack.pop()
    return stack[-1] if stack else None


def _blank(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")


def _unclosed(failure: _Failure) -> str | None:
    """Of what begins at the margin, or ends the file, inside of a bracket."""
    bracket = _open(failure)
    if bracket is None or (failure.before.rpartition("\n")[2].strip() and failure.rest.strip()):
        return None
    return f"the {bracket[0]} of line {bracket[1]} is not closed; write {_CLOSING[bracket[0]]} where it ends"


def _unclosed_above(failure: _Failure) -> str | None:
    """Of what begins another rule inside of a bracket: that is where OPA still reads the rule before."""
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

_TELL: tuple[tuple[str, Callable[[_Failure], str | None]], ...] = (
    (r"", _looks(r"^\s*}?\s*(elsif|elif)\b", "write `else := value if {...}` after the `}` of the body", _line)),
    (r"`if` keyword is required", _looks(r"^findings\s*[\[{]", _CONTAINS.format("findings"), _line)),
    (r"`if` keyword is required", _says(_IF)),
    (r"illegal token", _looks(f"^[{_QUOTES}]", 'text must be in double quotes; write "..."', _rest)),
    (r"illegal ! character", _says("there is no `!`; write `not ` before the condition, and `!=` for other values")),
    (r"illegal non-breaking space", _says("this is a non-breaking space; write an ordinary one")),
    (r"non-terminated string", _says('the closing " of this text is missing')),
    (r"template strings", _says('text is built with sprintf; write sprintf("... %s", [value])')),
    (r"unexpected and token", _says(_AND)),
    (r"unexpected or token", _says(_OR)),
    (r"", _looks(r"^and\b", _AND, _rest)),
    (r"", _looks(r"^or\b", _OR, _rest)),
    (r"unexpected eq token", _looks("===", "`===` is not known; write `==`", _line)),
    (r"unexpected div token", _looks("//", "a comment starts with `#`, not with `//`", _line)),
    (r"unexpected (mul|div) token", _looks(r"/\*", "a comment starts with `#` on each line", _line)),
    (r"", _looks(r"^\s*def\b", "a function is written `name(x) := value if {...}`, without `def`", _line)),
    (r"", _looks(r"^\s*return\b", "there is no `return`; write the value in the head: `name(x) := value if {...}`", _line)),
    (r"", _looks(r"^\s*for\b", "there is no `for`; write `some x in xs`, and the conditions in the lines below", _line)),
    (r"", _looks(r"^\s*if\b", "`if` belongs before the body only; write the condition alone on its own line", _line)),
    (r"unexpected identifier", _looks(r"^is\b", "there is no `is`; write `==`", _rest)),
    (r"unexpected not keyword", _looks(r"^not in\b", "`not` stands first; write `not x in xs`", _rest)),
    (r"unexpected , token", _looks(r"^,\s*$", "one condition per line; remove the comma", _rest)),
    (r"unexpected } token", _looks(r";\s*$", "one condition per line; remove the `;` above", _before)),
    (r"missing body", _says("`every` needs a body; write `every x in xs { ... }`")),
    (r"unexpected minus token", _looks(r"^[\w]+-", "names can't have hyphens; write underscores", _line)),
    (r"unexpected import path", _says("an import starts with data, input or future; write `import data.guard....`")),
    (r"unexpected (if keyword|: token)", _no_key),
    (r"illegal escape", _says("a pattern with a backslash goes between backticks; write `...` instead of \"...\"")),
    (r"illegal token", _looks(r"^\?", "there is no `? :`; write `x := a if {...} else := b`", _rest)),
    (r'expected ":"', _says('a colon is missing; write `"key": value`')),
    (r'expected ","|non-terminated', _looks(r"^\(", "no space may stand before this (; remove it", _rest)),
    (r'expected ","|non-terminated (object|array|set|expression)', _comma),
    (r"unexpected (\w+ keyword|identifier|eof|package|import|default|} token)", _unclosed),
    (r"unexpected } token", _looks(r"^\s*}\s*$", "this } closes nothing; remove it", _line)),
    (r"expected \\n or ; or }", _unclosed_above),
    (r"expected \\n or ; or }", _says("one condition per line; start a new line here, or add the missing operator")),
)  # fmt: skip
