"""opa-python-client without aiohttp, which isn't in the deployment package; each program runs in its own Python process."""

from __future__ import annotations

import subprocess
import sys

import pytest

NONE_OF_AIOHTTP = "class None_:\n def find_spec(self, name, *_):\n  assert name.partition('.')[0] != 'aiohttp', name\n"
BEGIN = "import sys\n" + NONE_OF_AIOHTTP + "sys.meta_path.insert(0, None_())\n"
OURS = "from guard.opa.synchronous import client_class; ours = client_class()\n"
WHOLE = "import opa_client\n"
SAME = "assert ours is opa_client.OpaClient; assert opa_client.AsyncOpaClient"


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(BEGIN + OURS + "assert ours.__name__ == 'OpaClient'", id="without aiohttp"),
        pytest.param(OURS + WHOLE + SAME, id="the whole package afterwards"),
        pytest.param(WHOLE + OURS + SAME, id="the whole package before"),
        pytest.param(OURS + OURS.replace("ours =", "again =") + "assert again is ours", id="twice"),
        pytest.param(
            "import importlib.util as u; u.find_spec = lambda name: None\n"
            "from guard.opa.synchronous import client_class\n"
            "try: client_class()\nexcept ModuleNotFoundError as exc:\n"
            " assert ('not installed' in str(exc), exc.name) == (True, 'opa_client'), exc\n"
            "else: raise SystemExit('no error')",
            id="not installed",
        ),
    ],
)
def test_the_synchronous_client_does_not_need_aiohttp(program: str) -> None:
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
