"""The settings that a decision is made with here."""

from __future__ import annotations

from pathlib import Path

from guard.cli.evaluate import Evaluator
from guard.settings import ENVIRONMENT_LIMIT_BYTES

LISTS = "GUARD_TRAINING_CONTAINERS"


def test_what_names_the_opa_of_this_machine_takes_no_room_from_the_functions_lists(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.tar.gz"
    bundle.touch()
    environment = {LISTS: "a" * (ENVIRONMENT_LIMIT_BYTES - len(LISTS)), "GUARD_OPA_PATH": "/somewhere/else/opa"}
    with Evaluator(bundle, opa=Path("opa"), environment=environment):
        pass
