"""Texts of the rules and their parameters: values to compare with, and names of tags and settings to look up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from guard.authoring.layout import CONFIG
from guard.authoring.opa import Opa

_RULES = "guard/rules/*/*.rego"
_NAME = re.compile(r"[A-Za-z_][\w.-]{1,63}", re.ASCII)
_QUOTED = re.compile(r"""["`]([^"`\\\n]+)["`]""")
_TAG = re.compile(r"\btags\.([A-Za-z_]\w*)")


def texts_of_rules(opa: Opa, policies: Path) -> frozenset[str]:
    """Return all texts in the rules and in the configuration, and the keys of the tags that rules read.

    Raises ConfigError when the configuration can't be read.
    """
    files = (file for file in (opa.folder / policies).glob(_RULES) if not file.name.endswith("_test.rego"))
    lines = [line for file in files for line in file.read_text().splitlines() if not line.lstrip().startswith("#")]
    found = (text for line in lines for pattern in (_QUOTED, _TAG) for text in pattern.findall(line))
    return frozenset({*found, *_texts(opa.read_yaml(policies / CONFIG))})


def names_among(texts: Iterable[str]) -> list[str]:
    """Return the texts that can be the name of a tag or a setting, sorted."""
    return sorted(text for text in texts if _NAME.fullmatch(text))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from (key, *_texts(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
