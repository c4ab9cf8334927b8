"""Measures the service and its calculators beside others, all in one run; `make bench`.

Prints the tables of docs/speed.md as Markdown and draws its plot. Absolute figures drift with the machine; the
ratios hold. Loopback only, bounded: about a quarter of an hour, `--short` a minute and a half.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import bench_calls
import bench_http
from bench_http import COSTS, Line, Measured

import servers

AIM = 0.75
"""Of the plain route's requests a second."""
AIM_OPENFISCA = 6


def command_line(rounds: int) -> Iterator[tuple[str, float]]:
    """Milliseconds of whole commands, median."""
    commands = {
        "penaltycalc penalty": ["penalty", "79-1-1", "--goods-value", "85000.00", "--activity", "wholesale"],
        "penaltycalc deadline, projected": ["deadline", "production-licence", "--start", "2026-12-01"],
    }
    for name, arguments in commands.items():
        taken = []
        for _ in range(rounds):
            started = time.perf_counter()
            subprocess.run([servers.SCRIPT, *arguments], check=True, stdout=subprocess.DEVNULL)
            taken.append((time.perf_counter() - started) * 1000)
        yield name, statistics.median(taken)


def print_calls(number: int, rounds: int) -> None:
    """The calculators, in-process."""
    print("| in-process | microseconds |\n|---|---:|")
    for name, figure in bench_calls.in_process(number, rounds):
        print(f"| {name} | {figure:,.1f} |")


def print_lines(title: str, lines: list[Line]) -> None:
    """Routes beside their plain ones."""
    print(f"\n| {title} | plain route, requests/s | ours, requests/s | ours / plain |\n|---|---:|---:|---:|")
    for line in lines:
        below = "" if line.ratio >= AIM else " (below)"
        print(f"| {line.name} | {line.plain:,.0f} | {line.ours:,.0f} | {line.ratio:.0%}{below} |")


def print_measured(found: Measured) -> None:
    """All that was measured over HTTP."""
    print_lines("the same request again and again", found.same)
    print_lines("no two requests alike", found.varied)
    fisca = found.beside["OpenFisca, /calculate"]
    print("\n| beside | requests/s | of OpenFisca's |\n|---|---:|---:|")
    for name, rate in found.beside.items():
        print(f"| {name} | {rate:,.0f} | {rate / fisca:.1f} |")
    print(f"\n| what settings cost, requests/s | {' | '.join(COSTS)} |\n|---|{'---:|' * len(COSTS)}")
    for name, rates in found.settings.items():
        figures = (f"{rate:,.0f} ({rate / rates['default']:.0%})" for rate in rates.values())
        print(f"| {name} | {' | '.join(figures)} |")
    print("\n| at half load | requests/s | p50, ms | p99, ms |\n|---|---:|---:|---:|")
    for name, (rate, p50, p99) in found.half_load.items():
        print(f"| {name} | {rate:,.0f} | {p50:.2f} | {p99:.2f} |")


def draw(found: Measured, path: Path) -> None:
    """The ratios as bars, with the aim as a line."""
    import matplotlib as mpl  # only where it is drawn
    from matplotlib import pyplot as plt

    mpl.rcParams["svg.hashsalt"] = "penaltycalc"
    varied = {line.name: line.ratio for line in found.varied}
    lines = found.same[::-1]
    places = range(len(lines))
    figure, axes = plt.subplots(figsize=(9, 0.3 * len(lines) + 1.2), layout="constrained")
    axes.barh([place + 0.2 for place in places], [line.ratio for line in lines], 0.38, label="the same request again")
    axes.barh(
        [place - 0.2 for place in places if lines[place].name in varied],
        [varied[line.name] for line in lines if line.name in varied],
        0.38,
        label="no two requests alike",
    )
    axes.axvline(AIM, color="black", linewidth=1, linestyle="--", label=f"aim, {AIM:.0%}")
    axes.set_yticks(list(places), [line.name for line in lines], fontsize=8)
    axes.set_xlabel("requests a second, of those of a plain Litestar route (= 1)")
    axes.legend(loc="lower right", fontsize=8)
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=2000, help="requests in-process")
    parser.add_argument("--seconds", type=int, default=1, help="of each measurement over HTTP")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--plot", type=Path, help="where to draw, as SVG")
    parser.add_argument(
        "--short", action="store_true", help="one round of one second, as continuous integration runs it"
    )
    given = parser.parse_args()
    rounds, seconds = (1, 1) if given.short else (given.rounds, given.seconds)
    print_calls(given.number, rounds if given.short else 3 * rounds)
    with tempfile.TemporaryDirectory() as folder:
        found = bench_http.measure(Path(folder), seconds, rounds)
    print_measured(found)
    if given.plot is not None:
        draw(found, given.plot)
    print("\n| command | milliseconds |\n|---|---:|")
    for name, figure in command_line(rounds * 2):
        print(f"| {name} | {figure:.0f} |")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
