"""opa-python-client's synchronous client, without the asynchronous one.

The package `opa_client` imports both, and aiohttp with the second: a tenth of a second of each cold start and 10 MB of the
deployment package, for a client that the guard doesn't use. The module of the synchronous client doesn't need aiohttp.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import Any

PACKAGE = "opa_client"


def client_class() -> Any:
    """Return `opa_client.opa.OpaClient`.

    Code that imports `opa_client` itself, before or after this, gets the whole package and the same class.
    """
    if PACKAGE in sys.modules:
        return importlib.import_module(f"{PACKAGE}.opa").OpaClient
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None:
        raise ModuleNotFoundError(f"opa-python-client is not installed: there is no {PACKAGE}", name=PACKAGE)
    # The package as Python creates it before running its `__init__`: it only has the path of its modules.
    sys.modules[PACKAGE] = importlib.util.module_from_spec(spec)
    try:
        return importlib.import_module(f"{PACKAGE}.opa").OpaClient
    finally:
        del sys.modules[PACKAGE]
