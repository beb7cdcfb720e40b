"""Build the Lambda functions' deployment package: `python tools/package.py --arch arm64 --opa OPA --bundle BUNDLE`.

`aws cloudformation package` uploads build/package/; build/sagemaker-guard-ARCH.zip has the same content for other ways to deploy.
The same inputs give the same bytes: times, order and permissions of the files don't depend on the machine. If a Python of
Lambda's version is available, the package contains bytecode, with which the imports of a cold start take a third of the time.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from tools import botocore_data, extra_files

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements" / "lambda.txt"
PYTHON_VERSION = "3.13"
# The runtime is based on Amazon Linux 2023, which has glibc 2.34.
MANYLINUX = ("manylinux_2_34", "manylinux_2_28", "manylinux_2_17", "manylinux2014")
OUR_PACKAGES = ("guard", "lambda_entry")
NOT_IN_LAMBDA = (Path("guard/cli"), Path("guard/authoring"), Path("guard/operations"))
BOTOCORE_DATA = {
    *botocore_data.OPERATIONS,
    "_retry.json",
    "endpoints.json",
    "partitions.json",
    "sdk-default-configuration.json",
}
# Locked requirements of opa-python-client's asynchronous client, which guard/opa/synchronous.py doesn't import.
NOT_SHIPPED = {
    "aiofiles",
    "aiohappyeyeballs",
    "aiohttp",
    "aiosignal",
    "attrs",
    "frozenlist",
    "multidict",
    "propcache",
    "yarl",
}
# Parts of the libraries that the functions don't import; a test imports the functions from the finished package.
UNUSED = (
    "aws_lambda_powertools/event_handler",
    "aws_lambda_powertools/utilities/[!_ij]*",  # all but its own __init__.py, idempotency and jmespath_utils
    "boto3/data/*",
    "boto3/examples",
    "botocore/cacert.pem",  # certifi's certificates are used
    "dateutil/zoneinfo/*.tar.gz",
    "pydantic/v1",
)
# Prefixes of botocore's complete models and their companions, which the pruned models replace.
PRUNED_MODEL = ("service-2.", "paginators-", "waiters-", "examples-")
MEGABYTE = 1024 * 1024
ZIP_LIMIT = 50 * MEGABYTE
UNPACKED_LIMIT = 250 * MEGABYTE
# The earliest day that a zip file can hold in every time zone.
STAMP = (1980, 1, 2, 0, 0, 0)
STAMP_SECONDS = 315619200


@dataclass(frozen=True)
class Architecture:
    """One processor architecture, in the spellings of Lambda, of Python wheels and of ELF headers."""

    name: str
    wheel: str
    elf_machine: int


ARCHITECTURES = {
    "arm64": Architecture("arm64", "aarch64", 0xB7),
    "x86_64": Architecture("x86_64", "x86_64", 0x3E),
}


class PackageError(Exception):
    """The package can't be built from the given inputs."""


def build(architecture: Architecture, opa: Path, bundle: Path, target: Path, python: str, extra: Path | None) -> Path:
    """Build the package folder and its zip file; return the path of the zip file."""
    check_inputs(architecture, opa, bundle)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    install_requirements(architecture, target)
    prune(target)
    copy_ours(target)
    if not compile_all(target, python):
        named = python or f"Python {PYTHON_VERSION}"
        print(
            f"{named} isn't available, so the package has no bytecode: the imports of a cold start take three times as long",
            file=sys.stderr,
        )
    (target / "bin").mkdir()
    shutil.copyfile(opa, target / "bin" / "opa")
    shutil.copyfile(bundle, target / "bundle.tar.gz")
    if extra is not None:
        extra_files.add(extra, target)
    normalize(target)
    archive = target.parent / f"sagemaker-guard-{architecture.name}.zip"
    write_zip(target, archive)
    return archive


def check_inputs(architecture: Architecture, opa: Path, bundle: Path) -> None:
    """Reject inputs that would only fail in Lambda: a missing bundle, or an OPA for another architecture."""
    for path, remedy in ((opa, "make package builds it"), (bundle, "make bundle builds it")):
        if not path.is_file():
            raise PackageError(f"{path} doesn't exist: {remedy}")
    with opa.open("rb") as program:
        header = program.read(20)
    if header[:4] != b"\x7fELF" or int.from_bytes(header[18:20], "little") != architecture.elf_machine:
        raise PackageError(f"{opa} is not a Linux program for {architecture.name}")


def install_requirements(architecture: Architecture, target: Path) -> None:
    """Install the locked wheels for Lambda's Python, which may be another version than the running one."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    command += ["--require-hashes", "--no-deps", "--only-binary=:all:", "--requirement", "/dev/stdin"]
    command += ["--implementation", "cp", "--python-version", PYTHON_VERSION, "--target", str(target)]
    command += [f"--platform={manylinux}_{architecture.wheel}" for manylinux in MANYLINUX]
    if subprocess.run(command, input=shipped(REQUIREMENTS.read_text()), text=True, check=False).returncode:
        raise PackageError("pip could not install the locked requirements")


def shipped(locked: str) -> str:
    """Return the locked requirements without those in NOT_SHIPPED."""
    parts = re.split(r"^(?=[a-z0-9])", locked, flags=re.MULTILINE)
    names = [part.partition("==")[0] for part in parts]
    if missing := NOT_SHIPPED - set(names):
        raise PackageError(
            f"NOT_SHIPPED in tools/package.py lists {', '.join(sorted(missing))}, which is no longer a requirement: remove it"
        )
    return "".join(part for name, part in zip(names, parts, strict=True) if name not in NOT_SHIPPED)


def prune(target: Path) -> None:
    """Remove what the functions never read: other API models and operations, unused modules, tests, scripts and pip's records.

    The METADATA of each distribution stays, because vulnerability scanners identify the package's libraries by it.
    """
    prune_data(target / "botocore" / "data")
    unneeded = [target / "bin", *_unused(target)]
    unneeded += [path for path in target.glob("*.dist-info/*") if path.name != "METADATA"]
    unneeded += [path for name in ("__pycache__", "test", "tests") for path in target.rglob(name) if path.is_dir()]
    _remove(unneeded)


def prune_data(data: Path) -> None:
    """Reduce botocore's data to what the guard's calls need."""
    missing = BOTOCORE_DATA - {path.name for path in data.iterdir()}
    if missing:
        raise PackageError(f"botocore no longer has {', '.join(sorted(missing))}")
    models = botocore_data.write(data)
    whole = [path for model in models for path in model.parent.glob("*") if path.name.startswith(PRUNED_MODEL)]
    others = [path for path in data.iterdir() if path.name not in BOTOCORE_DATA]
    _remove([*others, *(path for path in whole if path not in models)])


def _remove(paths: list[Path]) -> None:
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _unused(target: Path) -> list[Path]:
    found = {pattern: list(target.glob(pattern)) for pattern in UNUSED}
    if missing := [pattern for pattern, paths in found.items() if not paths]:
        raise PackageError(f"UNUSED in tools/package.py has patterns that match nothing: {', '.join(missing)}")
    return [path for paths in found.values() for path in paths]


def copy_ours(target: Path) -> None:
    """Copy the guard without its command line and its authoring tools."""
    left_out = {ROOT / path for path in NOT_IN_LAMBDA}

    def ignored(folder: str, names: list[str]) -> set[str]:
        return {name for name in names if name == "__pycache__" or Path(folder, name) in left_out}

    for package in OUR_PACKAGES:
        shutil.copytree(ROOT / package, target / package, ignore=ignored)


def compile_all(target: Path, python: str) -> bool:
    """Add bytecode with a Python of Lambda's version, and return whether that succeeded.

    The bytecode isn't checked against the source's time or hash: it always matches the source here, and unpacking changes times.
    """
    version = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        printed = subprocess.run([python, "-c", version], capture_output=True, text=True, check=False).stdout
    except OSError:
        return False
    if printed.strip() != PYTHON_VERSION:
        return False
    command = [python, "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    return subprocess.run([*command, "-s", str(target), "-p", "/var/task", str(target)], check=False).returncode == 0


def normalize(target: Path) -> None:
    """Give every file the same time, and permissions for Lambda's user that don't depend on who built the package."""
    for path in [target, *target.rglob("*")]:
        runs = path.is_dir() or path == target / "bin" / "opa"
        path.chmod(0o755 if runs else 0o644)
        os.utime(path, (STAMP_SECONDS, STAMP_SECONDS))


def files(target: Path) -> list[Path]:
    """Return all files of the package, sorted by path."""
    return sorted(path for path in target.rglob("*") if path.is_file())


def write_zip(target: Path, archive: Path) -> None:
    """Write the zip file."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as zipped:
        for path in files(target):
            entry = zipfile.ZipInfo(path.relative_to(target).as_posix(), STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = (0o100000 | path.stat().st_mode & 0o777) << 16
            zipped.writestr(entry, path.read_bytes())


def sizes(archive: Path) -> dict[str, tuple[int, int]]:
    """Return unpacked and packed bytes by top-level name, the largest first."""
    totals: defaultdict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    with zipfile.ZipFile(archive) as zipped:
        for entry in zipped.infolist():
            name = entry.filename.split("/")[0]
            unpacked, packed = totals[name]
            totals[name] = (unpacked + entry.file_size, packed + entry.compress_size)
    return dict(sorted(totals.items(), key=lambda item: -item[1][0]))


def report(archive: Path) -> None:
    """Print the sizes. Raises PackageError if they exceed Lambda's limits."""
    rows = sizes(archive)
    unpacked, packed = sum(row[0] for row in rows.values()), archive.stat().st_size
    shown = list(rows.items())[:12]
    rest = list(rows.values())[12:]
    shown.append((f"{len(rest)} smaller ones", (sum(row[0] for row in rest), sum(row[1] for row in rest))))
    print(f"{archive.relative_to(ROOT) if archive.is_relative_to(ROOT) else archive}, in MiB: unpacked, packed")
    for name, (row_unpacked, row_packed) in [*shown, ("all", (unpacked, packed))]:
        print(f"  {name:<28}{row_unpacked / MEGABYTE:>9.2f}{row_packed / MEGABYTE:>9.2f}")
    if packed > ZIP_LIMIT or unpacked > UNPACKED_LIMIT:
        raise PackageError(
            f"the package is too large: Lambda accepts {ZIP_LIMIT // MEGABYTE} MiB packed and "
            f"{UNPACKED_LIMIT // MEGABYTE} MiB unpacked"
        )


def command_line() -> argparse.ArgumentParser:
    """Return the parser of the arguments."""
    parser = argparse.ArgumentParser(description="Builds the Lambda's deployment package.")
    parser.add_argument("--arch", choices=sorted(ARCHITECTURES), default="arm64")
    parser.add_argument("--opa", type=Path, required=True, help="the OPA binary for that architecture")
    parser.add_argument("--bundle", type=Path, required=True, help="the policy bundle")
    parser.add_argument("--target", type=Path, default=ROOT / "build" / "package", help="the package folder")
    parser.add_argument(
        "--python", default=f"python{PYTHON_VERSION}", help="a Python of Lambda's version; empty if there is none"
    )
    parser.add_argument("--extra", type=Path, help="a folder whose files are added to the package")
    return parser


def main() -> int:
    """Build the package and print its sizes."""
    arguments = command_line().parse_args()
    architecture = ARCHITECTURES[arguments.arch]
    try:
        inputs = (arguments.opa, arguments.bundle, arguments.target, arguments.python, arguments.extra)
        report(build(architecture, *inputs))
    except (PackageError, extra_files.ExtraError) as exc:
        print(exc, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
