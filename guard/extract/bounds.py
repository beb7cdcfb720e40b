"""How much of what a job's owner may write a document holds: the work of a decision is bounded by us.

The API limits each list and each map, but a model has many containers and a package many more: 20 MB of settings, 3,600
images and 50,000 places in all. OPA needs about 0.1 processor seconds and 20 MB of memory for each MB, and ten times as
long where the owner writes what rules search for.
"""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import accumulate
from typing import Any

from guard.document import Image, Setting
from guard.extract.facts import Facts

# Of settings and command, whose words are all there. All settings that a training job may have where each character is a byte,
# 100 hyperparameters and 100 variables at their greatest lengths, are 390 KB with their frames; honest jobs have a few KB. What a
# rule searches for can stand in each of some ten bytes.
SETTINGS_BYTES = 420_000
# Fifteen containers, or ten definitions of a tuning job with twenty channels each, are an honest job's.
ENTRIES = 200
# What a setting takes in a document beside its texts.
_FRAME = len('{"slot":"","name":"","value":""},')

Settings = tuple[Setting, ...]


def bounded(first: Settings, second: Settings, most: int) -> tuple[Settings, Settings]:
    """Return of both the settings that a document holds: all if they fit into so many bytes, else without the longest.

    So nothing of usual length is pushed out by what stands before it. The order stays.
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
    """Return the facts with so many entries of each list at most, the first ones, and how many others there are.

    Of images each comes before any comes twice: padding with one image pushes no other out.
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
