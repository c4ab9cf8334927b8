"""Measures the service over HTTP with wrk, beside plain Litestar routes: one worker each, in turns, so that both meet
the same machine. No two of the requests that a server gets in a second are alike.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import httpx
from bench_calls import PATHS, make_body

import servers
from penaltycalc.calculators.calculate import Kind

HERE: Final = Path(__file__).parent
CONNECTIONS: Final = 8
REQUESTS: Final = 6000
JSON: Final = {"Content-Type": "application/json"}

_SUMMARY: Final = re.compile(r"answered (\d+) in (\d+) us, failed (\d+)")


class Server(NamedTuple):
    """A running server on loopback."""

    port: int


class Rates(NamedTuple):
    """Requests per second: medians of all rounds."""

    plain: float
    service: float


# ------------------------------------------------------------------------------------------ servers


@contextmanager
def service(folder: Path) -> Iterator[Server]:
    """The service as `penaltycalc serve` runs it: one worker, no keys, no metrics, no access log."""
    folder.mkdir()
    with servers.serving(folder) as running:
        yield Server(int(running.url.rpartition(":")[2]))


@contextmanager
def plain_routes(lengths: Mapping[str, int]) -> Iterator[Server]:
    """The routes of plain.py under granian, as the service runs; `lengths` are the bytes they answer, by path."""
    port = servers.free_port()
    path = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--port", str(port), "--no-ws"]
    process = subprocess.Popen(
        [*command, "--log-level", "error", "plain:create_app"],
        env={**os.environ, "PYTHONPATH": path, "PLAIN_LENGTHS": json.dumps(lengths)},
    )
    try:
        _await_port(port)
        yield Server(port)
    finally:
        process.terminate()
        process.wait(15)


def _await_port(port: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(port)


# ---------------------------------------------------------------------------------------- measuring


def measure_rates(folder: Path, seconds: int, rounds: int) -> dict[Kind, Rates]:
    """The requests per second of each POST and of the plain route at the same path."""
    files = {kind: _write_requests(folder, kind) for kind in PATHS}
    with service(folder / "service") as ours:
        lengths = {path: len(_post(ours, kind)) for kind, path in PATHS.items()}
        with plain_routes(lengths) as plain:
            return {kind: _measure_in_turns(plain, ours, files[kind], seconds, rounds) for kind in PATHS}


def time_first_answer(folder: Path) -> float:
    """Seconds from the start of `penaltycalc serve` to the end of its first answer."""
    started = time.perf_counter()
    with service(folder / "service") as ours:
        _post(ours, "penalty")
        return time.perf_counter() - started


def _post(server: Server, kind: Kind) -> bytes:
    url = f"http://127.0.0.1:{server.port}{PATHS[kind]}"
    return httpx.post(url, content=make_body(kind, 0), headers=JSON).raise_for_status().content


def _write_requests(folder: Path, kind: Kind) -> Path:
    """A file that requests.lua reads: the path, then one body on each line."""
    path = folder / f"{kind}.txt"
    path.write_bytes(b"\n".join([PATHS[kind].encode(), *(make_body(kind, index) for index in range(REQUESTS))]))
    return path


def _measure_in_turns(plain: Server, ours: Server, requests: Path, seconds: int, rounds: int) -> Rates:
    rates = [Rates(_run_wrk(plain, requests, seconds), _run_wrk(ours, requests, seconds)) for _ in range(rounds)]
    return Rates(*(statistics.median(column) for column in zip(*rates, strict=True)))


def _run_wrk(server: Server, requests: Path, seconds: int) -> float:
    """Requests answered per second; RuntimeError where one failed, which would be quicker than an answer."""
    program = shutil.which("wrk")
    if program is None:
        raise SystemExit("wrk is needed: apt-get install wrk")
    command = [program, "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(HERE / "requests.lua")]
    environment = {**os.environ, "REQUESTS": str(requests)}
    run = subprocess.run(
        [*command, f"http://127.0.0.1:{server.port}"], env=environment, capture_output=True, text=True, check=True
    )
    summary = _SUMMARY.search(run.stdout)
    if summary is None:
        raise RuntimeError(run.stdout + run.stderr)
    answered, microseconds, failed = map(int, summary.groups())
    if failed or not answered:
        raise RuntimeError(f"{requests.name}: {run.stdout}")
    return answered / microseconds * 1e6
