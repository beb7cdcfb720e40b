"""The terminal, through which all output for people goes."""

from __future__ import annotations

import ast
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.padding import Padding
from rich.table import Table

from guard.cli.terminal import Terminal, lines, styled

HOSTILE, SHOWN = "a\x1b[2J\n[red]b", r"a\x1b[2J\n[red]b"


def _printed(give: Callable[[Terminal], object]) -> str:
    out = io.StringIO()
    give(Terminal(out))
    return out.getvalue()


def _table(cell: object) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_row(cell)  # type: ignore[arg-type]
    return table


def _headed(title: str) -> Table:
    table = Table(title, box=None, pad_edge=False)
    table.add_row("")
    return table


@pytest.mark.parametrize(
    "printed",
    [
        pytest.param(HOSTILE, id="string"),
        pytest.param(styled(HOSTILE), id="part"),
        pytest.param(styled((HOSTILE, "bold")), id="part with a style"),
        pytest.param(lines(styled(HOSTILE)), id="line"),
        pytest.param(Padding(HOSTILE, 0), id="padding"),
        pytest.param(_table(HOSTILE), id="cell"),
        pytest.param(_headed(HOSTILE), id="head"),
    ],
)
def test_a_text_is_escaped_in_every_position(printed: object) -> None:
    assert _printed(lambda terminal: terminal.print(printed)).rstrip() == SHOWN


def test_plain_text_has_no_style(monkeypatch: pytest.MonkeyPatch) -> None:
    """By default, rich highlights numbers, names and markup on a terminal with colours."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    plain = '7 of "jobs" :warning: [red]None'
    assert _printed(lambda terminal: terminal.print(plain)) == f"{plain}\n"
    assert _printed(lambda terminal: terminal.print(styled(plain))) == f"{plain}\n"


def test_lines_are_not_escaped() -> None:
    assert _printed(lambda terminal: terminal.print(lines(styled("a"), styled("b")))) == "a\nb\n"


@pytest.mark.parametrize(
    "path", sorted([*Path("guard").rglob("*.py"), *Path("examples/demo").glob("*.py")]), ids=lambda path: str(path)
)
def test_modules_print_only_through_terminal(path: Path) -> None:
    if path == Path("guard/cli/terminal.py"):
        return
    nodes = list(ast.walk(ast.parse(path.read_text())))
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("rich")]
    of_rich = {name.name for node in imports for name in node.names}
    calls = {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    made = (of_rich & {"Console"}) | (of_rich & calls & {"Text"}) | (calls & {"print"})
    assert not made, f"{path}: print with Terminal, styled and lines of guard/cli/terminal.py instead of {sorted(made)}"
