"""Limits the batches of one worker: how many are answered at the same time, and the size of their temporary files."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import suppress
from typing import BinaryIO

from penaltycalc.api.problems import InsufficientStorage, Unavailable
from penaltycalc.settings import Settings

# Bodies of batches may be a gigabyte each, so that eight of them could fill a disk that other services need. No lock
# protects the counts: they only change in the event loop.


class BatchLimiter:
    """The slots and the storage that the batches of one worker share."""

    def __init__(self, settings: Settings) -> None:
        self.free_slots = settings.max_batches
        self.free_storage = settings.max_temporary

    def enter(self) -> BatchSlot:
        """Take a slot for one batch, until the slot is closed; Unavailable where all are taken."""
        if not self.free_slots:
            raise Unavailable(message="unavailable-batches")
        self.free_slots -= 1
        return BatchSlot(self)


class BatchSlot:
    """The slot of one batch, with its temporary files."""

    def __init__(self, limiter: BatchLimiter) -> None:
        self._limiter = limiter
        self._files: list[BinaryIO] = []
        self._reserved = 0
        self._is_open = True

    def make_file(self) -> BinaryIO:
        """Make a temporary file without a name, which is closed with the slot; InsufficientStorage."""
        # Without a name, so that nobody else can open it and a worker that is killed leaves nothing behind.
        try:
            file = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the slot, after the answer
        except OSError:
            raise InsufficientStorage from None
        self._files.append(file)
        return file

    def reserve(self, size: int) -> None:
        """Reserve bytes of the storage until the slot is closed; OSError, as for a full disk, where there are less."""
        if size > self._limiter.free_storage:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._limiter.free_storage -= size
        self._reserved += size

    def close(self) -> None:
        """Close the files and give everything back; a second call does nothing."""
        if self._is_open:
            self._is_open = False
            for file in self._files:
                # Closing writes what is still in a buffer, for which a full disk has no room.
                with suppress(OSError):
                    file.close()
            self._limiter.free_storage += self._reserved
            self._limiter.free_slots += 1
