"""A file of a million rows over HTTP: every row is answered, and the memory of the worker hardly grows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

import servers

ROWS = 1_000_000
STEPS = ("production-licence", "distribution-licence-change", "licence-decision", "glp-qualification")
FIRST = date(2026, 5, 15)
MEGABYTES = 1024


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Running]:
    with servers.serving(tmp_path_factory.mktemp("service")) as service:
        yield service


def facts(number: int) -> tuple[str, str]:
    """Step and start of a row; every 1,000th starts on a day that is none."""
    if number % 1000 == 999:
        return STEPS[0], "2026-02-30"
    return STEPS[number % 4], str(FIRST + timedelta(number // 4 % 500))


def memory(service: servers.Running) -> dict[int, int]:
    """The largest resident memory so far of each worker, in kB, by its process id."""
    children = Path(f"/proc/{service.process.pid}/task/{service.process.pid}/children").read_text().split()
    peaks = {}
    for child in children:
        for line in Path(f"/proc/{child}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                peaks[int(child)] = int(line.split()[1])
    return peaks


def lines_of(service: servers.Running, path: str, media_type: str, body: Iterator[bytes]) -> Iterator[str]:
    with httpx.stream(
        "POST", service.url + path, content=body, headers={"content-type": media_type}, timeout=300
    ) as answer:
        assert answer.status_code == 200
        yield from answer.iter_lines()


def in_parts(rows: Iterator[str]) -> Iterator[bytes]:
    """The rows in parts of some size, as they are sent."""
    part = io.StringIO()
    for row in rows:
        part.write(row)
        if part.tell() > 1_000_000:
            yield part.getvalue().encode()
            part = io.StringIO()
    yield part.getvalue().encode()


def test_ndjson(running: servers.Running) -> None:
    rows = (f'{{"kind":"deadline","step":"{facts(n)[0]}","start":"{facts(n)[1]}","ref":"{n}"}}\n' for n in range(ROWS))
    httpx.get(f"{running.url}/v1/deadlines/licence-decision?start=2028-01-03")
    before = memory(running)
    decode = msgspec.json.Decoder().decode
    problems = number = 0
    for number, line in enumerate(lines_of(running, "/v1/batch/ndjson", "application/x-ndjson", in_parts(rows)), 1):
        row = decode(line)
        assert row["ref"] == str(number - 1)
        problems += row["kind"] == "problem"
    assert (number, problems) == (ROWS, ROWS // 1000)
    assert_grown_by_less_than_64_mb(before, memory(running))


def test_csv(running: servers.Running) -> None:
    rows = (f"deadline,{facts(n)[0]},{facts(n)[1]},{n}\r\n" for n in range(ROWS))

    def body() -> Iterator[bytes]:
        yield b"kind,step,start,ref\r\n"
        yield from in_parts(rows)

    before = memory(running)
    problems = number = 0
    answered = csv.DictReader(lines_of(running, "/v1/batch/csv", "text/csv", body()))
    for number, row in enumerate(answered, 1):
        assert row["ref"] == str(number - 1)
        problems += row["problem_code"] == "schema"
        assert bool(row["due"]) != bool(row["problem_code"])
    assert (number, problems) == (ROWS, ROWS // 1000)
    assert_grown_by_less_than_64_mb(before, memory(running))


def assert_grown_by_less_than_64_mb(before: dict[int, int], after: dict[int, int]) -> None:
    assert before.keys() == after.keys()
    for worker, peak in after.items():
        assert peak - before[worker] < 64 * MEGABYTES, f"{before[worker]} kB, then {peak} kB"
