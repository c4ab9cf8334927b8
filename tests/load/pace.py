"""Asks a server at a fixed rate, whatever it takes to answer: what waits for its turn counts as waiting.

Latencies run from the moment at which a request was due, so that a stall of the server is not left out; a timer
of the generator that comes late, by up to a millisecond, counts too.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import count
from multiprocessing import get_context
from typing import Final, NamedTuple

from wire import connected, percentile

CONNECTIONS: Final = 32


class Paced(NamedTuple):
    """What was asked and answered; latencies in milliseconds."""

    asked: int
    failed: int
    p50: float
    p99: float
    p999: float


def paced(port: int, requests: Sequence[bytes], rate: float, seconds: float) -> Paced:
    """Ask in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_run, port, requests, rate, seconds).result()


def _run(port: int, requests: Sequence[bytes], rate: float, seconds: float) -> Paced:
    return asyncio.run(_paced(port, requests, rate, seconds))


async def _paced(port: int, requests: Sequence[bytes], rate: float, seconds: float) -> Paced:
    latencies: list[float] = []
    failed: list[int] = []
    numbers = count()
    begin = time.perf_counter() + 0.1

    async def one_connection() -> None:
        wire = await connected(port)
        while (number := next(numbers)) < rate * seconds:
            due = begin + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            reply = await wire.exchange(requests[number % len(requests)])
            latencies.append((time.perf_counter() - due) * 1000)
            if reply.status >= 400:
                failed.append(reply.status)
        wire.close()

    await asyncio.gather(*(one_connection() for _ in range(CONNECTIONS)))
    latencies.sort()
    p50, p99, p999 = (percentile(latencies, share) for share in (0.5, 0.99, 0.999))
    return Paced(len(latencies), len(failed), p50, p99, p999)
