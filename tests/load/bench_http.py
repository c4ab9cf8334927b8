"""Measures the service over HTTP by wrk: servers of one worker each, asked in turn, so that they meet the same machine.

The requests of a route are the same one again and again, or many of which no two are alike, so that the
service remembers none of them.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import httpx
from asking import CALCULATIONS, MANY, OTHERS, Asking
from pace import paced

import servers
from penaltycalc.keys import encode_keys, make_key

HERE: Final = Path(__file__).parent
CONNECTIONS: Final = 8
"""Of wrk, which sends over each when it was answered."""

_DONE: Final = re.compile(r"answered (\d+) in (\d+) us, refused (\d+), lost (\d+), p50 (\d+) p99 (\d+)")


class Server(NamedTuple):
    """A running server, and the key that it wants."""

    port: int
    key: str = ""


class Line(NamedTuple):
    """One row of a table: requests a second of the plain route and of ours, medians of all rounds."""

    name: str
    plain: float
    ours: float

    @property
    def ratio(self) -> float:
        """Ours by the plain route's."""
        return self.ours / self.plain


# ------------------------------------------------------------------------------------------ servers


@contextmanager
def granian(target: str, **environment: str) -> Iterator[Server]:
    """An application of this folder under granian with one worker, as `serve` runs the service."""
    port = servers.free_port()
    factory = ["--factory"] if target.endswith("create_app") else []
    command = [sys.executable, "-m", "granian", "--interface", "asgi", *factory, "--port", str(port)]
    path = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
    with _started([*command, "--no-ws", "--log-level", "error", target], {"PYTHONPATH": path, **environment}, port):
        yield Server(port)


@contextmanager
def openfisca() -> Iterator[Server]:
    """The web API of OpenFisca with its country template, one worker."""
    port = servers.free_port()
    command = [
        str(Path(sys.executable).parent / "openfisca"),
        "serve",
        "--country-package",
        "openfisca_country_template",
    ]
    with _started([*command, "--bind", f"127.0.0.1:{port}", "--workers", "1"], {}, port):
        yield Server(port)


@contextmanager
def service(folder: Path, **settings: str) -> Iterator[Server]:
    """The service by `penaltycalc serve`; with a key where `settings` name a file of keys."""
    folder.mkdir()
    key = ""
    if "KEYS_FILE" in settings:
        key, kept = make_key(secrets.token_bytes(36), role="read", name="bench", created=datetime.now(UTC).date())
        Path(settings["KEYS_FILE"]).write_bytes(encode_keys([kept]))
    with servers.serving(folder, settings=settings) as running:
        yield Server(int(running.url.rpartition(":")[2]), key)


@contextmanager
def _started(command: Sequence[str], environment: Mapping[str, str], port: int) -> Iterator[None]:
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait(port)
        yield
    finally:
        process.terminate()
        process.wait(15)


def _wait(port: int) -> None:
    for _ in range(400):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(port)


# ---------------------------------------------------------------------------------------- measuring


class Wrk:
    """Asks servers by wrk; `seconds` a time."""

    def __init__(self, folder: Path, seconds: int) -> None:
        self.folder = folder
        self.seconds = seconds
        self.program = shutil.which("wrk")
        if self.program is None:
            raise SystemExit("wrk is needed: apt-get install wrk")

    def file(self, name: str, asked: Sequence[Asking]) -> Path:
        """The requests as a file that wrk's script reads."""
        path = self.folder / re.sub(r"\W+", "-", name)
        path.write_text("".join(f"{one.line}\n" for one in asked), "utf-8")
        return path

    def rate(self, server: Server, requests: Path) -> float:
        """Requests answered per second; an error where one was refused or lost."""
        command = [str(self.program), "-t1", f"-c{CONNECTIONS}", f"-d{self.seconds}s", "-s", str(HERE / "requests.lua")]
        environment = {**os.environ, "REQUESTS": str(requests), **({"KEY": server.key} if server.key else {})}
        run = subprocess.run(
            [*command, f"http://127.0.0.1:{server.port}"], env=environment, capture_output=True, text=True, check=True
        )
        found = _DONE.search(run.stdout)
        if found is None:
            raise RuntimeError(run.stdout + run.stderr)
        answered, microseconds, refused, lost, *_ = map(int, found.groups())
        if refused or lost or not answered:
            raise RuntimeError(f"{requests.name}: {run.stdout}")
        return answered / microseconds * 1e6


def in_turns(rounds: int, calls: Mapping[str, Callable[[], float]]) -> dict[str, float]:
    """The median of each call over rounds in which all take their turn."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            taken[name].append(call())
    return {name: statistics.median(figures) for name, figures in taken.items()}


def _lengths(server: Server) -> dict[str, int]:
    """How long the answers of ours are, by path."""
    asked = [*OTHERS.values(), *(make(0) for make in CALCULATIONS.values())]
    return {one.path: len(_answer(server, one)) for one in asked}


def _answer(server: Server, asked: Asking) -> bytes:
    headers = {"Content-Type": asked.media_type} if asked.media_type else {}
    url = f"http://127.0.0.1:{server.port}{asked.target}"
    return httpx.request(asked.method, url, content=asked.body, headers=headers).raise_for_status().content


class Measured(NamedTuple):
    """What one run found: each route beside its plain one, what stands beside them, and what settings cost."""

    same: list[Line]
    varied: list[Line]
    beside: dict[str, float]
    settings: dict[str, dict[str, float]]
    half_load: dict[str, tuple[float, float, float]]


OPENFISCA: Final = Asking(
    "POST",
    "/calculate",
    "application/json",
    json.dumps(
        {
            "persons": {"one": {"salary": {"2017-01": 3000}, "income_tax": {"2017-01": None}}},
            "households": {"all": {"adults": ["one"]}},
        }
    ),
)
"""One person, one variable."""

COSTS: Final[dict[str, dict[str, str]]] = {
    "default": {},
    "keys": {"KEYS_FILE": "keys.json"},
    "metrics": {"METRICS": "true"},
    "access log": {"ACCESS_LOG": "true"},
    "all three": {"KEYS_FILE": "all-keys.json", "METRICS": "true", "ACCESS_LOG": "true"},
}
COSTED: Final = ("POST /v1/penalties", "GET /v1/deadlines/{step}", "GET /v1/cells/penalty")


def measure(folder: Path, seconds: int, rounds: int) -> Measured:
    """Ask all servers."""
    wrk = Wrk(folder, seconds)
    with ExitStack() as stack:
        ours = {
            name: stack.enter_context(service(folder / name, **_in(folder, settings)))
            for name, settings in COSTS.items()
        }
        default = ours["default"]
        plain = stack.enter_context(granian("plain:create_app", PLAIN_LENGTHS=json.dumps(_lengths(default))))
        same = {name: wrk.file(name, [make(4)]) for name, make in CALCULATIONS.items()}
        same |= {name: wrk.file(name, [one]) for name, one in OTHERS.items()}
        many = {name: wrk.file(f"{name}-many", [make(n) for n in range(MANY)]) for name, make in CALCULATIONS.items()}
        return Measured(
            same=[_line(wrk, rounds, name, file, plain, default) for name, file in same.items()],
            varied=[_line(wrk, rounds, name, file, plain, default) for name, file in many.items()],
            beside=_beside(wrk, rounds, plain, default, same),
            settings={name: in_turns(rounds, _by(wrk, ours, many[name])) for name in COSTED},
            half_load={name: _half(wrk, default, many[name], CALCULATIONS[name]) for name in COSTED},
        )


def _in(folder: Path, settings: Mapping[str, str]) -> dict[str, str]:
    return {name: str(folder / value) if name == "KEYS_FILE" else value for name, value in settings.items()}


def _line(wrk: Wrk, rounds: int, name: str, file: Path, plain: Server, ours: Server) -> Line:
    found = in_turns(rounds, _by(wrk, {"plain": plain, "ours": ours}, file))
    return Line(name, found["plain"], found["ours"])


def _by(wrk: Wrk, asked: Mapping[str, Server], file: Path) -> dict[str, Callable[[], float]]:
    return {name: partial(wrk.rate, server, file) for name, server in asked.items()}


def _beside(wrk: Wrk, rounds: int, plain: Server, ours: Server, same: Mapping[str, Path]) -> dict[str, float]:
    """Raw ASGI, a constant Litestar route, OpenFisca, and ours in the same turns."""
    health, calculate = same["GET /healthz"], wrk.file("openfisca", [OPENFISCA])
    with granian("plain:raw") as raw, openfisca() as fisca:
        calls = {
            "raw ASGI": partial(wrk.rate, raw, health),
            "Litestar, a constant": partial(wrk.rate, plain, health),
            "OpenFisca, /calculate": partial(wrk.rate, fisca, calculate),
        }
        calls |= {name: partial(wrk.rate, ours, same[name]) for name in CALCULATIONS}
        return in_turns(rounds, calls)


def _half(wrk: Wrk, server: Server, file: Path, make: Callable[[int], Asking]) -> tuple[float, float, float]:
    """Requests a second at half load, and the milliseconds within which half and 99 % of them were answered."""
    rate = wrk.rate(server, file) / 2
    found = paced(server.port, [make(index).wire for index in range(MANY)], rate, seconds=5.0 * wrk.seconds)
    return rate, found.p50, found.p99
