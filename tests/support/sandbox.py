"""A sandbox like Lambda's: a user without privileges, and a read-only file system except for its own /tmp."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

INSIDE = Path("/mnt")
"""The parent of a sandbox's folders, inside the sandbox."""

PYTHON = Path(sys.base_prefix) / "bin" / Path(os.path.realpath(sys.executable)).name
"""The Python in a sandbox: the virtual environment may be in a folder that a sandbox can't see, such as /tmp."""

_USER = 993
_SCRIPT = """
set -eu
mount -t tmpfs -o mode=755 tmpfs /mnt
while [ "$1" != -- ]; do
  mkdir "/mnt/$1"
  mount --bind "$2" "/mnt/$1"
  mount -o remount,bind,ro "/mnt/$1"
  shift 2
done
shift
python="$1" closed="$2" tmp="$3"
shift 3
if [ -n "$closed" ]; then
  mkdir /mnt/.python
  mount --bind "$python" /mnt/.python
  mount -t tmpfs -o mode=755 tmpfs "$closed"
  mkdir -p "$python"
  mount --bind /mnt/.python "$python"
  mount -o remount,bind,ro "$python"
fi
mount -t tmpfs -o "mode=1777,size=16m,$tmp" tmpfs /tmp
mount -o remount,bind,ro /
cd "$1"
shift
exec setpriv --reuid=%d --regid=%d --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all -- "$@"
""" % (_USER, _USER)  # noqa: UP031 - braces are the shell's


@dataclass(frozen=True)
class Sandbox:
    """A mount namespace; `tmp` are the mount options of its /tmp, which has 16 MB."""

    tmp: str = "rw"

    def prefix(self, folders: Mapping[str, Path], cwd: str) -> Sequence[str]:
        """Return the prefix of a command that runs in the folder named `cwd` and sees each folder, read-only, as /mnt/NAME."""
        python = Path(sys.base_prefix)
        mounts = [word for name, folder in folders.items() for word in (name, str(folder))]
        place = ["--", str(python), str(_closed(python) or ""), self.tmp, str(INSIDE / cwd)]
        return ["unshare", "--mount", "sh", "-c", _SCRIPT, "sandbox", *mounts, *place]


@cache
def unavailable() -> str | None:
    """Return why this machine can't create a sandbox; None if it can."""
    if os.geteuid() != 0:
        return "it takes root to mount a read-only file system"
    missing = [program for program in ("unshare", "setpriv", "mount") if shutil.which(program) is None]
    if missing:
        return f"{', '.join(missing)} of util-linux isn't installed"
    trial = [*Sandbox().prefix({"task": Path("/")}, "task"), str(PYTHON), "-c", "import ssl"]
    tried = subprocess.run(trial, capture_output=True, text=True, check=False)
    return f"a mount namespace can't be made here: {tried.stderr.strip()[-200:]}" if tried.returncode else None


def _closed(path: Path) -> Path | None:
    """Return the first parent folder of the path that other users can't traverse."""
    way = [*reversed(path.parents), path]
    return next((folder for folder in way if not folder.stat().st_mode & 0o001), None)
