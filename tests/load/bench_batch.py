"""Measures batches: in-process, and from file to file with all cores; `make bench`.

No two rows have the same facts. Beside each in-process figure stands the time that msgspec alone takes to decode
the same requests and to encode the same answers. Bounded in rows.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

import penaltycalc
from penaltycalc.batch.rows import Batch, parse_array
from penaltycalc.calculators.calculate import Kind
from penaltycalc.calculators.deadlines import DeadlineRequest
from penaltycalc.calculators.expiries import ExpiryRequest
from penaltycalc.calculators.explain import encode_answer
from penaltycalc.calculators.penalties import PenaltyRequest
from penaltycalc.rules.records import decode_value

KINDS: Final[tuple[Kind, ...]] = ("deadline", "penalty", "expiry")
BLOCK: Final = 200
"""Rows that the service answers at a stretch."""


def make_facts(kind: Kind, index: int) -> dict[str, str]:
    """Make the facts of one row, flat."""
    if kind == "deadline":
        day = date(2026, 5, 15) + timedelta(index % 180)
        steps = ("production-licence", "distribution-licence-change", "licence-decision", "glp-qualification")
        step = steps[index // 180 % 4]
        return {"step": step, "start": str(day), "as_of": str(day + timedelta(index // 720))}
    if kind == "penalty":
        violation = ("79-1-1", "79-1-3", "81-1", "85-1")[index % 4]
        severity = ("ordinary", "severe")[index // 4 % 2]
        return {
            "violation": violation,
            "goods_value": f"{500 + index}.00",
            "activity": "wholesale",
            "severity": severity,
        }
    term = ("drug-registration", "production-licence", "glp-certificate", "data-protection")[index % 4]
    start = date(2019, 1, 1) + timedelta(index // 4 % 2500)
    return {"term": term, "start": str(start), "as_of": str(date(2026, 6, 1) + timedelta(index // 10_000))}


def encode_rows(kind: Kind, rows: int) -> bytes:
    """Encode rows as a JSON array."""
    return msgspec.json.encode([{"kind": kind, **make_facts(kind, index), "ref": f"{index}"} for index in range(rows)])


def write_csv(path: Path, kind: Kind, rows: int) -> None:
    """Write rows as a CSV file."""
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(["kind", "ref", *make_facts(kind, 0)]) + "\n")
        for index in range(rows):
            file.write(",".join([kind, f"case-{index}", *make_facts(kind, index).values()]) + "\n")


def measure(call: Callable[[], object]) -> float:
    """Measure the seconds that a call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


class InProcess(NamedTuple):
    """Seconds of a batch, and of msgspec alone; bytes of the answers."""

    kind: Kind
    batch: float
    msgspec_alone: float
    size: int


def measure_in_process(rows: int, rounds: int) -> Iterator[InProcess]:
    """Measure batches of JSON rows; medians of rounds in which the two take turns."""
    rulebook = penaltycalc.load_rulebook()
    calendar = penaltycalc.load_calendar(rulebook)
    decoder = msgspec.json.Decoder(list[PenaltyRequest | DeadlineRequest | ExpiryRequest], dec_hook=decode_value)
    for kind in KINDS:
        body = encode_rows(kind, rows)
        first = Batch(rulebook, calendar)
        answers = [first.answer_row(number, row) for number, row in enumerate(parse_array(body, rows))]

        def answer_batch(body: bytes = body) -> None:
            batch = Batch(rulebook, calendar)
            requests = parse_array(body, rows)
            for first in range(0, len(requests), BLOCK):
                batch.answer_json(requests[first : first + BLOCK], first)

        def use_msgspec_alone(body: bytes = body, answers: object = answers) -> None:
            decoder.decode(body)
            encode_answer(answers)

        seconds = [(measure(answer_batch), measure(use_msgspec_alone)) for _ in range(rounds)]
        batch, alone = (statistics.median(times) for times in zip(*seconds, strict=True))
        yield InProcess(kind, batch, alone, len(encode_answer(answers)))


class Command(NamedTuple):
    """Seconds of a whole command with all cores, and the memory in MB of its largest process."""

    kind: Kind
    seconds: float
    memory: float


def measure_commands(rows: int) -> Iterator[Command]:
    """Measure `penaltycalc batch` from a CSV file to a CSV file."""
    script = str(Path(sys.executable).parent / "penaltycalc")
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            cases, answers = Path(folder, "cases.csv"), Path(folder, "answers.csv")
            write_csv(cases, kind, rows)
            started = time.perf_counter()
            subprocess.run([script, "batch", str(cases), "-o", str(answers)], check=True, stderr=subprocess.DEVNULL)
            seconds = time.perf_counter() - started
            yield Command(kind, seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)


def main() -> None:
    """Print the tables as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--file-rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--short", action="store_true", help="a tenth of the rows, once")
    options = parser.parse_args()
    if options.short:
        options.rows, options.file_rows, options.rounds = options.rows // 10, options.file_rows // 10, 1
    print(f"| {options.file_rows:,} rows of CSV, `penaltycalc batch` | seconds | rows/s | largest process, MB |")
    print("|---|---:|---:|---:|")
    for command in measure_commands(options.file_rows):
        rate = options.file_rows / command.seconds
        print(f"| {command.kind} | {command.seconds:.1f} | {rate:,.0f} | {command.memory:.0f} |")
    print(f"\n| {options.rows:,} rows of JSON in-process | seconds | msgspec alone | ratio | MB of answers |")
    print("|---|---:|---:|---:|---:|")
    for kind, batch, alone, size in measure_in_process(options.rows, options.rounds):
        print(f"| {kind} | {batch:.2f} | {alone:.2f} | {batch / alone:.1f} | {size / 1e6:.0f} |")


if __name__ == "__main__":
    main()
