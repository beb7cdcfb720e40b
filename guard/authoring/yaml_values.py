"""Read YAML with OPA's result, but in linear time: OPA compares each key of a mapping with all others.

The structure is read here, with the library that OPA's own reader was translated from. OPA only converts the scalars without
quotes, such as `no`, `1_000` or a date, all at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any

import yaml

from guard.authoring.yaml_positions import LOADER

_MERGE = "<<"
_END = object()


class OnlyForOpaError(Exception):
    """Only OPA can read the text: it has tags, anchors or keys that aren't strings, or isn't YAML."""


class _Bare(str):
    """A scalar without quotes."""

    __slots__ = ()


class _Pairs(list[Any]):
    """A mapping as a list of alternating keys and values."""


def yaml_value(text: str, scalars: Callable[[list[str]], Any]) -> Any:
    """Return the content of a YAML text; `scalars` returns the values that OPA reads for a list of texts without quotes.

    Raises OnlyForOpaError.
    """
    bare: set[str] = set()
    try:
        written = _only_document(yaml.parse(text, Loader=LOADER), bare)
        return _read(written, dict(zip(bare, scalars([*bare]), strict=True)))
    except (yaml.YAMLError, RecursionError) as exc:
        raise OnlyForOpaError from exc


def _only_document(events: Iterator[yaml.Event], bare: set[str]) -> Any:
    """Return the only document of the text, still unconverted, and add its scalars without quotes to the set `bare`."""
    if [type(event) for event in islice(events, 2)] != [yaml.StreamStartEvent, yaml.DocumentStartEvent]:
        raise OnlyForOpaError
    written = _node(events, bare)
    if [type(event) for event in events] != [yaml.DocumentEndEvent, yaml.StreamEndEvent]:
        raise OnlyForOpaError
    return written


def _node(events: Iterator[yaml.Event], bare: set[str]) -> Any:
    event = next(events)
    if isinstance(event, yaml.CollectionEndEvent):
        return _END
    if not isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) or event.anchor or event.tag:
        raise OnlyForOpaError
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event, bare)
    inner = iter(partial(_node, events, bare), _END)
    return _Pairs(inner) if isinstance(event, yaml.MappingStartEvent) else list(inner)


def _scalar(event: yaml.ScalarEvent, bare: set[str]) -> str:
    # Text of several lines is always a string.
    if not event.implicit[0] or "\n" in event.value:
        return str(event.value)
    bare.add(event.value)
    return _Bare(event.value)


def _read(written: Any, bare: dict[str, Any]) -> Any:
    if isinstance(written, _Bare):
        return bare[written]
    if isinstance(written, _Pairs):
        pairs = zip(written[::2], written[1::2], strict=True)
        return {_key(key, bare): _read(value, bare) for key, value in pairs}
    return [_read(each, bare) for each in written] if isinstance(written, list) else written


def _key(written: Any, bare: dict[str, Any]) -> str:
    key = _read(written, bare)
    if not isinstance(key, str) or (isinstance(written, _Bare) and written == _MERGE):
        raise OnlyForOpaError
    return key
