"""What soak.py and faults.py share: requests over plain sockets, load, and figures of processes.

The sender shares the machine with the service that it loads, so it does little: requests are encoded before the load
begins, and answers are parsed no more than needed. Loopback only.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Final, NamedTuple

JSON: Final = "application/json"
LAST_CHUNK: Final = b"\r\n0\r\n\r\n"


# ---------------------------------------------------------------------------------------- requests


def encode_request(target: str, *headers: str, method: str = "GET") -> bytes:
    """A request without content, as it goes over the wire."""
    return "\r\n".join([f"{method} {target} HTTP/1.1", "Host: x", *headers, "", ""]).encode()


def encode_post(target: str, body: bytes, media_type: str = JSON, *headers: str) -> bytes:
    """A POST, as it goes over the wire."""
    fields = (f"Content-Type: {media_type}", f"Content-Length: {len(body)}")
    return encode_request(target, *fields, *headers, method="POST") + body


class Reply(NamedTuple):
    """An answer; `content` holds the bytes as they came, with the sizes of the chunks of a chunked answer."""

    status: int
    head: bytes
    content: bytes

    def header(self, name: str) -> str:
        """A header; empty where it is not there."""
        _, separator, rest = self.head.partition(f"\r\n{name.lower()}: ".encode())
        return rest.partition(b"\r\n")[0].decode("latin-1") if separator else ""

    @property
    def whole(self) -> bool:
        """Whether the answer is complete."""
        head = self.head
        if self.status == 304:
            return True
        if b"\r\ntransfer-encoding: chunked" in head:
            return (b"\r\n" + self.content[-7:]).endswith(LAST_CHUNK)
        return len(self.content) >= int(self.header("content-length") or 0)


def parse_reply(received: bytes) -> Reply | None:
    """The answer that begins with these bytes, as far as it is there; None before the end of its headers."""
    head, separator, content = received.partition(b"\r\n\r\n")
    return Reply(int(head[9:12]), head + b"\r\n", content) if separator else None


# -------------------------------------------------------------------------------------- connections


class Lost(ConnectionError):
    """The connection ended before the answer; `begun` where a part of it had come."""

    def __init__(self, *, begun: bool) -> None:
        super().__init__("cut in the middle" if begun else "no answer")
        self.begun = begun


class Wire(asyncio.Protocol):
    """One connection, with one request under way at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Reply] | None = None
        self._received: list[bytes] = []
        self.closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Collect an answer."""
        self._received.append(data)
        # Parsing a long answer after every piece would take quadratic time: only what may be its last piece is parsed.
        reply = parse_reply(b"".join(self._received)) if len(self._received) < 8 or data.endswith(b"\r\n") else None
        if reply is not None and reply.whole and self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(reply)
            self._received.clear()

    def connection_lost(self, _: Exception | None) -> None:
        """End the exchange under way with Lost."""
        self.closed = True
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(Lost(begun=bool(self._received)))

    def exchange(self, request: bytes) -> asyncio.Future[Reply]:
        """Send a request; the answer, or Lost."""
        assert self._transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        if self.closed:
            self._waiting.set_exception(Lost(begun=False))
        else:
            self._transport.write(request)
        return self._waiting

    def send(self, content: bytes) -> None:
        """Send some bytes, of whatever kind."""
        if self._transport is not None and not self.closed:
            self._transport.write(content)

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.abort()


async def open_wire(port: int) -> Wire:
    """A new connection; OSError."""
    _, wire = await asyncio.get_running_loop().create_connection(Wire, "127.0.0.1", port)
    return wire


async def send_once(port: int, request: bytes) -> Reply:
    """The answer over a connection of its own; OSError."""
    wire = await open_wire(port)
    try:
        return await asyncio.wait_for(wire.exchange(request), 30)
    finally:
        wire.close()


# ------------------------------------------------------------------------------- load, closed loop


class Plan(NamedTuple):
    """Connections that each send the next request as soon as they received an answer, for some seconds.

    With `fresh` every request has a connection of its own. `pause` seconds lie between two requests.
    """

    port: int
    requests: Sequence[bytes]
    seconds: float
    connections: int = 8
    fresh: bool = False
    pause: float = 0.0


class Sample(NamedTuple):
    """One request: when it was sent and answered (monotonic seconds), its status, 0 where there was none.

    `fault` says how it was lost; `digest` is the calendar's, `mixed` where answer and headers name two.
    """

    sent: float
    ended: float
    status: int
    fault: str = ""
    digest: str = ""
    mixed: bool = False


def send_plan(plan: Plan) -> list[Sample]:
    """Send what the plan says."""
    return asyncio.run(_send_plan(plan))


async def _send_plan(plan: Plan) -> list[Sample]:
    samples: list[Sample] = []
    end = time.monotonic() + plan.seconds
    await asyncio.gather(*(_one_connection(plan, number, end, samples) for number in range(plan.connections)))
    return samples


async def _one_connection(plan: Plan, number: int, end: float, samples: list[Sample]) -> None:
    wire: Wire | None = None
    index = number
    while (sent := time.monotonic()) < end:
        request = plan.requests[index % len(plan.requests)]
        index += plan.connections
        try:
            if wire is None or wire.closed:
                wire = await open_wire(plan.port)
            reply = await asyncio.wait_for(wire.exchange(request), 30)
        except Lost as lost:
            samples.append(Sample(sent, time.monotonic(), 0, str(lost)))
        except OSError as fault:
            samples.append(Sample(sent, time.monotonic(), 0, type(fault).__name__))
            await asyncio.sleep(0.05)
        else:
            digest = reply.header("penaltycalc-calendar")
            mixed = bool(digest) and b'"calendar":"' in reply.content and digest.encode() not in reply.content
            samples.append(Sample(sent, time.monotonic(), reply.status, "", digest, mixed))
            if plan.fresh:
                wire.close()
        if plan.pause:
            await asyncio.sleep(plan.pause)
    if wire is not None:
        wire.close()


class Load:
    """A plan that runs in a process of its own."""

    def __init__(self, plan: Plan) -> None:
        self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        self._pool.submit(time.monotonic).result()  # the process must run before the plan's time begins
        self._samples: Future[list[Sample]] = self._pool.submit(send_plan, plan)

    def result(self) -> list[Sample]:
        """Wait for its end."""
        samples = self._samples.result()
        self._pool.shutdown()
        return samples


# ----------------------------------------------------------------------------------------- figures


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the sorted values does not exceed; 0 without values."""
    if not values:
        return 0.0
    return values[min(len(values) - 1, max(0, round(share * len(values) + 0.5) - 1))]


def read_memory(pid: int) -> float:
    """The resident memory of a process in MB; 0 where it is gone."""
    return _read_status(pid, "VmRSS")


def read_peak_memory(pid: int) -> float:
    """The highest resident memory of a process since `reset_peak_memory`, in MB."""
    return _read_status(pid, "VmHWM")


def reset_peak_memory(pid: int) -> None:
    """Measure the highest resident memory of a process from now on."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")


def _read_status(pid: int, name: str) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(name)), 0.0)


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]], *, out: Callable[[str], object] = print) -> None:
    """Print a Markdown table."""
    out(f"| {' | '.join(head)} |")
    out(f"|{'---|' * len(head)}")
    for row in rows:
        out(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |")
