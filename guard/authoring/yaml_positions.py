"""The positions of all values in a YAML file, and problems that parsers of YAML pass over silently."""

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
_NO_SLASH = r"OPA can't read \/ in double quotes; write only /"
# A backslash before a slash that isn't escaped itself.
_SLASH = re.compile(r"(?<!\\)(?:\\\\)*\\/")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Positions:
    """Line and column of every key and list item of one file, counted from 1."""

    def __init__(self, file: Path, text: str, is_truth: Callable[[KeyPath], bool] = lambda _: False) -> None:
        """Read the positions; invalid YAML, duplicate keys and keys that aren't text become problems.

        `is_truth` returns whether a boolean is expected at a path: the advice about a `no` depends on it.
        """
        self.file = file
        self._is_truth = is_truth
        self.problems: list[Diagnostic] = []
        self.broken: Diagnostic | None = None
        """The reason why the text isn't valid YAML."""
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
        """Return the position of the value at a path, or of its nearest parent that is in the file."""
        while path not in self._positions:
            path = path[:-1]
        return self._positions[path]

    def problem(self, path: KeyPath, text: str) -> Diagnostic:
        """Return an error at a path."""
        return Diagnostic(self.file, *self.at(path), f"{dotted(path)}: {text}" if path else text)

    def warning(self, path: KeyPath, text: str) -> Diagnostic:
        """Return a warning at a path."""
        return Diagnostic(self.file, *self.at(path), f"{dotted(path)}: {text}", "warning")

    def _walk(self, node: yaml.Node, path: KeyPath) -> None:
        if node in self._open:
            self.problems.append(self.problem(path, "is an alias of a value that contains it; write the content out"))
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
        """Return the message for a scalar that OPA can't read, or that parsers of YAML read differently; else None."""
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
        return f"{node.value} is a boolean for some parsers of YAML; write {advice}"

    def _report(self, key: yaml.Node, path: KeyPath, text: str) -> None:
        self.problems.append(Diagnostic(self.file, *_position(key), f"{dotted(path)}: {text}" if path else text))

    def _has_slash(self, node: yaml.Node) -> bool:
        quoted = isinstance(node, yaml.ScalarNode) and node.style == '"'
        return quoted and _SLASH.search(self._text, node.start_mark.index, node.end_mark.index) is not None

    def _enter(self, key: yaml.Node, value: yaml.Node, path: KeyPath) -> None:
        if key.tag != "tag:yaml.org,2002:str":
            merge = key.tag.endswith(":merge")
            self._report(key, path, "`<<` is not used here; write the keys out" if merge else _NO_TEXT)
            return
        if self._has_slash(key):
            self._report(key, path, _NO_SLASH)
            return
        inner = (*path, str(key.value))
        if inner in self._positions:
            line = self._positions[inner][0]
            text = f"{dotted(inner)}: is a duplicate of the key in line {line}, and only one counts; remove one"
            self.problems.append(Diagnostic(self.file, *_position(key), text))
            return
        self._positions[inner] = _position(key)
        self._walk(value, inner)


def _deepest_place(text: str) -> Position:
    """Return the position where a text exceeds the maximum depth."""
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST and event.start_mark:
            return event.start_mark.line + 1, event.start_mark.column + 1
    return 1, 1


def dotted(path: KeyPath) -> str:
    """Return a path in dotted notation: `rules.max_runtime.seconds`, `exemptions[0].scope`."""
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
