"""Files that are whole at any moment: replaced in one step, and stray parts of killed processes swept away. Knows no document."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from pathlib import Path

SUFFIX = ".chainrule"  # of a project file


def replace(path: Path, data: bytes) -> None:
    """Makes `data` the content of `path`: after a crash it is the old file or the new one, never a part. OSError when the disk refuses.

    A link stays one, its target is written; the file keeps its rights, and one that is write-protected stays as it is.
    """
    path = Path(os.path.realpath(path))
    old = path.exists()
    if old and not os.access(path, os.W_OK):  # the folder would allow to replace it
        raise PermissionError(errno.EACCES, "The file is write-protected", str(path))
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(temporary, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if old:
            shutil.copymode(path, temporary)
        os.replace(temporary, path)
        sync_folder(path.parent)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Makes a rename in `folder` durable where the system has handles of folders; Windows has none and needs none."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(folder: Path, suffix: str) -> None:
    """Removes the parts that killed processes left of files with this suffix in `folder`."""
    for stray in folder.glob(f".*{suffix}.*.part"):
        with contextlib.suppress(OSError, ValueError):
            pid = int(stray.name.rsplit(".", 2)[1])
            if pid != os.getpid() and not alive(pid):
                stray.unlink()


def alive(pid: int) -> bool:
    """Whether a process with this id runs (Windows: assumed to, since a signal would end it)."""
    if os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
