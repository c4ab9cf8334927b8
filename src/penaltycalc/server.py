"""Runs the service in granian: a main process, which takes no requests, and workers, which answer them.

SIGTERM and SIGINT stop the service after it has answered the requests that it had accepted. SIGHUP reads the folder
of notices again. A worker that dies is replaced; where the new one dies within 5.5 seconds, granian ends the service,
and whatever supervises it starts it anew.
"""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Final

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from penaltycalc.api.app import Service, build_app
from penaltycalc.api.logging import dict_config
from penaltycalc.api.reload import NoticeStore, poll_calendar, renew_at_start
from penaltycalc.errors import BadNotice, BadSetting, Reason
from penaltycalc.faults import describe_fault
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.settings import Settings

_log: Final = logging.getLogger("penaltycalc")

PARENT_POLL: Final = 1.0
"""Seconds after which a worker looks again whether its main process is there."""

STOP_TIMEOUT: Final = 8
"""Seconds that a worker has to finish the requests it accepted before it was told to stop."""

FURTHER_FILES: Final = 512
"""Files that a process has open besides its connections: temporary files, libraries, its log."""


def run(host: str, port: int, workers: int, settings: Settings, rulebook: Rulebook) -> None:
    """Serve until a signal stops the service.

    BadNotice, BadSetting before any worker starts; SystemExit where workers could not be kept running.
    """
    choose_start_method()
    raise_file_limit(settings.max_connections + FURTHER_FILES)
    with open_state_folder(settings.state) as state, open_metrics_folder(state, on=settings.metrics):
        store = NoticeStore(rulebook, settings.notices, state)
        renew_at_start(store)
        server = Granian(
            "penaltycalc",
            address=host,
            port=port,
            workers=workers,
            interface=Interfaces.ASGI,
            http=HTTPModes.http1,  # granian has no time-outs for HTTP/2
            http1_settings=HTTP1Settings(header_read_timeout=int(settings.header_timeout * 1000)),
            backlog=settings.backlog,
            backpressure=settings.max_connections,
            websockets=False,
            log_access=False,
            log_dictconfig=dict_config(settings),
            log_level=LogLevels(settings.log_level),
            workers_kill_timeout=STOP_TIMEOUT,
            respawn_failed_workers=True,
        )
        server.on_startup(partial(reload_on_hangup, store))
        try:
            server.serve(target_loader=partial(create_worker, settings, rulebook, store), wrap_loader=False)
        except SystemExit:
            # Control-C in a terminal reaches workers as well. granian takes one that ends by itself for a failure,
            # although the service was told to stop.
            if not server.interrupt_signal:
                raise


def renew_notices(store: NoticeStore) -> None:
    """Read the folder of notices again; where one is bad, log it and keep the notices that were accepted before."""
    try:
        calendar = store.renew().calendar
    except BadNotice as fault:
        _log.error("notices not loaded, the previous ones stay in use: %s", fault)
    except OSError as fault:
        _log.error("notices cannot be stored, the previous ones stay in use: %s", fault)
    else:
        _log.info("notices accepted: calendar %s, official through %s", calendar.digest, calendar.official_through)


def create_worker(settings: Settings, rulebook: Rulebook, store: NoticeStore) -> Service:
    """Build the service of one worker, in the process of that worker."""
    ignore_hangup()
    Thread(target=end_with_main_process, daemon=True).start()
    service = build_app(settings, rulebook, store, [poll_calendar])
    # A full collection looks through the 64,000 objects of libraries and law and answers nothing for 50 ms (measured).
    # Frozen objects are left out of it.
    gc.collect()
    gc.freeze()
    return service


def end_with_main_process() -> None:
    """Stop this worker when its main process is gone: otherwise it would keep the port from the next service."""
    main = multiprocessing.parent_process()
    if main is None:
        return
    # Either sign alone may fail: a forked sibling may hold the end of the pipe by which `is_alive` notices, and
    # where processes are spawned the parent's id never changes.
    while main.is_alive() and os.getppid() == main.pid:
        time.sleep(PARENT_POLL)
    os.kill(os.getpid(), signal.SIGTERM)
    # A worker that cannot drain would keep the port from the next service.
    time.sleep(STOP_TIMEOUT)
    os._exit(1)


# ---------------------------------------------------------------------------------------- shared folders


@contextmanager
def open_state_folder(folder: Path | None) -> Iterator[Path]:
    """Create the folder that the processes of one service share; without a setting a private one, removed at the end.

    BadSetting where it cannot be created.
    """
    if folder is not None:
        with report_as_setting(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield folder
        return
    with report_as_setting(Path(tempfile.gettempdir())):
        temporary = tempfile.TemporaryDirectory(prefix="penaltycalc-")
    with temporary as name, protect_from_cleaners(Path(name)):
        yield Path(name)


@contextmanager
def open_metrics_folder(state: Path, *, on: bool) -> Iterator[None]:
    """Create the folder in which prometheus_client adds up the figures of all workers, and name it to the library."""
    if not on:
        yield
        return
    folder = state / "metrics"
    with report_as_setting(state):
        shutil.rmtree(folder, ignore_errors=True)  # figures of a service that was killed
        folder.mkdir()
    # prometheus_client reads it when it is imported, which only workers do.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def report_as_setting(folder: Path) -> Iterator[None]:
    """Raise BadSetting, naming the folder, where it cannot be created."""
    try:
        yield
    except OSError as fault:
        raise BadSetting(
            "state", Reason("fault-of-path", {"path": str(folder), "fault": describe_fault(fault)})
        ) from None


# ------------------------------------------------- what only POSIX has; elsewhere these functions do nothing


def choose_start_method() -> None:
    """Let workers be forked where that is possible: they inherit the libraries and the law, and start in 0.1 s."""
    multiprocessing.set_start_method("fork" if hasattr(os, "fork") else "spawn", force=True)


def reload_on_hangup(store: NoticeStore) -> None:
    """Renew the notices on SIGHUP, and stop no worker: each takes the new calendar between two requests.

    granian would replace the workers instead. Under load that lost one request for each kept connection, and it
    cuts batches that take longer than STOP_TIMEOUT.
    """

    def handle(*_: object) -> None:
        # In a thread: a second signal could otherwise interrupt the first and wait for its lock forever.
        Thread(target=renew_notices, args=(store,), daemon=True).start()

    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, handle)


def ignore_hangup() -> None:
    """Let a worker ignore SIGHUP: a terminal that is closed sends it to every process."""
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


def raise_file_limit(files: int) -> None:
    """Let each process have as many files open as its connections need, as far as the system allows it."""
    try:
        import resource  # noqa: PLC0415  # absent on Windows
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = files if hard == resource.RLIM_INFINITY else min(files, hard)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


@contextmanager
def protect_from_cleaners(folder: Path) -> Iterator[None]:
    """Hold a lock on a temporary folder: systemd-tmpfiles leaves folders alone that are locked."""
    try:
        import fcntl  # noqa: PLC0415  # absent on Windows
    except ImportError:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)
