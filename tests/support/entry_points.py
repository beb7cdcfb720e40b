"""Import an entry point as Lambda does: with the function's environment, the built bundle and the real OPA."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import botocore.session
import pytest

from tests.support.jobs import REGION
from tests.support.shipped_model import shipped_session

Import = Callable[..., ModuleType]


@contextmanager
def entry_point(name: str, opa: Path, bundle: Path, service: str) -> Iterator[Import]:
    """Yield a function that imports the module with given settings, and can be called several times; stop each OPA at the end."""
    imported: list[ModuleType] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_REGION", REGION)
        patch.setattr(botocore.session, "get_session", shipped_session)
        # Otherwise loggers of the same name would keep the standard output of the first test.
        patch.setenv("POWERTOOLS_SERVICE_NAME", service)

        def load(**settings: str) -> ModuleType:
            _forget()
            for variable, value in {"GUARD_OPA_PATH": str(opa), "GUARD_BUNDLE_PATH": str(bundle), **settings}.items():
                patch.setenv(variable, value)
            imported.append(importlib.import_module(name))
            return imported[-1]

        yield load
        gc.enable()
        for module in imported:
            module.ENGINE.close()
        _forget()


def _forget() -> None:
    for name in [name for name in sys.modules if name.startswith("lambda_entry")]:
        del sys.modules[name]
