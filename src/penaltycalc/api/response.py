"""Make responses of encoded answers: their headers, their validators, and streams of a batch."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Generator
from typing import Any, Final, NamedTuple

import msgspec
from litestar import Request, Response
from litestar.response.base import ASGIResponse

from penaltycalc.api.media_types import JSON
from penaltycalc.api.negotiation import join_header
from penaltycalc.calculators.explain import Provenance, encode_answer

_log: Final = logging.getLogger("penaltycalc")


class Content(NamedTuple):
    """The bytes of an answer, and the validator that tells them from others (RFC 9110, section 8.8.3)."""

    body: bytes
    etag: str


def with_etag(body: bytes) -> Content:
    """Return the bytes with their validator, a digest of them."""
    return Content(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


def build_answer_headers(lang: str, provenance: Provenance | None = None) -> dict[str, str]:
    """Make the headers for language and digests; the digest of the inputs only of a single calculation."""
    headers = {"content-language": lang, "vary": "Accept-Language"}
    if provenance is not None:
        headers["penaltycalc-engine"] = str(provenance.engine)
        headers["penaltycalc-rulebook"] = str(provenance.rulebook)
        headers["penaltycalc-calendar"] = str(provenance.calendar)
        if provenance.inputs:
            headers["penaltycalc-inputs"] = provenance.inputs
    return headers


def build_json_response(
    request: Request[Any, Any, Any], lang: str, answer: msgspec.Struct, provenance: Provenance | None = None
) -> Response[Any]:
    """Make the response that carries an answer as JSON; as `bytes_response`."""
    return build_bytes_response(request, build_answer_headers(lang, provenance), encode_answer(answer))


def build_file_response(
    request: Request[Any, Any, Any],
    lang: str,
    provenance: Provenance | None,
    content: bytes | Content,
    media_type: str,
    name: str,
) -> Response[Any]:
    """Make the response with a file, to be saved under that name; as `bytes_response`."""
    headers = build_answer_headers(lang, provenance)
    headers["content-disposition"] = f'attachment; filename="{name}"'
    return build_bytes_response(request, headers, content, media_type)


def build_bytes_response(
    request: Request[Any, Any, Any], headers: dict[str, str], content: bytes | Content, media_type: str = JSON
) -> Response[Any]:
    """Make the response with this content.

    To a GET it carries a validator, and it is 304 without content where the client has the same content already.
    Litestar adds the charset to a media type of text.
    """
    body = content if isinstance(content, bytes) else content.body
    # Answers to POST have no validator: caches do not keep them, and a digest takes time.
    if request.scope["method"] == "GET":
        etag = with_etag(content).etag if isinstance(content, bytes) else content.etag
        # `no-cache` lets a cache keep the answer but ask each time, since a reload may change any answer.
        headers = {**headers, "etag": etag, "cache-control": "no-cache"}
        if _is_known(etag, join_header(request, "if-none-match")):
            # A 304 repeats ETag, Vary and other headers that the 200 would have (RFC 9110, 15.4.5).
            return Response(b"", status_code=304, headers=headers)
    return Response(body, status_code=200, headers=headers, media_type=media_type)


def _is_known(etag: str, condition: str) -> bool:
    """Whether an If-None-Match header names the validator, compared weakly (RFC 9110, section 13.1.2)."""
    # Splitting at commas is safe: the validators of this service, which are hexadecimal, hold none.
    tags = {text.strip().removeprefix("W/") for text in condition.split(",")}
    return tags == {"*"} or etag in tags


class ChunkedResponse(Response[bytes]):
    """A response that is made while it is sent, chunk by chunk.

    Its length is not known before: a fault on the way breaks the connection, so that no client takes a part of
    the answer for the whole.
    """

    def __init__(
        self, headers: dict[str, str], chunks: Generator[bytes], close: Callable[[], None], timeout: float
    ) -> None:
        """`headers` are complete; `close` is called at the end in any case; each chunk has `timeout` seconds."""
        super().__init__(b"")
        self.sender = ChunkSender(headers, chunks, close, timeout)

    def to_asgi_response(self, *_: Any, **__: Any) -> ASGIResponse:
        """Return what sends the response."""
        return self.sender


class ChunkSender(ASGIResponse):
    """Sends chunks as they are made; between two of them the worker serves other requests.

    Litestar's own streaming response takes each chunk in a thread and sets no limit to the time that a client may
    take nothing.
    """

    def __init__(
        self, headers: dict[str, str], chunks: Generator[bytes], close: Callable[[], None], timeout: float
    ) -> None:
        """As `ChunkedResponse`."""
        super().__init__(headers=headers)
        del self.headers["content-length"]  # Litestar sets that of the body, which is empty here
        self.chunks = chunks
        self.close = close
        self.timeout = timeout

    async def __call__(self, _scope: Any, receive: Any, send: Any) -> None:
        """Send the chunks until they end or the client has gone."""
        # The body has been read, so that the next event of the connection is its end.
        disconnected = asyncio.ensure_future(receive())
        try:
            await self.start_response(send)
            for chunk in self.chunks:
                async with asyncio.timeout(self.timeout):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                await asyncio.sleep(0)  # sending seldom waits, so that other requests would not be served
                if disconnected.done():
                    return
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            _log.info("an answer is given up: its client takes nothing of it")
        finally:
            disconnected.cancel()
            # The generator ends before the slot, since it reads the slot's temporary file.
            self.chunks.close()
            self.close()
