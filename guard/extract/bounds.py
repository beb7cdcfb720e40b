"""Limits how much of an owner's input a document holds, and so the work of a decision.

The API limits each list and each map, but a model has many containers and a package many more: 20 MB of settings, 3,600
images and 50,000 storage locations in total. OPA needs about 0.1 processor seconds and 20 MB of memory per MB, and ten times
as long if the owner fills it with what rules search for.
"""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import accumulate
from typing import Any

from guard.document import Image, Setting
from guard.extract.facts import Facts

# The limit for settings and command together; the command is never cut. The maximum settings of a training job, 100
# hyperparameters and 100 variables of the greatest lengths, are 390 KB with their JSON if each character is one byte; normal jobs
# have a few KB. What a rule searches for may occur every ten bytes or so.
SETTINGS_BYTES = 420_000
# Enough for normal jobs: fifteen containers, or a tuning job of ten definitions with twenty channels each.
ENTRIES = 200
# The JSON of a setting without its values.
_FRAME = len('{"slot":"","name":"","value":""},')

Settings = tuple[Setting, ...]


def bounded(first: Settings, second: Settings, most: int) -> tuple[Settings, Settings]:
    """Return the settings of both lists that fit into `most` bytes, leaving out the longest ones; the order is kept.

    Leaving out the longest means that padding in front can't push out settings of normal length.
    """
    settings = first + second
    sizes = [_FRAME + len(f"{one.slot}{one.name}{one.value}".encode()) for one in settings]
    shortest = sorted(range(len(settings)), key=sizes.__getitem__)
    fitting = sum(total <= most for total in accumulate(sizes[number] for number in shortest))
    kept = sorted(shortest[:fitting])
    return (
        tuple(settings[number] for number in kept if number < len(first)),
        tuple(settings[number] for number in kept if number >= len(first)),
    )


_OTHERWISE_BOUNDED = {"hyperparameters", "environment", "unresolved"}


def bounded_lists(facts: Facts, most: int = ENTRIES) -> tuple[Facts, int]:
    """Return the facts with at most `most` entries in each list, and the number of entries left out.

    The first entries are kept. Among images, repeated ones are left out first, so that padding with one image can't push out
    others.
    """
    cut: dict[str, Any] = {}
    omitted = facts.unshown_entries
    for name in (field.name for field in fields(Facts) if field.name not in _OTHERWISE_BOUNDED):
        entries = getattr(facts, name)
        if isinstance(entries, tuple):
            cut[name] = _distinct_first(entries, most) if name == "images" else entries[:most]
            omitted += len(entries) - len(cut[name])
    return replace(facts, **cut), omitted


def _distinct_first(images: tuple[Image, ...], most: int) -> tuple[Image, ...]:
    first = {_identity(image): number for number, image in reversed(list(enumerate(images)))}
    order = sorted(range(len(images)), key=lambda number: (first[_identity(images[number])] != number, number))
    return tuple(images[number] for number in sorted(order[:most]))


def _identity(image: Image) -> tuple[str | None, str | None]:
    return image.raw, image.claimed_digest
