"""Files that several processes write: one process at a time, and each file is replaced as a whole."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FileStamp = tuple[int, int, int]
"""Time of the last change, size and number of a file: at least one of them differs after the file was replaced."""


def read_stamp(path: Path | None) -> FileStamp | None:
    """Return the stamp of a file; None where there is no file."""
    try:
        status = path.stat() if path is not None else None
    except OSError:
        return None
    return None if status is None else (status.st_mtime_ns, status.st_size, status.st_ino)


@contextmanager
def lock_file(path: Path) -> Iterator[None]:
    """Hold the lock that this file stands for; wait while another process or thread holds it.

    The file is created where it is missing, and stays. OSError where it cannot be created.
    """
    from filelock import FileLock  # noqa: PLC0415  # few commands lock anything, and the import takes long

    if not path.parent.is_dir():  # FileLock would create it, as for a slip in the name of a file of keys
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path.parent))
    with FileLock(path):
        yield


def write_atomically(path: Path, content: bytes, mode: int) -> None:
    """Replace a file, or create it, so that readers see the old content or the new one and nothing between.

    `mode` are the permissions of the new file, as for `chmod`. OSError where it cannot be written; the old
    file is then unchanged.
    """
    # O_EXCL: the name is random, but if somebody has put a link there, nothing is written through it.
    temporary = path.with_name(f"{path.name}.{os.urandom(8).hex()}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            # Otherwise a power failure after the rename could leave an empty file under the final name.
            os.fsync(file.fileno())
        temporary.replace(path)  # after the file is closed: Windows does not rename one that is open
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
