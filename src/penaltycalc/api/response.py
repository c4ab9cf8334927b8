"""How an answer goes out: bytes that are ready, with headers that are ready."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Generator
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar, cast

import msgspec
from litestar import Request, Response
from litestar.response.base import ASGIResponse

from penaltycalc.api.media_types import JSON
from penaltycalc.calculators.explain import Provenance, encode_answer

T = TypeVar("T")
_log = logging.getLogger("penaltycalc")

RawHeaders = list[tuple[bytes, bytes]]


class Sent(ASGIResponse):
    """A response whose headers and content need no more work."""

    def __init__(self, status: int, headers: RawHeaders, content: bytes) -> None:
        """Nothing else is set: no cookies, no background task."""
        self.status = status
        self.raw = headers
        self.content = content

    async def __call__(self, _scope: Any, _receive: Any, send: Any) -> None:
        """Send it."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.raw})
        await send({"type": "http.response.body", "body": self.content, "more_body": False})


class BytesResponse(Response[T]):
    """An answer encoded already; Litestar takes it as any other response."""

    def __init__(self, status: int, headers: RawHeaders, body: bytes) -> None:
        """`headers` are complete but for the length of the content."""
        self.sent: ASGIResponse = Sent(status, headers, body)

    def to_asgi_response(self, *_: Any, **__: Any) -> ASGIResponse:
        """The response as it is sent."""
        return self.sent


class Streamed(BytesResponse[bytes]):
    """An answer that is made while it is sent, chunk by chunk.

    Its length is not known before: a fault on the way breaks the connection, so that no client takes a
    part for the whole.
    """

    def __init__(self, headers: RawHeaders, chunks: Generator[bytes], done: Callable[[], None], timeout: float) -> None:
        """`headers` are complete; `done` is called at the end, however it comes; each chunk has `timeout` seconds."""
        self.sent = SentInChunks(headers, chunks, done, timeout)


class SentInChunks(ASGIResponse):
    """Sends chunks as they are made; between two of them the worker serves others."""

    def __init__(self, headers: RawHeaders, chunks: Generator[bytes], done: Callable[[], None], timeout: float) -> None:
        """Nothing else is set, as in `Sent`."""
        self.raw = headers
        self.chunks = chunks
        self.done = done
        self.timeout = timeout

    async def __call__(self, _scope: Any, receive: Any, send: Any) -> None:
        """Send it, as long as there is a client; the body has been read, so that what comes next is its end."""
        gone = asyncio.ensure_future(receive())
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw})
            for chunk in self.chunks:
                async with asyncio.timeout(self.timeout):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                await asyncio.sleep(0)
                if gone.done():
                    return
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            _log.info("an answer is given up: its client takes nothing of it")
        finally:
            gone.cancel()
            self.chunks.close()
            self.done()


class Content(NamedTuple):
    """The bytes of an answer, and the validator that tells them from others (RFC 9110)."""

    body: bytes
    tag: bytes


def with_etag(body: bytes) -> Content:
    """An answer with its validator, a digest of it."""
    return Content(body, b'"%s"' % hashlib.sha256(body).hexdigest()[:32].encode())


Make = TypeVar("Make", bound=Callable[..., Any])
_KEPT: list[Callable[[], None]] = []


def kept(most: int) -> Callable[[Make], Make]:
    """Keeps the last things that a function made of a rulebook or a calendar, until `forget`."""

    def keeping(make: Make) -> Make:
        keeper = lru_cache(maxsize=most)(make)
        _KEPT.append(keeper.cache_clear)
        return cast("Make", keeper)

    return keeping


def forget() -> None:
    """Let go of all that was made of a calendar that is no longer in use, and of the calendar with it."""
    for clear in _KEPT:
        clear()


@lru_cache(maxsize=64)
def constant(body: bytes) -> Content:
    """As `tagged`, of something that stays the same as long as the service runs: its validator is made once."""
    return with_etag(body)


def json_response(
    request: Request[Any, Any, Any], lang: str, answer: msgspec.Struct, provenance: Provenance | None = None
) -> BytesResponse[Any]:
    """The response that carries an answer; to a GET with a validator, 304 where the client has it."""
    return bytes_response(request, answer_headers(lang, provenance), encode_answer(answer))


def answer_headers(lang: str, provenance: Provenance | None = None) -> RawHeaders:
    """Language and digests of an answer; the digest of the inputs where it is that of one calculation."""
    if provenance is None:
        return list(_language_headers(lang))
    headers = list(_headers(lang, str(provenance.engine), str(provenance.rulebook), str(provenance.calendar)))
    if provenance.inputs:
        headers.append((b"penaltycalc-inputs", provenance.inputs.encode()))
    return headers


def bytes_response(
    request: Request[Any, Any, Any], headers: RawHeaders, answer: bytes | Content, media_type: str = JSON
) -> BytesResponse[Any]:
    """The response with this content; to a GET with a validator, 304 where the client has it."""
    if request.scope["method"] == "GET":
        body, tag = with_etag(answer) if isinstance(answer, bytes) else answer
        headers += ((b"etag", tag), (b"cache-control", b"no-cache"))
        condition = ",".join(request.headers.getall("if-none-match", []))
        if _matches(condition, tag):
            return BytesResponse(304, headers, b"")
    else:
        body = answer if isinstance(answer, bytes) else answer.body
    headers += ((b"content-type", media_type.encode()), (b"content-length", b"%d" % len(body)))
    return BytesResponse(200, headers, body)


def _matches(condition: str, tag: bytes) -> bool:
    """Whether an If-None-Match header names the tag, compared weakly (RFC 9110, section 13.1.2)."""
    tags = {text.strip().removeprefix("W/") for text in condition.split(",")}
    return tags == {"*"} or tag.decode() in tags


@lru_cache(maxsize=8)
def _language_headers(lang: str) -> tuple[tuple[bytes, bytes], ...]:
    return (b"content-language", lang.encode()), (b"vary", b"Accept-Language")


@lru_cache(maxsize=16)
def _headers(lang: str, engine: str, rulebook: str, calendar: str) -> tuple[tuple[bytes, bytes], ...]:
    return (
        *_language_headers(lang),
        (b"penaltycalc-engine", engine.encode()),
        (b"penaltycalc-rulebook", rulebook.encode()),
        (b"penaltycalc-calendar", calendar.encode()),
    )
