"""Replace the source of one module, in this process and those that it starts. Imports no module of the guard."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from pathlib import Path
from types import CodeType


class Changed(importlib.abc.MetaPathFinder, importlib.machinery.SourceFileLoader):
    """Loads one module from the given source instead of its file."""

    def __init__(self, fullname: str, path: str, source: str) -> None:
        super().__init__(fullname, path)
        self._code = compile(source, path, "exec", dont_inherit=True)

    def find_spec(self, fullname: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self)

    def get_code(self, _: str) -> CodeType:
        return self._code


def install(fullname: str, path: str, source: str) -> None:
    """Make later imports of the module use this source. Raises SyntaxError."""
    sys.meta_path.insert(0, Changed(fullname, path, source))


def pass_on(folder: Path, fullname: str, path: str, source: str) -> None:
    """Make Python processes that this one starts use this source, too, by a `sitecustomize`, which Python imports first."""
    call = f"install({fullname!r}, {path!r}, {source!r})"
    (folder / "sitecustomize.py").write_text(f"{Path(__file__).read_text()}\n\n{call}\n")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
