"""Runs the service as its users do: the installed script, on loopback, ended by its own process."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

SCRIPT = str(Path(sys.executable).parent / "penaltycalc")


class Running(NamedTuple):
    """A running service: its address, its process, and where its output goes."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path


def free_port() -> int:
    """A port on loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(
    folder: Path, *options: str, settings: Mapping[str, str] | None = None, temporary: Path | None = None
) -> Iterator[Running]:
    """The service on a free port, with settings of its own; its output goes to a file in `folder`.

    `temporary` is where it puts its temporary files.
    """
    port, log = free_port(), folder / "log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PENALTYCALC_")}
    environment |= {f"PENALTYCALC_{name}": value for name, value in (settings or {}).items()}
    if temporary is not None:
        environment["TMPDIR"] = str(temporary)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [SCRIPT, "serve", "--port", str(port), *options], stdout=output, stderr=output, env=environment
        )
    try:
        _wait(port, process)
        yield Running(f"http://127.0.0.1:{port}", process, log)
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(15)


def make_client() -> httpx.Client:
    """Make a client that opens a connection for each request, so that all workers get some.

    httpx.get does that too, but loads the certificates of the system each time, which takes longer than the answer.
    """
    return httpx.Client(limits=httpx.Limits(max_keepalive_connections=0))


def answers(running: Running) -> bool:
    """Whether the service answers."""
    try:
        return httpx.get(f"{running.url}/healthz").status_code == 200
    except httpx.TransportError:
        return False


def workers(running: Running) -> list[int]:
    """The processes that answer, by their ids."""
    pid = running.process.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]


def gone(running: Running, pid: int) -> bool:
    """Whether a worker is replaced within some time."""
    return eventually(lambda: pid not in workers(running))


def eventually(is_so: Callable[[], bool], seconds: float = 10) -> bool:
    """Whether something becomes so within some time."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"the service ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(port)
