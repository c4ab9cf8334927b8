"""Runs the service in granian."""

from __future__ import annotations

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

STOP_WITHIN: int = 8
"""Seconds that workers have to finish what they accepted after SIGTERM."""


def run(host: str, port: int, workers: int) -> None:
    """Serve until told to stop; law and notices are checked by the caller."""
    Granian(
        "penaltycalc.api.app:create_app",
        factory=True,
        address=host,
        port=port,
        workers=workers,
        interface=Interfaces.ASGI,
        websockets=False,
        log_access=False,
        log_level=LogLevels.info,
        workers_kill_timeout=STOP_WITHIN,
        respawn_failed_workers=True,
    ).serve()
