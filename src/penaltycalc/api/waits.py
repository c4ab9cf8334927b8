"""Waiting for clients: until when each piece of a body must be there."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any, Final

from penaltycalc.settings import Settings

MOST: Final = 1.0
"""Seconds between two looks at those who wait."""


class Waits:
    """The requests that wait for their client, and until when.

    A timer for each piece would cost more than many an answer; so all are looked at together, some
    times within the shortest wait, and a wait costs two changes to a dict. Whoever is late finds it out
    by being cancelled, and asks `late`.
    """

    def __init__(self, settings: Settings) -> None:
        self._patience = float(settings.body_timeout)
        self._pace = settings.body_pace
        self._every = min(MOST, self._patience / 4)
        self._until: dict[asyncio.Task[Any], float] = {}
        self._late: set[asyncio.Task[Any]] = set()
        self._looking = False

    def begin(self, began: float, size: int) -> asyncio.Task[Any]:
        """This task waits for the next piece of a body that began then (monotonic) and of which so much has come."""
        task = asyncio.current_task()
        if task is None:
            raise LookupError  # nobody serves requests outside of tasks
        until = began + self._patience
        self._until[task] = min(monotonic() + self._patience, until + size / self._pace) if size else until
        if not self._looking:
            self._looking = True
            loop = asyncio.get_running_loop()
            loop.call_later(self._every, self._look, loop)
        return task

    def end(self, task: asyncio.Task[Any]) -> None:
        """The task waits no longer."""
        del self._until[task]

    def late(self, task: asyncio.Task[Any]) -> bool:
        """Whether the task was cancelled because its client was late, and not for another reason."""
        if task not in self._late:
            return False
        self._late.discard(task)
        task.uncancel()
        return True

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = monotonic()
        for task in [task for task, until in self._until.items() if until <= now]:
            self._late.add(task)
            task.cancel()
        self._looking = bool(self._until)
        if self._looking:
            loop.call_later(self._every, self._look, loop)
