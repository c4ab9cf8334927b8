"""Sends minutes of mixed traffic at 70 % of capacity; `make soak MINUTES=10`.

Capacity is measured first, with connections that each send the next request when the last one is answered. Then every
request has a time at which it is sent, whatever happened to those before, and its latency counts from that time, so
that a stall shows in all requests that it delays. Valid and invalid requests go to every route, each with the status
that must answer it. The memory of every worker is read once a second. The run is bounded in time and stays on
loopback. The exit code is 1 where there was an unexpected status, an error, or memory that grows.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Final, NamedTuple

from wire import (
    Lost,
    Wire,
    encode_post,
    encode_request,
    open_wire,
    percentile,
    print_table,
    read_memory,
    read_peak_memory,
    reset_peak_memory,
)

import servers
from servers import serving

SHARE: Final = 0.7
CONNECTIONS: Final = 32
WAIT: Final = 30.0
FLAT: Final = 0.05
"""How much the memory of a worker may grow from the second quarter of the time to the last one."""
FLAT_IN_SHORT: Final = 0.15
"""As `FLAT`, in runs of less than `SHORT` seconds, in which allocations of the start weigh more."""
SHORT: Final = 120.0
HIGHEST: Final = 0.25
"""How far the peak of its memory may rise above the median."""


class Question(NamedTuple):
    """A request, its name in the tables, and the status that must answer it."""

    name: str
    request: bytes
    status: int


def _penalties() -> list[Question]:
    return [
        Question(
            "POST penalty",
            encode_post(
                f"/v1/penalties?lang={('zh', 'en')[number % 2]}",
                b'{"violation":"%s","goods_value":"%d.%02d","activity":"wholesale","severity":"ordinary","ref":"%d"}'
                % ((b"79-1-1", b"79-1-3", b"81-1", b"85-1")[number % 4], 500 + 97 * number, number % 100, number),
            ),
            200,
        )
        for number in range(200)
    ]


def _deadlines() -> list[Question]:
    return [
        Question(
            "POST deadline",
            encode_post(
                f"/v1/deadlines?lang={('zh', 'en')[number % 2]}",
                b'{"step":"%s","start":"202%d-%02d-%02d"}'
                % (
                    (b"production-licence", b"licence-decision", b"glp-qualification")[number % 3],
                    6 + number // 100,
                    6 + number % 7,
                    1 + number % 28,
                ),
            ),
            200,
        )
        for number in range(200)
    ]


def _expiries() -> list[Question]:
    return [
        Question(
            "POST expiry",
            encode_post(
                "/v1/expiries",
                b'{"term":"%s","start":"20%02d-%02d-%02d"}'
                % (
                    (b"drug-registration", b"production-licence", b"glp-certificate")[number % 3],
                    15 + number % 15,
                    1 + number % 12,
                    1 + number % 28,
                ),
            ),
            200,
        )
        for number in range(200)
    ]


ARRAY: Final = b'[{"kind":"penalty","violation":"85-2"},{"kind":"expiry","term":"x","start":"2026-06-01"}]'
LINES: Final = b'{"kind":"deadline","step":"production-licence","start":"2026-06-18"}\n' * 20
TABLE: Final = b"kind,step,start\n" + b"deadline,production-licence,2026-06-18\n" * 20


def valid() -> list[Question]:
    """Requests that are answered, to every route but the two that make workbooks."""
    targets = (
        "/v1/penalties/85-2?severity=severe&lang=en",
        "/v1/penalties/85-2",
        "/v1/deadlines/licence-delivery?start=2026-06-01",
        "/v1/expiries/drug-registration?start=2026-06-01&lang=en",
        "/v1/deadlines/licence-delivery/ics?start=2026-06-01",
        "/v1/expiries/drug-registration/ics?start=2026-06-01",
        "/v1/cells/penalty?violation=79-1-1&goods_value=85,000&activity=wholesale&severity=ordinary",
        "/v1/cells/deadline?step=licence-delivery&start=2026/6/1&as=serial",
        "/v1/cells/expiry?term=drug-registration&start=20260601",
        "/v1/cells/working-days?from=2026-10-1&to=2026-10-31",
        "/v1/cells/penalty?violation=nonsense",
        "/v1/rulebook",
        "/v1/violations?lang=en",
        "/v1/violations/79-1-1",
        "/v1/steps",
        "/v1/steps/production-licence",
        "/v1/terms",
        "/v1/coverage?q=%E5%81%87%E8%8D%AF",
        "/v1/terms/drug-registration",
        "/v1/calendar/2026",
        "/v1/calendar/2027/csv",
        "/v1/calendar/2026/ics",
        "/v1/working-days?from=2026-01-01&to=2026-12-31",
        "/v1/working-days/shift?start=2026-01-01&days=-20",
        "/v1/conformance/csv",
        "/healthz",
        "/readyz",
        "/openapi.json",
        "/",
        "/assets/app.js",
        "/docs",
        "/problems",
        "/problems/schema?lang=en",
    )
    got = [Question(f"GET {target.partition('?')[0]}", encode_request(target), 200) for target in targets]
    batches = [
        Question("POST batch", encode_post("/v1/batch", ARRAY), 200),
        Question("POST batch/ndjson", encode_post("/v1/batch/ndjson", LINES, "application/x-ndjson"), 200),
        Question("POST batch/csv", encode_post("/v1/batch/csv", TABLE, "text/csv"), 200),
    ]
    return [*got, *batches]


def invalid() -> list[Question]:
    """Requests that are refused, by every kind of problem that a client can bring about."""
    return [
        Question("malformed", encode_post("/v1/penalties", b'{"violation":'), 400),
        Question("schema", encode_post("/v1/penalties", b'{"violation":"85-2","goods_value":85000}'), 400),
        Question("unknown-field", encode_post("/v1/penalties", b'{"violation":"85-2","goods":"1"}'), 400),
        Question("unknown-query", encode_request("/v1/steps?page=2"), 400),
        Question("repeated-name", encode_post("/v1/penalties", b'{"violation":"85-2","violation":"85-2"}'), 400),
        Question("too deep", encode_post("/v1/batch", b"[" * 10_000), 400),
        Question("not-found", encode_request("/v1/nothing"), 404),
        Question("unknown-violation in a path", encode_request("/v1/penalties/1-2-3"), 404),
        Question("method-not-allowed", encode_request("/v1/penalties"), 405),
        Question("not-acceptable", encode_request("/v1/steps", "Accept: text/csv"), 406),
        Question("too-large", encode_post("/v1/penalties", b'{"ref":"' + b"x" * 1_100_000 + b'"}'), 413),
        Question("uri-too-long", encode_request("/v1/penalties/85-2?ref=" + "x" * 9_000), 414),
        Question("unsupported-media-type", encode_post("/v1/penalties", b"violation=85-2", "text/plain"), 415),
        Question("unknown-violation", encode_post("/v1/penalties", b'{"violation":"1-2-3"}'), 422),
        Question(
            "not-in-force", encode_request("/v1/penalties/85-2?conduct_from=2026-03-01&conduct_to=2026-05-14"), 422
        ),
        Question(
            "dates-out-of-order",
            encode_request("/v1/penalties/85-2?conduct_from=2026-07-01&conduct_to=2026-06-01"),
            422,
        ),
        Question("outside-calendar", encode_request("/v1/working-days/shift?start=2006-12-29&days=1"), 422),
        Question("no-date", encode_request("/v1/deadlines/urgent-import/ics?start=2026-06-01"), 422),
        Question("over-the-cap", encode_post("/v1/expiries", OVER), 422),
    ]


OVER: Final = b'{"term":"orphan-exclusivity","start":"2026-06-01","granted":{"years":8}}'


def traffic() -> list[Question]:
    """All kinds, mixed: four of five are single calculations, as they come from case systems."""
    singles = [one for three in zip(_penalties(), _deadlines(), _expiries(), strict=True) for one in three]
    others = [*valid(), *invalid(), *valid()]
    mixed: list[Question] = []
    for number, one in enumerate(singles):
        mixed.append(one)
        if number % 4 == 3:
            mixed.append(others[number // 4 % len(others)])
    return mixed


# ------------------------------------------------------------------------------------- the generator


class Sent(NamedTuple):
    """What became of the requests: latencies in seconds in order of size, from the time at which each was due."""

    answered: int
    latencies: list[float]
    unexpected: Counter[str]
    late: float
    by_name: dict[str, list[float]]


def capacity(port: int, seconds: float) -> float:
    """Requests answered in a second over connections that each ask again as soon as they were answered."""
    return asyncio.run(_capacity(port, seconds))


async def _capacity(port: int, seconds: float) -> float:
    questions, end = traffic(), time.monotonic() + seconds
    answered = 0

    async def one(first: int) -> None:
        nonlocal answered
        wire, index = await open_wire(port), first
        while time.monotonic() < end:
            if wire.closed:
                wire = await open_wire(port)
            await asyncio.wait_for(wire.exchange(questions[index % len(questions)].request), WAIT)
            index, answered = index + 7, answered + 1
        wire.close()

    await asyncio.gather(*(one(number * 31) for number in range(CONNECTIONS)))
    return answered / seconds


def paced(port: int, rate: float, seconds: float) -> Sent:
    """Send requests at that rate, each at its own time."""
    return asyncio.run(Pace(port, rate, seconds).run())


class Pace:
    """The requests of a run, each at its time, over as many connections; one that finds none idle waits for one."""

    def __init__(self, port: int, rate: float, seconds: float) -> None:
        self._port = port
        self._rate = rate
        self._number = int(rate * seconds)
        self._questions = traffic()
        self._idle: asyncio.LifoQueue[Wire] = asyncio.LifoQueue()
        self._latencies: list[float] = []
        self._by_name: dict[str, list[float]] = {}
        self._unexpected: Counter[str] = Counter()
        self._late = 0.0
        self._pending: set[asyncio.Task[None]] = set()

    async def run(self) -> Sent:
        """Send them all."""
        for _ in range(CONNECTIONS):
            self._idle.put_nowait(await open_wire(self._port))
        start = time.monotonic() + 0.1
        for number in range(self._number):
            due = start + number / self._rate
            wait = due - time.monotonic()
            if wait > 0.001:
                await asyncio.sleep(wait)
            elif number % 32 == 0:
                await asyncio.sleep(0)
            self._late = max(self._late, time.monotonic() - due)
            task = asyncio.create_task(self._one(due, self._questions[number % len(self._questions)]))
            self._pending.add(task)
            task.add_done_callback(self._pending.discard)
        await asyncio.gather(*self._pending)
        self._latencies.sort()
        return Sent(len(self._latencies), self._latencies, self._unexpected, self._late, self._by_name)

    async def _one(self, due: float, question: Question) -> None:
        wire = await self._idle.get()
        try:
            if wire.closed:  # the service may close a connection after a refusal
                wire = await open_wire(self._port)
            reply = await asyncio.wait_for(wire.exchange(question.request), WAIT)
        except (Lost, OSError) as fault:
            self._unexpected[f"{question.name}: {fault or type(fault).__name__}"] += 1
            return
        finally:
            self._idle.put_nowait(wire)
        taken = time.monotonic() - due
        self._latencies.append(taken)
        self._by_name.setdefault(question.name, []).append(taken)
        if reply.status != question.status:
            self._unexpected[f"{question.name}: {reply.status} instead of {question.status}"] += 1


# --------------------------------------------------------------------------------------- the run


class Memory(NamedTuple):
    """The resident memory of a worker in MB: at the start, second by second, and the most of all."""

    start: float
    samples: list[float]
    peak: float

    @property
    def growth(self) -> float:
        """The median of the last quarter over that of the second one, less one."""
        quarter = max(1, len(self.samples) // 4)
        return statistics.median(self.samples[-quarter:]) / statistics.median(self.samples[quarter : 2 * quarter]) - 1

    @property
    def height(self) -> float:
        """The peak over the median of all samples, less one."""
        return self.peak / statistics.median(self.samples) - 1


def soak(workers: int, seconds: float, warm_up: float) -> bool:
    """Run, print the tables, and say whether all was well."""
    with (
        tempfile.TemporaryDirectory() as made,
        serving(Path(made), "--workers", str(workers)) as running,
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
    ):
        port, pids = int(running.url.rpartition(":")[2]), servers.workers(running)
        most = pool.submit(capacity, port, warm_up).result()
        starts = [read_memory(pid) for pid in pids]
        for pid in pids:
            reset_peak_memory(pid)
        sending = pool.submit(paced, port, SHARE * most, seconds)
        series: list[list[float]] = [[] for _ in pids]
        while not sending.done():
            time.sleep(1)
            for pid, samples in zip(pids, series, strict=True):
                samples.append(read_memory(pid))
        peaks = [read_peak_memory(pid) for pid in pids]
        memories = [Memory(*one) for one in zip(starts, series, peaks, strict=True)]
        sent = sending.result()
        same = servers.workers(running) == pids
    _print(most, seconds, sent, memories)
    flat = FLAT if seconds > SHORT else FLAT_IN_SHORT
    return same and not sent.unexpected and all(one.growth < flat and one.height < HIGHEST for one in memories)


def _print(most: float, seconds: float, sent: Sent, memories: Sequence[Memory]) -> None:
    shown = [(name, percentile(sent.latencies, share)) for name, share in (("p50", 0.5), ("p99", 0.99))]
    shown += [("p99.9", percentile(sent.latencies, 0.999)), ("slowest", percentile(sent.latencies, 1))]
    figures = [
        ("capacity measured before", f"{most:,.0f} requests/s"),
        ("sent", f"{sent.answered:,} in {seconds / 60:.1f} minutes, {SHARE * most:,.0f} a second"),
        ("errors and unexpected statuses", f"{sum(sent.unexpected.values())}"),
        *((name, f"{value * 1000:.1f} ms") for name, value in shown),
        ("latest start of the generator itself", f"{sent.late * 1000:.1f} ms"),
    ]
    print_table((f"{len(memories)} workers, mixed traffic", ""), figures)
    print()
    head = ("resident memory, MB", "at the start", "second quarter", "last quarter", "peak", "at the end", "growth")
    print_table(
        head,
        [
            (
                f"worker {number}",
                f"{one.start:.1f}",
                f"{statistics.median(one.samples[len(one.samples) // 4 : len(one.samples) // 2 + 1]):.1f}",
                f"{statistics.median(one.samples[-max(1, len(one.samples) // 4) :]):.1f}",
                f"{one.peak:.1f}",
                f"{one.samples[-1]:.1f}",
                f"{one.growth:+.1%}",
            )
            for number, one in enumerate(memories, 1)
        ],
    )
    print()
    slowest = sorted(sent.by_name.items(), key=lambda item: -percentile(sorted(item[1]), 0.99))[:8]
    rows = [(name, f"{len(taken):,}", f"{percentile(sorted(taken), 0.99) * 1000:.1f} ms") for name, taken in slowest]
    print_table(("slowest kinds", "requests", "p99"), rows)
    for name, number in sent.unexpected.most_common():
        print(f"\nUNEXPECTED: {number} × {name}")


def main() -> None:
    """Run for the minutes given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--short", action="store_true", help="twenty seconds")
    options = parser.parse_args()
    seconds, warm_up = (20.0, 3.0) if options.short else (60 * options.minutes, 10.0)
    sys.exit(0 if soak(options.workers, seconds, warm_up) else 1)


if __name__ == "__main__":
    main()
