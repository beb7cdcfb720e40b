"""opa-python-client's synchronous client, without the asynchronous one.

The package `opa_client` imports both, and aiohttp with the second: a tenth of a second of each cold start, 10 MB of the
deployment package, for a client that the guard has no use for. The module that is needed imports nothing of it.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import Any

PACKAGE = "opa_client"


def client_class() -> Any:
    """Return `opa_client.opa.OpaClient`.

    Whoever imports `opa_client` itself, before or after this, gets the whole of it and the same class.
    """
    if PACKAGE in sys.modules:
        return importlib.import_module(f"{PACKAGE}.opa").OpaClient
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None:
        raise ModuleNotFoundError(f"opa-python-client is not installed: there is no {PACKAGE}", name=PACKAGE)
    # The package as Python makes it before it runs the package's own code: it only knows where its modules are.
    sys.modules[PACKAGE] = importlib.util.module_from_spec(spec)
    try:
        return importlib.import_module(f"{PACKAGE}.opa").OpaClient
    finally:
        del sys.modules[PACKAGE]
