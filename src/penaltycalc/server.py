"""Runs the service in granian: a main process that takes no requests, and workers that do.

SIGTERM and SIGINT end it: requests that were accepted are answered first. SIGHUP takes over the supplied
notices. A worker that dies is replaced.
"""

from __future__ import annotations

import fcntl
import gc
import logging
import multiprocessing
import os
import resource
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any, Final

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer
from litestar import Litestar

from penaltycalc.api.app import Service, build_app
from penaltycalc.api.logging import dict_config
from penaltycalc.api.reload import NoticeStore, poll_calendar, start
from penaltycalc.errors import BadNotice, BadSetting
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.settings import Settings

_log: Final = logging.getLogger("penaltycalc")

STOP_WITHIN: Final = 8
"""Seconds that workers have to finish what they accepted after SIGTERM."""
FURTHER_FILES: int = 512
"""Files that a process has open beside its connections: temporary ones, libraries, its log."""

CALM: Final = 60.0
"""Seconds without a death after which the next one is no longer held to be one of a row."""

LONGEST_PAUSE: Final = 5.0
"""Seconds at most before a worker that dies again and again is replaced."""

PATIENCE: Final = 3
"""Deaths in a row after which clients wait no longer for the next worker."""


def run(host: str, port: int, workers: int, settings: Settings, rulebook: Rulebook) -> None:
    """Serve until told to stop; BadNotice, BadSetting before any worker starts."""
    multiprocessing.set_start_method("fork", force=True)  # workers inherit what is loaded, and the socket
    os.register_at_fork(before=_hold_signals, after_in_parent=_let_signals_through)
    allow_files(settings.max_connections)
    with _state(settings.state) as state, _figures(state, wanted=settings.metrics):
        accepted = NoticeStore(rulebook, settings.notices, state)
        start(accepted)
        server = Server(
            "penaltycalc",
            accepted,
            address=host,
            port=port,
            workers=workers,
            interface=Interfaces.ASGI,
            http=HTTPModes.http1,  # with HTTP/2 no time-out holds
            http1_settings=HTTP1Settings(header_read_timeout=int(settings.header_timeout * 1000)),
            backlog=settings.backlog,
            backpressure=settings.max_connections,
            websockets=False,
            log_access=False,
            log_dictconfig=dict_config(settings),
            log_level=LogLevels(settings.log_level),
            workers_kill_timeout=STOP_WITHIN,
            respawn_failed_workers=True,
        )
        server.run(partial(create_worker, server, settings, rulebook, accepted))


def allow_files(connections: int) -> None:
    """Let each process have as many files open as its connections need, where the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + FURTHER_FILES
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


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
def _figures(state: Path, *, wanted: bool) -> Iterator[None]:
    """Where the processes count what they did, for metrics: in files of a folder that the library is told of."""
    if not wanted:
        yield
        return
    folder = state / "metrics"
    with _as_setting(state):
        shutil.rmtree(folder, ignore_errors=True)  # of a run that was killed
        folder.mkdir()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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


def create_worker(server: Server, settings: Settings, rulebook: Rulebook, accepted: NoticeStore) -> Service:
    """The service in one of several processes, made in that process."""
    server.close_other_queues()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # that of a closed terminal reaches every process
    Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    service = build_app(settings, rulebook, accepted, [poll_calendar, _told_once])
    gc.collect()
    gc.freeze()  # what stays is not looked through again and again: it would hold answers up for milliseconds
    return service


@asynccontextmanager
async def _told_once(_: Litestar) -> AsyncIterator[None]:
    """Take the first signal to stop, and no other.

    A service manager tells the workers, and so does the main process; granian's worker stands still with its
    answers unsent at the third signal, and before it serves at the second.
    """

    def hear_no_more(*_: Any) -> None:
        signal.set_wakeup_fd(-1)  # by which the event loop has just heard of the first one

    for told in _STOP:
        signal.signal(told, hear_no_more)
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

    def __init__(self, target: str, accepted: NoticeStore, **options: Any) -> None:
        """`options` are granian's."""
        super().__init__(target, **options)
        self._accepted = accepted
        self._queues: dict[int, Any] = {}
        self._latest = 0
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
        """One queue for each worker, as granian has it, but made here: what waits in it outlives the worker."""
        super()._init_shared_socket()  # type: ignore[no-untyped-call]  # granian leaves it untyped
        self._queues = {number: self._ssp.build() for number in range(self.workers)}

    def _drop_shared_socket(self) -> None:
        """Take no more connections."""
        for number in list(self._queues):
            self._close_queue(number)

    def _close_queue(self, number: int) -> None:
        os.close(self._queues.pop(number).get_fd())

    def _spawn_worker(self, idx: Any, target: Any, callback_loader: Any, *_: Any, **__: Any) -> Any:
        """A worker that takes over its queue; without one it makes its own, once it is ready."""
        self._latest = idx
        spec, self._shd = self._ssp, self._queues.get(idx)
        self._ssp = spec if self._shd is None else None
        try:
            return super()._spawn_worker(idx, target, callback_loader)
        finally:
            self._ssp = spec

    def close_other_queues(self) -> None:
        """In the worker that was forked last: what nobody reads from must not look open because of it."""
        for number in self._queues.keys() - {self._latest}:
            self._close_queue(number)

    def _respawn_workers(self, workers: list[int], *given: Any, **options: Any) -> None:
        """Replace workers; where they die in a row after a pause that grows, and at last without their queues.

        Then other workers take their connections, or they are refused, so that a balancer asks elsewhere.
        granian's own way ends the whole service where a worker dies twice within seconds.
        """
        now = time.monotonic()
        self._deaths = self._deaths + 1 if now - self._last_death < CALM else 0
        self._last_death = now
        if self._deaths >= PATIENCE:
            for number in self._queues.keys() & set(workers):
                self._close_queue(number)
        self._pause(min(0.1 * (2 ** min(self._deaths, 6) - 1), LONGEST_PAUSE))
        super()._respawn_workers(workers, *given, **options)
        self.respawned_wrks.clear()

    def _pause(self, seconds: float) -> None:
        """Let some time pass, unless told to stop."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.interrupt_signal:
            time.sleep(0.05)


def _take_over(accepted: NoticeStore) -> None:
    try:
        calendar = accepted.renew().calendar
    except BadNotice as fault:
        _log.error("the notices are not taken over, those before go on: %s", fault)
    except OSError as fault:
        _log.error("the notices cannot be kept, those before go on: %s", fault)
    else:
        _log.info("notices accepted: calendar %s, official through %s", calendar.digest, calendar.official_through)
