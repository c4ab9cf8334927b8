"""Files that several processes write: one at a time, and each file there whole or not at all."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FileStamp = tuple[int, int, int]


def read_stamp(path: Path | None) -> FileStamp | None:
    """What changes when a file does; None where there is none."""
    try:
        known = path.stat() if path is not None else None
    except OSError:
        return None
    return None if known is None else (known.st_mtime_ns, known.st_size, known.st_ino)


@contextmanager
def lock_file(path: Path) -> Iterator[None]:
    """Hold the lock of a file, made where it is missing; waits for whoever holds it."""
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)  # at once, also where a process forked meanwhile has the file open


def write_atomically(path: Path, content: bytes, mode: int) -> None:
    """Put content in place of a file at once, by way of a new file that takes no other one's name."""
    fresh = path.with_name(f"{path.name}.{os.urandom(8).hex()}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            fresh.replace(path)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise
