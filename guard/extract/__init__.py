"""Pure extractors: the description of a job, as SageMaker's Describe call gives it, to the facts of the document."""

from __future__ import annotations

from collections.abc import Callable

from guard.extract.facts import Facts
from guard.extract.processing import processing
from guard.extract.reading import Node
from guard.extract.resolve import Known
from guard.extract.training import training, tuning

EXTRACTORS: dict[str, Callable[[Node, str, Known], Facts]] = {
    "training": training,
    "processing": processing,
    "hyperparameter-tuning": tuning,
}


def extract(kind: str, description: Node, name: str, known: Known) -> Facts:
    """Return the facts of a job of this kind; `known` holds the descriptions of the resources that it names."""
    return EXTRACTORS[kind](description, name, known)
