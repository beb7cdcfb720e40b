"""The packaging tool rejects inputs that would only fail in Lambda, and gives the same bytes every time."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import zipfile
from pathlib import Path

import pytest
from botocore.loaders import Loader

from tools.botocore_data import OPERATIONS
from tools.extra_files import ExtraError, add
from tools.package import (
    ARCHITECTURES,
    BOTOCORE_DATA,
    NOT_SHIPPED,
    REQUIREMENTS,
    UNUSED,
    PackageError,
    check_inputs,
    compile_all,
    copy_ours,
    files,
    normalize,
    prune,
    report,
    shipped,
    write_zip,
)

FOLDERS = set(OPERATIONS)
POWERTOOLS = "aws_lambda_powertools/utilities/"


def write(path: Path, content: bytes = b"") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def program(path: Path, machine: int) -> Path:
    return write(path, b"\x7fELF".ljust(18, b"\0") + machine.to_bytes(2, "little"))


def botocore(folder: Path) -> Path:
    for name in BOTOCORE_DATA:
        write(
            folder / "botocore" / "data" / name / "model.json.gz"
            if name in FOLDERS
            else folder / "botocore/data" / name
        )
    return folder


def libraries(folder: Path) -> Path:
    """A package as the wheels leave it, with data and modules that are needed and others."""
    for pattern in UNUSED:
        write(folder / pattern.replace("[!_ij]*", "parser").replace("*", "x") / "module.py")
    return botocore(folder)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_an_opa_for_the_architecture_is_accepted(tmp_path: Path, name: str) -> None:
    architecture = ARCHITECTURES[name]
    check_inputs(architecture, program(tmp_path / "opa", architecture.elf_machine), write(tmp_path / "bundle"))


@pytest.mark.parametrize(
    "content", [b"", b"#!/bin/sh\n", b"\x7fELF".ljust(18, b"\0") + b"\x3e\0"], ids=["empty", "script", "x86"]
)
def test_an_opa_that_cannot_run_in_lambda_is_rejected(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(PackageError, match="is not a Linux program for arm64"):
        check_inputs(ARCHITECTURES["arm64"], write(tmp_path / "opa", content), write(tmp_path / "bundle"))


@pytest.mark.parametrize("missing", ["opa", "bundle"])
def test_the_error_of_a_missing_input_says_how_to_build_it(tmp_path: Path, missing: str) -> None:
    paths = {"opa": program(tmp_path / "opa", 0xB7), "bundle": write(tmp_path / "bundle")}
    paths[missing].unlink()
    with pytest.raises(PackageError, match=f"{missing} doesn't exist: make .* builds it"):
        check_inputs(ARCHITECTURES["arm64"], **paths)


def test_files_that_the_functions_never_read_are_pruned(tmp_path: Path) -> None:
    kept = {path for path in botocore(tmp_path).rglob("*") if path.is_file()}
    kept |= {
        write(tmp_path / path)
        for path in (
            "x/testing.py",
            "x-1.dist-info/METADATA",
            POWERTOOLS + "jmespath.py",
            POWERTOOLS + "idempotency.py",
        )
    }
    libraries(tmp_path)
    kept |= {
        tmp_path / f"botocore/data/{service}/{Loader().determine_latest_version(service, 'service-2')}/service-2.json"
        for service in OPERATIONS
    }
    for path in (
        "botocore/data/ec2/m.gz",
        "botocore/data/sagemaker/2017-07-24/service-2.json.gz",
        "x/tests/t.py",
        "x/__pycache__/x.pyc",
        "bin/jp.py",
        "x-1.dist-info/RECORD",
        "x-1.dist-info/licenses/LICENSE",
    ):
        write(tmp_path / path)
    prune(tmp_path)
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == kept


def test_a_botocore_without_a_needed_file_is_an_error(tmp_path: Path) -> None:
    (botocore(tmp_path) / "botocore/data/endpoints.json").unlink()
    with pytest.raises(PackageError, match=r"endpoints\.json"):
        prune(tmp_path)


@pytest.mark.parametrize("pattern", UNUSED)
def test_a_pattern_of_unused_that_matches_nothing_is_an_error(tmp_path: Path, pattern: str) -> None:
    """The list must not have stale entries."""
    libraries(tmp_path)
    for path in tmp_path.glob(pattern):
        shutil.rmtree(path)
    with pytest.raises(PackageError, match="has patterns that match nothing: "):
        prune(tmp_path)


def test_the_asynchronous_client_of_opa_is_not_installed() -> None:
    locked = REQUIREMENTS.read_text()
    left = [line.partition("==")[0] for line in shipped(locked).splitlines() if "==" in line]
    every = [line.partition("==")[0] for line in locked.splitlines() if "==" in line]
    assert sorted({*every} - {*left}) == sorted(NOT_SHIPPED)
    assert "opa-python-client" in left


def test_a_stale_entry_of_not_shipped_is_an_error() -> None:
    with pytest.raises(PackageError, match="aiohttp"):
        shipped("requests==2.0 \\\n    --hash=sha256:00\n")


def test_requirements_keep_their_hashes() -> None:
    locked = "".join(f"{name}==1 \\\n    --hash=sha256:{name}\n" for name in [*sorted(NOT_SHIPPED), "requests"])
    assert shipped(locked) == "requests==1 \\\n    --hash=sha256:requests\n"


def test_the_package_has_no_command_line_and_no_authoring_tools(tmp_path: Path) -> None:
    copy_ours(tmp_path)
    assert (tmp_path / "guard" / "pipeline.py").exists()
    assert (tmp_path / "lambda_entry" / "handler.py").exists()
    left_out = {"cli", "authoring", "__pycache__"}
    assert [path for path in tmp_path.rglob("*") if path.name in left_out] == []


def test_bytecode_is_unchecked_and_has_the_path_in_lambda(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.package.PYTHON_VERSION", "{}.{}".format(*sys.version_info))
    source = write(tmp_path / "module.py", b"def f(): ...\n")
    assert compile_all(tmp_path, sys.executable)
    bytecode = Path(importlib.util.cache_from_source(str(source))).read_bytes()
    unchecked_hash = 0b01
    assert bytecode[4:8] == unchecked_hash.to_bytes(4, "little")
    assert b"/var/task/module.py" in bytecode
    assert str(tmp_path).encode() not in bytecode


@pytest.mark.parametrize("python", ["", "no-such-python", "/bin/false"])
def test_without_lambdas_python_no_bytecode_is_made(tmp_path: Path, python: str) -> None:
    write(tmp_path / "module.py")
    assert not compile_all(tmp_path, python)
    assert not (tmp_path / "__pycache__").exists()


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    archives = []
    for number, names in enumerate([("bin/opa", "a.py", "b/c.py"), ("b/c.py", "bin/opa", "a.py")]):
        folder = tmp_path / str(number)
        for name in names:
            write(folder / name, name.encode()).chmod(0o600 + number)
        normalize(folder)
        archives.append(tmp_path / f"{number}.zip")
        write_zip(folder, archives[-1])
    assert archives[0].read_bytes() == archives[1].read_bytes()


def test_only_opa_is_executable(tmp_path: Path) -> None:
    write(tmp_path / "p" / "bin" / "opa")
    write(tmp_path / "p" / "a.py").chmod(0o777)
    normalize(tmp_path / "p")
    write_zip(tmp_path / "p", tmp_path / "z.zip")
    with zipfile.ZipFile(tmp_path / "z.zip") as zipped:
        rights = {entry.filename: oct(entry.external_attr >> 16) for entry in zipped.infolist()}
    assert rights == {"a.py": "0o100644", "bin/opa": "0o100755"}


@pytest.fixture
def extra(tmp_path: Path) -> Path:
    """A folder with a file to add."""
    return write(tmp_path / "extra" / "certs" / "ca.pem", b"a certificate").parent.parent


def test_files_are_added_at_their_own_paths(extra: Path, tmp_path: Path) -> None:
    write(tmp_path / "p" / "certs" / "others.pem")
    add(extra, tmp_path / "p")
    assert (tmp_path / "p" / "certs" / "ca.pem").read_bytes() == b"a certificate"
    assert [path.name for path in files(tmp_path / "p")] == ["ca.pem", "others.pem"]


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        pytest.param(".DS_Store", "the stack's parameters don't accept its name", id="hidden"),
        pytest.param("my certs/ca.pem", "the stack's parameters don't accept its name", id="a space"),
        pytest.param("json.py", "it is code", id="a module"),
        pytest.param("guard/errors.pem", "has a file or folder of that name", id="in place of a file"),
        pytest.param("guard", "has a file or folder of that name", id="in place of a folder"),
        pytest.param("guard/errors.pem/ca", "has a file or folder of that name", id="below a file"),
    ],
)
def test_an_invalid_extra_file_is_rejected(extra: Path, tmp_path: Path, path: str, problem: str) -> None:
    write(tmp_path / "p" / "guard" / "errors.pem")
    write(extra / path)
    with pytest.raises(ExtraError, match=problem):
        add(extra, tmp_path / "p")
    assert not (tmp_path / "p" / "certs").exists()


def test_a_link_is_rejected(extra: Path, tmp_path: Path) -> None:
    (extra / "link.pem").symlink_to(extra / "certs" / "ca.pem")
    with pytest.raises(ExtraError, match="a link or a special file"):
        add(extra, tmp_path / "p")


@pytest.mark.parametrize(("folder", "problem"), [("nowhere", "nowhere doesn't exist"), ("empty", "has no files")])
def test_a_folder_without_files_is_rejected(tmp_path: Path, folder: str, problem: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ExtraError, match=problem):
        add(tmp_path / folder, tmp_path / "p")


def test_the_sizes_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "p" / "large" / "file", b"0" * 3 * 1024 * 1024)
    write_zip(tmp_path / "p", tmp_path / "z.zip")
    report(tmp_path / "z.zip")
    assert [line.split()[:2] for line in capsys.readouterr().out.splitlines() if "large" in line] == [["large", "3.00"]]


def test_a_package_beyond_lambdas_limits_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.package.UNPACKED_LIMIT", 1024 * 1024)
    write(tmp_path / "p" / "file", b"0" * 2 * 1024 * 1024)
    write_zip(tmp_path / "p", tmp_path / "z.zip")
    with pytest.raises(PackageError, match="1 MiB unpacked"):
        report(tmp_path / "z.zip")
