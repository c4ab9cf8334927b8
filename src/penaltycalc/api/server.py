"""Runs the service in granian: a main process that takes no requests, and workers that do.

SIGTERM and SIGINT end it: requests that were accepted are answered first. SIGHUP takes over the supplied
notices. A worker that dies is replaced.
"""

from __future__ import annotations

import fcntl
import logging
import multiprocessing
import os
import signal
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any, Final

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer
from litestar import Litestar

from penaltycalc.api.app import Service, put_together
from penaltycalc.api.notices import Accepted, following, start
from penaltycalc.errors import BadNotice, BadSetting
from penaltycalc.rulebook import Rulebook
from penaltycalc.settings import Settings

_log: Final = logging.getLogger("penaltycalc")

STOP_WITHIN: Final = 8
"""Seconds that workers have to finish what they accepted after SIGTERM."""

CALM: Final = 60.0
"""Seconds without a death after which the next one is no longer held to be one of a row."""

LONGEST_PAUSE: Final = 5.0
"""Seconds at most before a worker that dies again and again is replaced."""


def run(host: str, port: int, workers: int, settings: Settings, rulebook: Rulebook) -> None:
    """Serve until told to stop; BadNotice, BadSetting before any worker starts."""
    multiprocessing.set_start_method("fork", force=True)  # workers inherit what is loaded, and the socket
    os.register_at_fork(before=_hold_signals, after_in_parent=_let_signals_through)
    with _state(settings.state) as state:
        accepted = Accepted(rulebook, settings.notices, state)
        start(accepted)
        server = Server(
            "penaltycalc",
            accepted,
            address=host,
            port=port,
            workers=workers,
            interface=Interfaces.ASGI,
            websockets=False,
            log_access=False,
            log_level=LogLevels.info,
            workers_kill_timeout=STOP_WITHIN,
            respawn_failed_workers=True,
        )
        server.run(partial(create_worker, settings, rulebook, accepted))


@contextmanager
def _state(folder: Path | None) -> Iterator[Path]:
    """The folder that the processes share: the one that is set, or a private one as long as the service runs."""
    if folder is not None:
        with _as_setting(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield folder
        return
    with _as_setting(Path(tempfile.gettempdir())):
        made = tempfile.TemporaryDirectory(prefix="penaltycalc-")
        held = os.open(made.name, os.O_RDONLY)
        fcntl.flock(held, fcntl.LOCK_SH)  # what clears old temporary files lets it be
    with made as name:
        yield Path(name)
        os.close(held)


@contextmanager
def _as_setting(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise BadSetting("state", f"{folder}: {fault.strerror or fault}") from None


_STOP: Final = (signal.SIGTERM, signal.SIGINT)


def _hold_signals() -> None:
    """A worker that is being made is told to stop when it can be: it has the main process's handlers till then."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP)


def _let_signals_through() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP)


def create_worker(settings: Settings, rulebook: Rulebook, accepted: Accepted) -> Service:
    """The service in one of several processes, made in that process."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # that of a closed terminal reaches every process
    Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    return put_together(settings, rulebook, accepted, [following, _told_once])


@asynccontextmanager
async def _told_once(_: Litestar) -> AsyncIterator[None]:
    """Take the first signal to stop, and no other.

    A service manager tells the workers, and so does the main process; granian's worker stands still with its
    answers unsent at the third signal, and before it serves at the second.
    """

    def ignore_others(*_: Any) -> None:
        for told in _STOP:
            signal.signal(told, signal.SIG_IGN)

    for told in _STOP:
        signal.signal(told, ignore_others)  # the event loop learns of it in its own way
    for told in _STOP:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [told])
    yield


def _end_with(parent: int) -> None:
    """End this worker when its main process is gone: it would keep the port from the next service."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


class Server(MPServer):
    """granian's server, with a reload that stops no worker, and a death that stops no other."""

    _ssp: Any
    _shd: Any
    _sso: Any

    def __init__(self, target: str, accepted: Accepted, **options: Any) -> None:
        """`options` are granian's."""
        super().__init__(target, **options)
        self._accepted = accepted
        self._last_death = -CALM
        self._deaths = 0

    def run(self, make: Callable[[], Service]) -> None:
        """Serve; once told to stop, a worker that ended by itself makes no failure of it."""
        try:
            self.serve(target_loader=make, wrap_loader=False)
        except SystemExit:
            if not self.interrupt_signal:
                raise

    def signal_handler_reload(self, *_: Any, **__: Any) -> None:
        """Take the notices over; workers see to it by themselves."""
        Thread(target=_take_over, args=(self._accepted,), daemon=True).start()

    def _init_shared_socket(self) -> None:
        """One socket for all workers.

        granian's own way, one for each, loses what waits in the queue of a worker that dies, and refuses
        connections while there is none; here they wait for the next worker.
        """
        super()._init_shared_socket()  # type: ignore[no-untyped-call]  # granian leaves it untyped
        self._shd, self._ssp = self._ssp.build(), None
        self._sso = socket.socket(fileno=self._shd.get_fd())

    def _respawn_workers(self, *given: Any, **options: Any) -> None:
        """Replace workers, after a pause that grows where they die in a row.

        granian's own way ends the whole service where a worker dies twice within seconds.
        """
        now = time.monotonic()
        self._deaths = self._deaths + 1 if now - self._last_death < CALM else 0
        self._last_death = now
        self._pause(min(0.1 * (2**self._deaths - 1), LONGEST_PAUSE))
        super()._respawn_workers(*given, **options)
        self.respawned_wrks.clear()

    def _pause(self, seconds: float) -> None:
        """Let some time pass, unless told to stop."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.interrupt_signal:
            time.sleep(0.05)


def _take_over(accepted: Accepted) -> None:
    try:
        calendar = accepted.renew().calendar
    except BadNotice as fault:
        _log.error("the notices are not taken over, those before go on: %s", fault)
    except OSError as fault:
        _log.error("the notices cannot be kept, those before go on: %s", fault)
    else:
        _log.info("notices accepted: calendar %s, official through %s", calendar.digest, calendar.official_through)
