"""Measures calculations in-process, POST requests beside plain Litestar routes, and starts; `make bench`.

Prints the tables of docs/speed.md as Markdown. Absolute figures drift with the machine, so everything that is compared
is measured in turns within one run, and each figure is the median of its rounds. Loopback only; about a minute and a
half, with --short ten seconds.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import bench_calls
import bench_http

import servers

AIMS: Final = {"penalty": 35, "deadline": 25, "expiry": 30}
"""Microseconds that an explained calculation may take, decoding and encoding included."""
AIM_OF_PLAIN: Final = 0.45
"""The least share of a plain route's requests per second."""
COMMAND: Final = ["penalty", "79-1-1", "--goods-value", "85000.00", "--activity", "wholesale"]


def print_calls(number: int, rounds: int) -> None:
    """Print the time of each calculation in-process."""
    print("| in-process, microseconds | explained | aim | without explanation | msgspec alone |")
    print("|---|---:|---:|---:|---:|")
    for kind, times in bench_calls.measure_calls(number, rounds).items():
        print(f"| {kind} | {times.explained:.1f} | {AIMS[kind]} | {times.unexplained:.1f} | {times.msgspec:.1f} |")


def print_rates(seconds: int, rounds: int) -> None:
    """Print the requests per second of each POST beside its plain route."""
    print(f"\n| requests per second | plain route | service | share (aim {AIM_OF_PLAIN:.0%}) |\n|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for kind, rates in bench_http.measure_rates(Path(folder), seconds, rounds).items():
            path, share = bench_calls.PATHS[kind], rates.service / rates.plain
            print(f"| POST {path} | {rates.plain:,.0f} | {rates.service:,.0f} | {share:.0%} |")


def measure_starts(rounds: int) -> Iterator[tuple[str, float]]:
    """Name and median milliseconds of a whole command, and of the service from its start to its first answer."""
    commands, services = [], []
    for _ in range(rounds):
        started = time.perf_counter()
        subprocess.run([servers.SCRIPT, *COMMAND], check=True, stdout=subprocess.DEVNULL)
        commands.append((time.perf_counter() - started) * 1000)
        with tempfile.TemporaryDirectory() as folder:
            services.append(bench_http.time_first_answer(Path(folder)) * 1000)
    yield "`penaltycalc penalty`", statistics.median(commands)
    yield "`penaltycalc serve`, first answer", statistics.median(services)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=2000, help="distinct requests of each kind in-process")
    parser.add_argument("--seconds", type=int, default=1, help="of each measurement over HTTP")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--short", action="store_true", help="one round, as continuous integration runs it")
    options = parser.parse_args()
    rounds = 1 if options.short else options.rounds
    print_calls(options.number, rounds)
    print_rates(options.seconds, rounds)
    print("\n| start | milliseconds |\n|---|---:|")
    for name, milliseconds in measure_starts(rounds):
        print(f"| {name} | {milliseconds:.0f} |")


if __name__ == "__main__":
    main()
