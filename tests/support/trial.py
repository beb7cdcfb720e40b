"""A shorter trial of policies, for where it isn't the question what the whole one finds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from guard.authoring.samples import complete
from guard.authoring.trial.variations import HOSTILE_TEXTS

KINDS = ("training", "labeling", "transform")


@contextmanager
def short_trial() -> Iterator[None]:
    """Meanwhile, try policies on documents of three job kinds and with one hostile text: on a sixth of all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("guard.authoring.trial.run.complete_of_each_kind", lambda: [complete(kind) for kind in KINDS])
        patch.setattr("guard.authoring.trial.variations.HOSTILE_TEXTS", HOSTILE_TEXTS[:1])
        yield
