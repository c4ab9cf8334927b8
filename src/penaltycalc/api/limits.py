"""What batches may take of one worker: how many there are at a time, and the space of their temporary files."""

from __future__ import annotations

import errno
import io
import os
import tempfile
from contextlib import suppress
from threading import Lock
from typing import Any, BinaryIO

from penaltycalc.api.problems import InsufficientStorage, Unavailable
from penaltycalc.settings import Settings


class BatchLimiter:
    """The room of one worker."""

    def __init__(self, settings: Settings) -> None:
        self._batches = settings.max_batches
        self._space = settings.max_temporary
        self._lock = Lock()  # workbooks are written in threads

    def enter(self) -> BatchSlot:
        """A place for one batch, until it is closed; Unavailable where all are taken."""
        with self._lock:
            if not self._batches:
                raise Unavailable(message="unavailable-batches")
            self._batches -= 1
        return BatchSlot(self)

    def take(self, size: int) -> None:
        """Take so many bytes of the space, or give some back; OSError, as of a full disk, where they are not there."""
        with self._lock:
            if size > self._space:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._space -= size

    def leave(self) -> None:
        """One batch is done."""
        with self._lock:
            self._batches += 1


class BatchSlot:
    """The place of one batch, with its temporary files; whoever has entered closes it."""

    def __init__(self, room: BatchLimiter) -> None:
        self._room = room
        self._files: list[BinaryIO] = []
        self._beside = 0
        self._open = True

    def file(self) -> BinaryIO:
        """A temporary file without a name, which takes its part of the space; closed with the place.

        InsufficientStorage where it cannot be made.
        """
        try:
            file = io.BufferedRandom(_File(self._room))
        except OSError:
            raise InsufficientStorage from None
        self._files.append(file)
        return file

    def beside(self, size: int) -> None:
        """Others hold so many bytes of temporary files for this batch; OSError where there is no space for them."""
        self._room.take(size - self._beside)
        self._beside = size

    def close(self) -> None:
        """Close the files and give everything back, once."""
        if self._open:
            self._open = False
            for file in self._files:
                with suppress(OSError):  # what is still to be written may find no room
                    file.close()
            self._room.take(-self._beside)
            self._room.leave()


class _File(io.FileIO):
    """A temporary file whose size is taken from a room."""

    def __init__(self, room: BatchLimiter) -> None:
        with tempfile.TemporaryFile() as file:
            super().__init__(os.dup(file.fileno()), "r+b")
        self._room = room
        self._size = 0

    def write(self, data: Any, /) -> int:
        """As of any file; OSError also where the room has no space left."""
        more = self.tell() + len(memoryview(data)) - self._size
        if more > 0:
            self._room.take(more)
            self._size += more
        return super().write(data)

    def close(self) -> None:
        """As of any file; the space is there for others again."""
        if not self.closed:
            super().close()
            self._room.take(-self._size)
