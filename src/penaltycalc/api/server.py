"""Runs the service in granian."""

from __future__ import annotations

import os
import resource
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from penaltycalc.api.logs import dict_config
from penaltycalc.errors import BadSetting
from penaltycalc.settings import PREFIX, Settings

STOP_WITHIN: int = 8
"""Seconds that workers have to finish what they accepted after SIGTERM."""
FURTHER_FILES: int = 512
"""Files that a process has open beside its connections: temporary ones, libraries, its log."""


def run(host: str, port: int, workers: int, settings: Settings) -> None:
    """Serve until told to stop; law and notices are checked by the caller."""
    _allow_files(settings.max_connections)
    with _shared(settings):
        Granian(
            "penaltycalc.api.app:create_app",
            factory=True,
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
        ).serve()


def _allow_files(connections: int) -> None:
    """Let each process have as many files open as its connections need, where the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + FURTHER_FILES
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@contextmanager
def _shared(settings: Settings) -> Iterator[None]:
    """A folder for what the processes share, named to them in the environment, and the one of metrics below it.

    BadSetting where that cannot be made.
    """
    with tempfile.TemporaryDirectory(prefix="penaltycalc-") as own:
        state = settings.state or Path(own)
        os.environ[f"{PREFIX}STATE"] = str(state)
        if not settings.metrics:
            yield
            return
        figures = state / "metrics"
        shutil.rmtree(figures, ignore_errors=True)  # of a run that was killed
        try:
            figures.mkdir(parents=True)
        except OSError as fault:
            raise BadSetting(str(figures), fault.strerror or str(fault)) from None
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(figures)
        try:
            yield
        finally:
            shutil.rmtree(figures, ignore_errors=True)
