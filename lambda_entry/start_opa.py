"""Starts the embedded OPA when imported, so that it boots while Python imports the rest of the guard.

Only modules that import quickly may be imported here. The handler takes over the process.
"""

from __future__ import annotations

import gc
import os
from pathlib import Path

from guard.opa.process import OpaProcess

PACKAGE_ROOT = Path(__file__).resolve().parent.parent


def start() -> OpaProcess:
    """Start OPA with the paths of the environment, or with those of the deployment package."""
    binary = Path(os.environ.get("GUARD_OPA_PATH") or PACKAGE_ROOT / "bin" / "opa")
    bundle = Path(os.environ.get("GUARD_BUNDLE_PATH") or PACKAGE_ROOT / "bundle.tar.gz")
    return OpaProcess(binary, bundle)


def imported() -> None:
    """Enable garbage collection, except for objects created by the imports, which live as long as the function."""
    gc.freeze()
    gc.enable()


# Imports create many objects but no garbage; collecting it would take a fifth of the cold start.
gc.disable()
PROCESS = None if os.environ.get("GUARD_OPA_URL") else start()
