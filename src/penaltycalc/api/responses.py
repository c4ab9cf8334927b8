"""How an answer goes out: bytes that are ready, with headers that are ready."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response
from litestar.response.base import ASGIResponse

from penaltycalc.answers import Provenance, encode_answer

JSON = "application/json"
T = TypeVar("T")

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


class Answered(Response[T]):
    """An answer encoded already; Litestar takes it as any other response."""

    def __init__(self, status: int, headers: RawHeaders, body: bytes) -> None:
        """`headers` are complete but for the length of the content."""
        self.sent = Sent(status, headers, body)

    def to_asgi_response(self, *_: Any, **__: Any) -> ASGIResponse:
        """The response as it is sent."""
        return self.sent


def answered(
    request: Request[Any, Any, Any], lang: str, answer: msgspec.Struct, provenance: Provenance | None = None
) -> Answered[Any]:
    """The response that carries an answer; to a GET with a validator, 304 where the client has it."""
    headers = list(_language_headers(lang))
    if provenance is not None:
        headers += _digest_headers(provenance.engine, provenance.rulebook, provenance.calendar)
        headers.append((b"penaltycalc-inputs", provenance.inputs.encode()))
    return ready(request, headers, encode_answer(answer))


def ready(request: Request[Any, Any, Any], headers: RawHeaders, body: bytes, media_type: str = JSON) -> Answered[Any]:
    """The response with this content; to a GET with a validator, 304 where the client has it."""
    if request.scope["method"] == "GET":
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers += ((b"etag", tag.encode()), (b"cache-control", b"no-cache"))
        known = request.headers.get("if-none-match")
        if known is not None and (known.strip() == "*" or tag in _tags(known)):
            return Answered(304, headers, b"")
    headers += ((b"content-type", media_type.encode()), (b"content-length", b"%d" % len(body)))
    return Answered(200, headers, body)


def _tags(header: str) -> set[str]:
    """The tags of If-None-Match, compared weakly (RFC 9110)."""
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}


@lru_cache(maxsize=8)
def _language_headers(lang: str) -> tuple[tuple[bytes, bytes], ...]:
    return (b"content-language", lang.encode()), (b"vary", b"Accept-Language")


@lru_cache(maxsize=8)
def _digest_headers(engine: str, rulebook: str, calendar: str) -> tuple[tuple[bytes, bytes], ...]:
    return (
        (b"penaltycalc-engine", engine.encode()),
        (b"penaltycalc-rulebook", rulebook.encode()),
        (b"penaltycalc-calendar", calendar.encode()),
    )
