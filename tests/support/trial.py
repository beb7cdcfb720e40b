"""A shorter trial of policies, for tests that don't need all findings of the complete one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from guard.authoring.samples import complete
from guard.authoring.trial.variations import HOSTILE_TEXTS

KINDS = ("training", "labeling", "transform")


@contextmanager
def short_trial() -> Iterator[None]:
    """Within this context, the trial uses documents of three job kinds with one hostile text, a sixth of all documents."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("guard.authoring.trial.run.complete_of_each_kind", lambda: [complete(kind) for kind in KINDS])
        patch.setattr("guard.authoring.trial.variations.HOSTILE_TEXTS", HOSTILE_TEXTS[:1])
        yield
