"""Time-outs: slow heads and idle connections, slow bodies, slow readers; and that nothing is left behind."""

from __future__ import annotations

import asyncio
import resource
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import servers
from penaltycalc.api.app import create_app
from penaltycalc.api.request import limit_body_time
from penaltycalc.api.response import ChunkSender
from penaltycalc.server import raise_file_limit
from penaltycalc.settings import Seconds, Settings

PATIENT = Settings(body_timeout=Seconds("0.2"), body_pace=1_000_000)
BODY = b'{"term": "drug-registration", "start": "2023-03-01"}'


def scope(path: str, media_type: bytes) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"content-type", media_type)],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "scheme": "http",
        "http_version": "1.1",
        "root_path": "",
        "state": {},
    }


async def asked(settings: Settings, path: str, media_type: bytes, pieces: AsyncIterator[bytes]) -> tuple[Any, Any]:
    """The start of the answer to a body that comes in these pieces, and the service; it waits for ever behind them."""
    app = create_app(settings)
    started: list[Any] = []

    async def receive() -> dict[str, Any]:
        async for piece in pieces:
            return {"type": "http.request", "body": piece, "more_body": not piece.endswith(b"}")}
        await asyncio.sleep(3600)
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            started.append(message)

    await app(scope(path, media_type), receive, send)
    return started[0], app


async def slowly(*pieces: bytes, seconds: float = 0.0) -> AsyncIterator[bytes]:
    for piece in pieces:
        await asyncio.sleep(seconds)
        yield piece


@pytest.mark.parametrize("pieces", [(), (b"{",), (b"{", b'"violation":')])
@pytest.mark.parametrize(
    ("path", "media_type"),
    [("/v1/expiries", b"application/json"), ("/v1/batch", b"application/json"), ("/v1/batch/csv", b"text/csv")],
)
def test_a_body_that_does_not_come_is_given_up(path: str, media_type: bytes, pieces: tuple[bytes, ...]) -> None:
    start, app = asyncio.run(asked(PATIENT, path, media_type, slowly(*pieces)))
    assert start["status"] == 408
    assert dict(start["headers"])[b"connection"] == b"close"
    for _ in range(PATIENT.max_batches):  # nobody holds a place any more
        app.worker.limiter.enter()


def test_a_body_that_comes_in_time_is_answered() -> None:
    pieces = slowly(BODY[:20], BODY[20:], seconds=0.01)
    start, _ = asyncio.run(asked(Settings(), "/v1/expiries", b"application/json", pieces))
    assert start["status"] == 200


def test_a_body_that_comes_too_slowly_as_a_whole_is_given_up() -> None:
    slow = Settings(body_timeout=Seconds("0.3"), body_pace=1_000_000)
    pieces = slowly(*[b" "] * 200, BODY, seconds=0.05)  # each in time, all in ten seconds
    began = time.monotonic()
    start, _ = asyncio.run(asked(slow, "/v1/expiries", b"application/json", pieces))
    assert start["status"] == 408
    assert time.monotonic() - began < 9


@pytest.mark.parametrize(
    ("now", "size", "deadline"),
    [(1000.0, 0, 1010.0), (1005.0, 0, 1010.0), (1005.0, 400, 1014.0), (1005.0, 9000, 1015.0)],
)
def test_a_pace_that_is_kept_gives_time_but_never_more_than_a_piece_has(now: float, size: int, deadline: float) -> None:
    assert limit_body_time(Settings(body_timeout=Seconds(10), body_pace=100), 1000.0, now, size) == deadline


def test_a_request_that_is_cancelled_for_another_reason_is_not_answered_408() -> None:
    async def cancel() -> None:
        task = asyncio.create_task(asked(Settings(), "/v1/expiries", b"application/json", slowly()))
        await asyncio.sleep(0.05)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancel())


def test_an_answer_that_nobody_takes_is_given_up_and_its_end_is_not_sent() -> None:
    sent: list[dict[str, Any]] = []
    done: list[bool] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        if len(sent) == 3:
            await asyncio.sleep(3600)

    async def receive() -> None:
        await asyncio.sleep(3600)

    chunks = (b"x" for _ in range(10))
    answer = ChunkSender({}, chunks, lambda: done.append(True), 0.05)
    asyncio.run(answer({}, receive, send))
    assert [message.get("more_body") for message in sent] == [None, True, True]
    assert done == [True]
    assert next(chunks, None) is None


# ---------------------------------------------------------------------------- with a real server


def ends(url: str, data: bytes) -> tuple[float, bytes]:
    """After how many seconds the server ends a connection on which this is sent, and what it says."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as client:
        client.sendall(data)
        began, received = time.monotonic(), b""
        while piece := client.recv(65_536):
            received += piece
        return time.monotonic() - began, received


def test_a_server_ends_what_does_not_go_on(tmp_path: Path) -> None:
    post = b"POST /v1/batch/csv HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: 99\r\n\r\n"
    with servers.serving(tmp_path, settings={"HEADER_TIMEOUT": "0.7", "BODY_TIMEOUT": "0.4"}) as running:
        for data, beginning in (
            (b"", b""),
            (b"GET /healthz HTTP/1.1\r\nHost:", b""),
            (b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 200"),
            (post, b"HTTP/1.1 408"),
            (post + b"kind,", b"HTTP/1.1 408"),
        ):
            seconds, received = ends(running.url, data)
            assert received.startswith(beginning)
            assert seconds < 15
        assert httpx.get(f"{running.url}/healthz").status_code == 200


def test_a_thousand_slow_connections_lock_nobody_out(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    with servers.serving(tmp_path, settings={"HEADER_TIMEOUT": "60"}) as running:
        host, port = running.url.removeprefix("http://").split(":")
        slow = [socket.create_connection((host, int(port)), timeout=20) for _ in range(1000)]
        try:
            for client in slow:
                client.sendall(b"POST /v1/penalties HTTP/1.1\r\nHost:")
            assert httpx.get(f"{running.url}/v1/steps", timeout=20).status_code == 200
        finally:
            for client in slow:
                client.close()


def test_a_reader_that_stands_still_loses_its_answer_and_holds_no_place(tmp_path: Path) -> None:
    row = b'{"kind":"penalty","violation":"79-1-1","severity":"ordinary","activity":"retail","ref":"%d"}\n'
    body = b"".join(row % number for number in range(5000))
    head = (
        b"POST /v1/batch/ndjson?explain=true HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n"
        b"Content-Length: %d\r\n\r\n" % len(body)
    )
    settings = {"MAX_BATCHES": "1", "ANSWER_TIMEOUT": "0.5"}
    with servers.serving(tmp_path, settings=settings) as running:
        host, port = running.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=20) as client:
            client.sendall(head + body)
            assert client.recv(12) == b"HTTP/1.1 200"
            for _ in range(200):
                small = httpx.post(f"{running.url}/v1/batch", json=[{}], timeout=20)
                if small.status_code == 200:
                    break
                assert small.json()["code"] == "unavailable"
                time.sleep(0.1)
            assert small.status_code == 200
            rest = b""
            while piece := client.recv(1_000_000):
                rest += piece
            assert not rest.endswith(b"0\r\n\r\n")  # what would say that it is whole
            assert len(rest) < 20_000_000
    assert "an answer is given up" in running.log.read_text("utf-8")


@pytest.mark.parametrize(
    ("limits", "wanted"),
    [
        ((1024, 4096), 4096),
        ((1024, 100_000), 5512),
        ((256, resource.RLIM_INFINITY), 5512),
        ((9000, 100_000), None),
        ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), None),
    ],
)
def test_a_process_may_have_as_many_files_open_as_its_connections_need(
    monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int], wanted: int | None
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda *given: told.append(given))
    raise_file_limit(5512)
    assert told == ([] if wanted is None else [(resource.RLIMIT_NOFILE, (wanted, limits[1]))])
