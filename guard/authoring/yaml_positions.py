"""Where each value of a YAML file stands, and what in it would be lost without a word."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import yaml

from guard.authoring.diagnostics import Diagnostic
from guard.authoring.yaml_errors import explain_yaml

KeyPath = tuple[str | int, ...]
Position = tuple[int, int]
_DEEPEST = 100
_NO_TEXT = "this key is not text; put it in quotes"
_NO_SLASH = r"OPA doesn't read \/ between double quotes; write / alone"
# A backslash that stands before a slash and isn't escaped itself.
_SLASH = re.compile(r"(?<!\\)(?:\\\\)*\\/")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Positions:
    """Line and column of every key and list item of one file, counted from 1."""

    def __init__(self, file: Path, text: str, is_truth: Callable[[KeyPath], bool] = lambda _: False) -> None:
        """Read the positions; what YAML itself can't read, repeated keys and keys that aren't text become problems.

        `is_truth` says where true or false is wanted, so that the advice about a `no` is right there.
        """
        self.file = file
        self._is_truth = is_truth
        self.problems: list[Diagnostic] = []
        self.broken: Diagnostic | None = None
        """What keeps the text from being YAML at all."""
        self._positions: dict[KeyPath, Position] = {(): (1, 1)}
        self._open: list[yaml.Node] = []
        self._text = text
        try:
            root = yaml.compose(text, Loader=LOADER)
            if root is not None:
                self._walk(root, ())
        except yaml.YAMLError as exc:
            self.broken = Diagnostic(file, *explain_yaml(exc, text))
        except RecursionError:
            self.broken = Diagnostic(
                file, *_deepest_place(text), f"more than {_DEEPEST} brackets or indentations are open; close some"
            )
        if self.broken:
            self.problems = [self.broken]

    def at(self, path: KeyPath) -> Position:
        """Return the place of the value at a path, or of the nearest one around it that is written in the file."""
        while path not in self._positions:
            path = path[:-1]
        return self._positions[path]

    def problem(self, path: KeyPath, text: str) -> Diagnostic:
        """Return an error at a path; the text says what is wrong and what to do."""
        return Diagnostic(self.file, *self.at(path), f"{dotted(path)}: {text}" if path else text)

    def warning(self, path: KeyPath, text: str) -> Diagnostic:
        """Return a warning at a path."""
        return Diagnostic(self.file, *self.at(path), f"{dotted(path)}: {text}", "warning")

    def _walk(self, node: yaml.Node, path: KeyPath) -> None:
        if node in self._open:
            self.problems.append(self.problem(path, "repeats what it stands in, without end; write out what is meant"))
            return
        if len(path) > _DEEPEST:
            raise RecursionError
        self._open.append(node)
        if isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self._positions[(*path, index)] = _position(item)
                self._walk(item, (*path, index))
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                self._enter(key, value, path)
        elif text := self._misread(node, path):
            self.problems.append(self.problem(path, text))
        self._open.pop()

    def _misread(self, node: yaml.Node, path: KeyPath) -> str | None:
        """Return what is wrong with a scalar that some reader takes for something else, or OPA not at all."""
        if node.tag.endswith(":float") and node.value.lstrip("+-").lower() in (".inf", ".nan"):
            return f'{node.value} is not a number that policies can read; write a number, or "{node.value}" as text'
        if self._has_slash(node):
            return _NO_SLASH
        if not node.tag.endswith(":bool") or node.value in ("true", "false"):
            return None
        meant = node.value.lower() in ("yes", "on", "true")
        advice = str(meant).lower() if self._is_truth(path) else f'"{node.value}"'
        if path[-1:] == ("level",):
            advice = "warn or deny" if meant else '"off"'
        return f"{node.value} is a truth value for some readers; write {advice}"

    def _refuse(self, key: yaml.Node, path: KeyPath, text: str) -> None:
        self.problems.append(Diagnostic(self.file, *_position(key), f"{dotted(path)}: {text}" if path else text))

    def _has_slash(self, node: yaml.Node) -> bool:
        quoted = isinstance(node, yaml.ScalarNode) and node.style == '"'
        return quoted and _SLASH.search(self._text, node.start_mark.index, node.end_mark.index) is not None

    def _enter(self, key: yaml.Node, value: yaml.Node, path: KeyPath) -> None:
        if key.tag != "tag:yaml.org,2002:str":
            merge = key.tag.endswith(":merge")
            self._refuse(key, path, "`<<` is not used here; write the keys out" if merge else _NO_TEXT)
            return
        if self._has_slash(key):
            self._refuse(key, path, _NO_SLASH)
            return
        inner = (*path, str(key.value))
        if inner in self._positions:
            line = self._positions[inner][0]
            text = (
                f"{dotted(inner)}: is here a second time, the first is in line {line}, and only one counts; remove one"
            )
            self.problems.append(Diagnostic(self.file, *_position(key), text))
            return
        self._positions[inner] = _position(key)
        self._walk(value, inner)


def _deepest_place(text: str) -> Position:
    """Return where a text opens more than a configuration needs."""
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST and event.start_mark:
            return event.start_mark.line + 1, event.start_mark.column + 1
    return 1, 1


def dotted(path: KeyPath) -> str:
    """Return a path as people write it: `rules.max_runtime.seconds`, `exemptions[0].scope`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif re.fullmatch(r"\w+", part):
            text += f".{part}" if text else part
        else:
            text += f"[{part}]"
    return text


def _position(node: yaml.Node) -> Position:
    return node.start_mark.line + 1, node.start_mark.column + 1
