"""Measures the calculators and the service, beside others in the same run; `make bench`.

In-process: 2,000 different requests of each kind, decoded, computed with their explanation, encoded;
beside them lexdays and chinese-calendar. Over HTTP: each POST beside a plain Litestar route that
decodes the same body and returns constant bytes of the same length, on the same server with one
worker, in turns. Absolute figures drift with the machine; the ratios hold. Loopback only, bounded.
"""

from __future__ import annotations

import argparse
import os
import selectors
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import chinese_calendar
import lexdays

import penaltycalc
from penaltycalc.calculations import CALCULATIONS, Kind, Request, calculate
from penaltycalc.intake import from_json

HERE = Path(__file__).parent
CONNECTIONS = 8


# ------------------------------------------------------------------------------------- requests


def bodies(kind: Kind, number: int) -> list[bytes]:
    """Different requests of a kind, as JSON."""
    return [_body(kind, index) for index in range(number)]


def _body(kind: Kind, index: int) -> bytes:
    day = date(2026, 5, 15) + timedelta(index % 120)
    if kind == "penalty":
        violation = ("79-1-1", "79-1-3", "81-1", "85-1")[index % 4]
        severity = ("ordinary", "severe")[index // 4 % 2]
        activity = ("wholesale", "retail")[index // 8 % 2]
        return (
            f'{{"violation":"{violation}","goods_value":"{500 + index * 97}.{index % 100:02d}",'
            f'"activity":"{activity}","severity":"{severity}","conduct":{{"from":"{day}","to":"{day}"}}}}'
        ).encode()
    if kind == "deadline":
        step = ("production-licence", "distribution-licence-change", "licence-decision", "glp-qualification")[index % 4]
        return f'{{"step":"{step}","start":"{day}","as_of":"{day + timedelta(index % 9)}"}}'.encode()
    term = ("drug-registration", "production-licence", "glp-certificate", "data-protection")[index % 4]
    return f'{{"term":"{term}","start":"{date(2020, 1, 1) + timedelta(index)}"}}'.encode()


# ------------------------------------------------------------------------------------ in-process


class Timed(NamedTuple):
    """A call to be timed: its name, what it does with the n-th request, and over how many requests."""

    name: str
    call: Callable[[int], object]
    number: int


def microseconds(timed: Timed) -> float:
    """The median time of a call over different requests, in microseconds."""
    clock = time.perf_counter_ns
    taken = []
    for index in range(timed.number):
        started = clock()
        timed.call(index)
        taken.append(clock() - started)
    return statistics.median(taken) / 1000


def in_process(number: int, rounds: int) -> Iterator[tuple[str, float]]:
    """Name and time of each call: the median of several rounds, in each of which all calls take their turn."""
    calls = list(_calls(number))
    figures: dict[str, list[float]] = {timed.name: [] for timed in calls}
    for _ in range(rounds):
        for timed in calls:
            figures[timed.name].append(microseconds(timed))
    for name, taken in figures.items():
        yield name, statistics.median(taken)


def _calls(number: int) -> Iterator[Timed]:
    rulebook = penaltycalc.load_rulebook()
    calendar = penaltycalc.load_calendar(rulebook)

    def answering(given: list[bytes], kind: Kind, *, explain: bool) -> Callable[[int], bytes]:
        def answer(index: int) -> bytes:
            request: Request = from_json(given[index], CALCULATIONS[kind].request)
            return penaltycalc.encode_answer(calculate(request, rulebook, calendar, explain=explain))

        return answer

    kinds: tuple[Kind, ...] = ("penalty", "deadline", "expiry")
    for kind in kinds:
        given = bodies(kind, number)
        yield Timed(f"one explained {kind}, decoded and encoded", answering(given, kind, explain=True), number)
        yield Timed(f"one {kind} without explanation", answering(given, kind, explain=False), number)
    undated = [body.partition(b',"conduct"')[0] + b"}" for body in bodies("penalty", number)]
    yield Timed("one explained penalty without dates", answering(undated, "penalty", explain=True), number)

    start = date(2026, 3, 2)
    days = [start + timedelta(index % 200) for index in range(number)]
    yield Timed("add 20 working days", lambda index: calendar.add(days[index], 20), number)
    first = date(2007, 1, 1)
    yield Timed("count the working days of 20 years", lambda index: calendar.count(first, days[index]), number)
    american, few = lexdays.calendar("us"), min(number, 300)
    yield Timed("lexdays: add 20 business days", lambda index: american.add_business_days(days[index], 20), few)
    yield Timed(
        "lexdays: one explained deadline",
        lambda index: lexdays.compute("us/frcp", days[index].isoformat(), "P20D").explain("en"),
        few,
    )
    yield Timed("chinese-calendar: find_workday(20)", lambda index: chinese_calendar.find_workday(20, days[index]), few)


# ------------------------------------------------------------------------------------ over HTTP


@contextmanager
def server(target: str, port: int, **environment: str) -> Iterator[None]:
    """A granian with one worker, ended by its own process."""
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--port", str(port)]
    command += ["--no-ws", "--log-level", "error", target]
    path = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path, **environment})
    try:
        _wait(port)
        yield
    finally:
        process.terminate()
        process.wait(15)


def _wait(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(port)


def posted(path: str, body: bytes) -> bytes:
    """A POST as it goes over the wire."""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def once(port: int, request: bytes) -> bytes:
    """One whole response."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(request)
        return _response(client)


def _response(client: socket.socket) -> bytes:
    received = b""
    while True:
        received += client.recv(65536)
        head, separator, content = received.partition(b"\r\n\r\n")
        if separator and len(content) >= _length(head):
            return received


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def requests_per_second(port: int, request: bytes, seconds: float) -> float:
    """Requests answered per second over a few connections that each send when they were answered."""
    size = len(once(port, request))
    selector = selectors.DefaultSelector()
    left: dict[socket.socket, int] = {}
    for _ in range(CONNECTIONS):
        client = socket.create_connection(("127.0.0.1", port))
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(client, selectors.EVENT_READ)
        left[client] = size
        client.sendall(request)
    answered, started = 0, time.perf_counter()
    end = started + seconds
    while (now := time.perf_counter()) < end:
        for key, _ in selector.select(timeout=1):
            ready = key.fileobj
            assert isinstance(ready, socket.socket)
            left[ready] -= len(ready.recv(65536))
            if left[ready] <= 0:
                answered += 1
                left[ready] = size
                ready.sendall(request)
    for client in left:
        client.close()
    return answered / (now - started)


def over_http(seconds: float, rounds: int) -> Iterator[tuple[str, float, float]]:
    """Path, and the median requests per second of the plain route and of ours."""
    ours, plain = 8331, 8332
    with server("penaltycalc.api.app:create_app", ours):
        paths: dict[Kind, str] = {"penalty": "/v1/penalties", "deadline": "/v1/deadlines", "expiry": "/v1/expiries"}
        for kind, path in paths.items():
            request = posted(path, _body(kind, 4))
            length = _length(once(ours, request).partition(b"\r\n\r\n")[0])
            with server("plain:create_app", plain, PLAIN_KIND=kind, PLAIN_LENGTH=str(length)):
                figures: dict[int, list[float]] = {ours: [], plain: []}
                for _ in range(rounds):
                    for port, taken in figures.items():
                        target = request if port == ours else posted("/plain", _body(kind, 4))
                        taken.append(requests_per_second(port, target, seconds))
                yield path, statistics.median(figures[plain]), statistics.median(figures[ours])


# ----------------------------------------------------------------------------------- command line


def command_line(rounds: int) -> Iterator[tuple[str, float]]:
    """Milliseconds of whole commands, median."""
    script = str(Path(sys.executable).parent / "penaltycalc")
    commands = {
        "penaltycalc penalty": ["penalty", "79-1-1", "--goods-value", "85000.00", "--activity", "wholesale"],
        "penaltycalc deadline, projected": ["deadline", "production-licence", "--start", "2026-12-01"],
    }
    for name, arguments in commands.items():
        taken = []
        for _ in range(rounds):
            started = time.perf_counter()
            subprocess.run([script, *arguments], check=True, stdout=subprocess.DEVNULL)
            taken.append((time.perf_counter() - started) * 1000)
        yield name, statistics.median(taken)


def main() -> None:
    """Print the tables as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    print("| in-process | microseconds |\n|---|---:|")
    for name, figure in in_process(given.number, 3 * given.rounds):
        print(f"| {name} | {figure:.1f} |")
    print(
        "\n| over HTTP, one worker | plain route, requests/s | ours, requests/s | ours / plain |\n|---|---:|---:|---:|"
    )
    for path, plain, ours in over_http(given.seconds, given.rounds):
        print(f"| POST {path} | {plain:.0f} | {ours:.0f} | {ours / plain:.0%} |")
    print("\n| command | milliseconds |\n|---|---:|")
    for name, figure in command_line(given.rounds * 2):
        print(f"| {name} | {figure:.0f} |")


if __name__ == "__main__":
    main()
