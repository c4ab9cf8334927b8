"""Measures batches: in-process, over HTTP, and from file to file with all cores; `make bench`.

Two kinds of rows: a portfolio, in which the same facts recur under other references as they do in an
office's lists, and rows of which no two have the same facts. Beside each in-process figure stands
what msgspec alone takes to decode the same requests and to encode the same answers. Loopback only,
bounded in rows.
"""

from __future__ import annotations

import argparse
import http.client
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import msgspec
from bench_http import Server, service

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


def facts(kind: Kind, index: int, *, distinct: bool) -> dict[str, str]:
    """The facts of one row, flat."""
    day = date(2026, 5, 15) + timedelta(index % 180)
    if kind == "deadline":
        step = ("production-licence", "distribution-licence-change", "licence-decision", "glp-qualification")
        given = {"step": step[index // 180 % 4], "start": str(day)}
        return {**given, "as_of": str(day + timedelta(index // 720))} if distinct else given
    if kind == "penalty":
        value = f"{500 + index if distinct else 500 + 100 * (index % 800)}.00"
        violation = ("79-1-1", "79-1-3", "81-1", "85-1")[index % 4]
        severity = ("ordinary", "severe")[index // 4 % 2]
        return {"violation": violation, "goods_value": value, "activity": "wholesale", "severity": severity}
    term = ("drug-registration", "production-licence", "glp-certificate", "data-protection")[index % 4]
    given = {"term": term, "start": str(date(2019, 1, 1) + timedelta(index // 4 % 2500))}
    return {**given, "as_of": str(date(2026, 6, 1) + timedelta(index // 10_000))} if distinct else given


def as_json(kind: Kind, rows: int, *, distinct: bool) -> bytes:
    """A JSON array of rows."""
    items = [{"kind": kind, **facts(kind, index, distinct=distinct), "ref": f"case-{index}"} for index in range(rows)]
    return msgspec.json.encode(items)


def write_csv(path: Path, kind: Kind, rows: int) -> None:
    """A portfolio as a CSV file."""
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(["kind", "ref", *facts(kind, 0, distinct=False)]) + "\n")
        for index in range(rows):
            file.write(",".join([kind, f"case-{index}", *facts(kind, index, distinct=False).values()]) + "\n")


def timed(call: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def in_process(rows: int, rounds: int) -> Iterator[tuple[str, float, float, int]]:
    """Name, seconds of ours, seconds of msgspec alone, bytes of the answer; medians of rounds in turns."""
    rulebook = penaltycalc.load_rulebook()
    calendar = penaltycalc.load_calendar(rulebook)
    decoder = msgspec.json.Decoder(list[PenaltyRequest | DeadlineRequest | ExpiryRequest], dec_hook=decode_value)
    for kind in KINDS:
        for distinct in (False, True):
            body = as_json(kind, rows, distinct=distinct)
            answers = Batch(rulebook, calendar).answer_rows(parse_array(body, rows))

            def ours(body: bytes = body) -> None:
                batch = Batch(rulebook, calendar)
                requests = parse_array(body, rows)
                for first in range(0, len(requests), BLOCK):
                    batch.answer_json(requests[first : first + BLOCK], first)

            def alone(body: bytes = body, answers: object = answers) -> None:
                decoder.decode(body)
                encode_answer(answers)

            taken = [(timed(ours), timed(alone)) for _ in range(rounds)]
            name = f"{kind}, {'no two rows alike' if distinct else 'a portfolio'}"
            size = len(encode_answer(answers))
            yield name, statistics.median(one for one, _ in taken), statistics.median(two for _, two in taken), size


def over_http(rows: int, rounds: int) -> Iterator[tuple[str, float, float]]:
    """Name, seconds to the first byte and to the last one."""
    with tempfile.TemporaryDirectory() as folder, service(Path(folder, "service")) as ours:
        for kind in KINDS:
            for distinct in (False, True):
                body = as_json(kind, rows, distinct=distinct)
                taken = [_post(ours, body) for _ in range(rounds)]
                first, last = (statistics.median(one) for one in zip(*taken, strict=True))
                yield f"{kind}, {'no two rows alike' if distinct else 'a portfolio'}", first, last


def _post(server: Server, body: bytes) -> tuple[float, float]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    started = time.perf_counter()
    connection.request("POST", "/v1/batch", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    first = time.perf_counter() - started
    while response.read(1 << 20):
        pass
    connection.close()
    return first, time.perf_counter() - started


def by_command(rows: int) -> Iterator[tuple[str, float, float]]:
    """Name, seconds, and the memory in MB of the largest process, of whole commands with all cores."""
    script = str(Path(sys.executable).parent / "penaltycalc")
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            cases, answers = Path(folder, "cases.csv"), Path(folder, "answers.csv")
            write_csv(cases, kind, rows)
            started = time.perf_counter()
            subprocess.run([script, "batch", str(cases), "-o", str(answers)], check=True, stderr=subprocess.DEVNULL)
            yield kind, time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def main() -> None:
    """Print the tables as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--file-rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--short", action="store_true", help="a tenth of the rows, once")
    given = parser.parse_args()
    if given.short:
        given.rows, given.file_rows, given.rounds = given.rows // 10, given.file_rows // 10, 1
    # Commands first: the memory of children is that of the largest so far, the server's among them.
    print(f"| {given.file_rows:,} rows of CSV, `penaltycalc batch` | seconds | rows/s | largest process, MB |")
    print("|---|---:|---:|---:|")
    for name, seconds, memory in by_command(given.file_rows):
        print(f"| {name} | {seconds:.1f} | {given.file_rows / seconds:,.0f} | {memory:.0f} |")
    print(f"\n| {given.rows:,} rows of JSON in-process | seconds | msgspec alone | ratio | MB of answers |")
    print("|---|---:|---:|---:|---:|")
    for name, ours, alone, size in in_process(given.rows, given.rounds):
        print(f"| {name} | {ours:.2f} | {alone:.2f} | {ours / alone:.1f} | {size / 1e6:.0f} |")
    print(f"\n| {given.rows:,} rows of JSON over HTTP | first byte, s | last byte, s |")
    print("|---|---:|---:|")
    for name, first, last in over_http(given.rows, given.rounds):
        print(f"| {name} | {first:.2f} | {last:.2f} |")


if __name__ == "__main__":
    main()
