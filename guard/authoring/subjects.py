"""Subjects of comparisons: facts, parameters and results of built-ins, with the values that they can have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache

from guard.authoring.facts import PARAMETERS, WITH_ONE, Node, Path, below, name_of, operator_of, path_of, shapes_of
from guard.authoring.forms import Form, form_of
from guard.jobs import JOB_KINDS

_KIND = ("input", "job", "kind")
_WORDS = {
    "time.weekday": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "type_name": ("array", "boolean", "null", "number", "object", "set", "string"),
}
# Without minus, which may return the difference of two sets.
_NUMBERS = {
    "abs", "ceil", "count", "div", "floor", "mul", "plus", "rem", "round", "sum", "time.parse_duration_ns",
    "time.parse_ns", "time.parse_rfc3339_ns", "to_number", "units.parse", "units.parse_bytes",
}  # fmt: skip
_TEXTS = {"concat", "format_int", "replace", "sprintf", "substring", "trim", "trim_prefix", "trim_space", "trim_suffix"}
_CASES: dict[str, Callable[[str], str]] = {"lower": str.lower, "upper": str.upper}


@dataclass(frozen=True)
class Subject:
    """What a term stands for: its JSON types (empty for any), its possible words if limited, its form and its case."""

    name: str
    types: frozenset[str]
    words: tuple[str, ...] = ()
    form: Form | None = None
    case: str | None = None

    def cased(self, text: str) -> str:
        """Return a text in the case that the subject has."""
        return _CASES[self.case](text) if self.case else text


Parameters = Mapping[str, Mapping[str, object]]
"""The schemas of a rule's parameters by their names."""


def subject_of(term: Node, names: Mapping[str, Path], parameters: Parameters) -> Subject | None:
    """Return the subject of a term; None if it is unknown."""
    if path := path_of(term, names):
        return _of_path(path, parameters)
    operator = operator_of(term["value"]) if term["type"] == "call" else ""
    if operator in _CASES and len(term["value"]) == WITH_ONE:
        inner = subject_of(term["value"][1], names, parameters)
        return Subject(
            f"{operator}({inner.name if inner else '...'})",
            frozenset({"string"}),
            tuple(map(_CASES[operator], inner.words)) if inner else (),
            inner.form if inner and operator == "lower" else None,
            operator,
        )
    if operator in _NUMBERS or operator in _TEXTS or operator in _WORDS:
        kind = "number" if operator in _NUMBERS else "string"
        return Subject(f"{operator}(...)", frozenset({kind}), _WORDS.get(operator, ()))
    return None


def literal_of(term: Node) -> Subject | None:
    """Return the subject of a literal text, number or boolean; None for other terms."""
    if term["type"] in ("string", "number", "boolean"):
        return Subject("", frozenset({term["type"]}))
    return None


def _of_path(path: Path, parameters: Parameters) -> Subject | None:
    if path[:3] == PARAMETERS and len(path) > 5:
        schema = parameters.get(str(path[5]), {})
        # References in it can't be resolved here: they point into the schema of the whole configuration.
        return _of_shapes(path, below(schema, path[6:], {}))
    found = _of_fact(path)
    return replace(found, form=form_of(path)) if found else None


@cache
def _of_fact(path: Path) -> Subject | None:
    found = _of_shapes(path, shapes_of(path))
    return replace(found, words=tuple(sorted(kind.id for kind in JOB_KINDS))) if found and path == _KIND else found


def _of_shapes(path: Path, shapes: list[Node]) -> Subject | None:
    """Return the subject for schemas, without null: rules handle unknown values separately."""
    given = [shape for shape in shapes if shape.get("type") != "null"]
    written = [shape.get("type") for shape in given]
    listed = [each for one in written for each in (one if isinstance(one, list) else [one])]
    if not given or not all(isinstance(each, str) for each in listed):
        return None
    enums = [each["enum"] for each in given if isinstance(each.get("enum"), list)]
    words = {str(word) for enum in enums for word in enum} if len(enums) == len(given) else set()
    types = frozenset(_normalized(str(each)) for each in listed) - {"null"}
    return Subject(name_of(path), types, tuple(sorted(words)) if types == {"string"} else ())


def _normalized(name: str) -> str:
    return "number" if name == "integer" else name
