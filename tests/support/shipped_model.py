"""SageMaker clients with the deployment package's data of botocore, pruned by the packager."""

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
    """Return a folder with botocore's data, pruned by the packager."""
    target, source = Path(_FOLDER.name), Path(botocore.__file__).parent / "data"
    data = target / "botocore" / "data"
    data.mkdir(parents=True)
    for name in BOTOCORE_DATA:
        copy = shutil.copytree if (source / name).is_dir() else shutil.copy
        copy(source / name, data / name)
    prune_data(data)
    return data


def shipped_session() -> Session:
    """Return a session of botocore whose clients only use this data."""
    session = Session()
    loader = Loader(extra_search_paths=[str(shipped_data())], include_default_search_paths=False)
    session.register_component("data_loader", loader)
    return session


def shipped_client(attempts: int = 1, **arguments: Any) -> Any:
    """Return a client like the guard's in Lambda, except for this number of attempts per call."""
    return client(attempts, session=boto3.Session(botocore_session=shipped_session()), **arguments)
