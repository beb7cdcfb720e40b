"""Find the mutants of a Python module, small changes of its code, in its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from guard.authoring.mutation.mutants import Mutant

_COMPARISONS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
}
_ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.BitOr: ("|", "&"),
    ast.BitAnd: ("&", "|"),
}
_OTHER_TEXT = '"mutant"'


def find_mutants(source: str) -> list[Mutant]:
    """Return the mutants of a module in the order of the file; messages of errors and type hints aren't changed."""
    return sorted(set(_Finder(source).of(ast.parse(source))))


@dataclass
class _Finder:
    source: str

    def __post_init__(self) -> None:
        self._lines = self.source.splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    def of(self, node: ast.AST) -> Iterator[Mutant]:
        """Yield the mutants of a node and of all nodes below it."""
        yield from self._own(node)
        for child in _code_of(node):
            yield from self.of(child)

    def _own(self, node: ast.AST) -> Iterator[Mutant]:
        yield from self._operators(node)
        yield from self._tests(node)
        yield from self._values(node)

    def _operators(self, node: ast.AST) -> Iterator[Mutant]:
        match node:
            case ast.Compare():
                for (left, right), op in zip(pairwise([node.left, *node.comparators]), node.ops, strict=True):
                    yield from self._between(left, right, *_COMPARISONS[type(op)])
            case ast.BoolOp():
                words = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
                for left, right in pairwise(node.values):
                    yield from self._between(left, right, *words)
            case ast.BinOp() if type(node.op) in _ARITHMETIC:
                yield from self._between(node.left, node.right, *_ARITHMETIC[type(node.op)])

    def _tests(self, node: ast.AST) -> Iterator[Mutant]:
        match node:
            case ast.UnaryOp(op=ast.Not()):
                yield self._instead(node, self._text(node.operand))
            case ast.If() | ast.IfExp() | ast.While():
                yield self._instead(node.test, f"(not ({self._text(node.test)}))")
            case ast.comprehension():
                yield from (self._instead(test, "True") for test in node.ifs)

    def _values(self, node: ast.AST) -> Iterator[Mutant]:
        match node:
            case ast.Return(value=ast.expr() as value) if not _is_none(value):
                yield self._instead(value, "None")
            case ast.Constant():
                yield from self._constant(node)
            case ast.Expr(value=ast.Call() as call):
                yield self._instead(call, "None")
            case ast.Call():
                yield from (self._instead(each.value, "None") for each in node.keywords if _is_fact(node, each))

    def _constant(self, node: ast.Constant) -> Iterator[Mutant]:
        match node.value:
            case bool():
                yield self._instead(node, str(not node.value))
            case int() | float():
                yield self._instead(node, repr(node.value + 1))
            case str() if self._text(node).endswith(("'", '"')):
                yield self._instead(node, _OTHER_TEXT)

    def _between(self, left: ast.expr, right: ast.expr, word: str, other: str) -> Iterator[Mutant]:
        """Yield the mutant that replaces the operator between two operands; brackets and line ends stay."""
        start, end = self._span(left)[1], self._span(right)[0]
        at = self.source.find(word, start, end)
        if at >= 0:
            yield self._mutant(at, at + len(word), other)

    def _instead(self, node: ast.expr, replacement: str) -> Mutant:
        start, end = self._span(node)
        return self._mutant(start, end, replacement)

    def _mutant(self, start: int, end: int, replacement: str) -> Mutant:
        row = self.source.count("\n", 0, start) + 1
        return Mutant(start, end, self.source[start:end], replacement, row)

    def _text(self, node: ast.expr) -> str:
        start, end = self._span(node)
        return self.source[start:end]

    def _span(self, node: ast.expr) -> tuple[int, int]:
        return self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno or 0, node.end_col_offset or 0)

    def _offset(self, row: int, column: int) -> int:
        """Return the offset in characters; columns of the syntax tree count bytes."""
        line = self._lines[row - 1].encode()
        return self._starts[row - 1] + len(line[:column].decode())


def _code_of(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the children, except docstrings, annotations, imports, messages of errors and the decorators of classes."""
    skipped: list[ast.AST | None] = []
    match node:
        case ast.Import() | ast.ImportFrom() | ast.JoinedStr() | ast.arg():
            return
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return
        case ast.Expr(value=ast.Constant()):
            return
        case ast.AnnAssign():
            skipped = [node.annotation]
        case ast.FunctionDef():
            skipped = [node.returns]
        case ast.ClassDef():
            skipped = [*node.decorator_list]
        case ast.Call() if _is_error(node.func) and node.args:
            skipped = [node.args[0]]
        case _:
            pass
    yield from (child for child in ast.iter_child_nodes(node) if child not in skipped)


def _is_error(func: ast.expr) -> bool:
    return isinstance(func, ast.Name) and func.id.endswith(
        (
            "Error",
            "Invalid",
            "Missing",
            "Failed",
            "Mismatch",
            "Unavailable",
            "Unauthorized",
            "Timeout",
            "NotFound",
            "Lost",
        )
    )


def _is_fact(call: ast.Call, keyword: ast.keyword) -> bool:
    """Whether the keyword argument is evidence of an error."""
    return _is_error(call.func) and keyword.arg is not None


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
