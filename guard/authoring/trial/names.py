"""The names of settings that rules may ask for: a rule about secrets looks at few settings, and at those by name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from guard.authoring.layout import CONFIG
from guard.authoring.opa import Opa

_RULES = "guard/rules/*/*.rego"
_NAME = re.compile(r"[A-Za-z_][\w.-]{1,63}", re.ASCII)
_QUOTED = re.compile(r"""["`]([^"`\\\n]+)["`]""")


def setting_names(opa: Opa, policies: Path) -> list[str]:
    """Return each text of the rules and of their parameters that can be the name of a setting, sorted.

    Raises ConfigError when the configuration can't be read.
    """
    files = (file for file in (opa.folder / policies).glob(_RULES) if not file.name.endswith("_test.rego"))
    lines = (line for file in files for line in file.read_text().splitlines() if not line.lstrip().startswith("#"))
    constants = (text for line in lines for text in _QUOTED.findall(line))
    given = _texts(opa.read_yaml(policies / CONFIG))
    return sorted({text for text in (*constants, *given) if _NAME.fullmatch(text)})


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from (key, *_texts(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
