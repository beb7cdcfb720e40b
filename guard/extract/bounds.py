"""How much of what a job's owner may write a document holds: the work of a decision is bounded by us.

The API limits each map of hyperparameters or variables, but a model has many containers and a package many more: 20 MB of
text in all. OPA needs about 0.1 processor seconds and 20 MB of memory for each of them, and ten times as long where the
owner writes what rules search for.
"""

from __future__ import annotations

from itertools import accumulate

from guard.document import Setting

# All that a training job may have where each character is a byte, 100 hyperparameters and 100 variables at their greatest
# lengths, is 400 KB; honest jobs have a few KB. What a rule searches for can stand in each of some ten bytes.
SETTINGS_BYTES = 500_000
# What a setting takes in a document beside its texts.
_FRAME = len('{"slot":"","name":"","value":""},')

Settings = tuple[Setting, ...]


def bounded(first: Settings, second: Settings, most: int = SETTINGS_BYTES) -> tuple[Settings, Settings]:
    """Return of both the settings that a document holds: all if they fit into so many bytes, else without the longest.

    So nothing of usual length is pushed out by what stands before it. The order stays.
    """
    settings = first + second
    sizes = [_FRAME + len(f"{one.slot}{one.name}{one.value}".encode()) for one in settings]
    if sum(sizes) <= most:
        return first, second
    shortest = sorted(range(len(settings)), key=sizes.__getitem__)
    fitting = sum(total <= most for total in accumulate(sizes[number] for number in shortest))
    kept = sorted(shortest[:fitting])
    return (
        tuple(settings[number] for number in kept if number < len(first)),
        tuple(settings[number] for number in kept if number >= len(first)),
    )
