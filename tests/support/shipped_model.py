"""SageMaker clients that know what the deployment package knows: botocore's data as the packager leaves it."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
import botocore
from botocore.loaders import Loader
from botocore.session import Session

from tests.support.jobs import client
from tools.package import BOTOCORE_DATA, prune_data

# Deleted when Python ends.
_FOLDER = TemporaryDirectory()


@cache
def shipped_data() -> Path:
    """The folder of botocore's data, pruned by the packager itself."""
    target, source = Path(_FOLDER.name), Path(botocore.__file__).parent / "data"
    data = target / "botocore" / "data"
    data.mkdir(parents=True)
    for name in BOTOCORE_DATA:
        copy = shutil.copytree if (source / name).is_dir() else shutil.copy
        copy(source / name, data / name)
    prune_data(data)
    return data


def shipped_session() -> Session:
    """Return botocore's session, whose clients find this data and no other."""
    session = Session()
    loader = Loader(extra_search_paths=[str(shipped_data())], include_default_search_paths=False)
    session.register_component("data_loader", loader)
    return session


def shipped_client(attempts: int = 1, **arguments: Any) -> Any:
    """Return a client as the guard has it in Lambda, but with this number of attempts at a call."""
    return client(attempts, session=boto3.Session(botocore_session=shipped_session()), **arguments)
