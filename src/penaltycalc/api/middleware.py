"""Add to every answer the headers of security and the id of its request; answer HEAD as GET without content.

This stands outside of Litestar, so that no answer is without it, whoever made it. HSTS is left to the proxy that
ends TLS.
"""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

Message = dict[str, Any]
Send = Callable[[Any], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]

POLICY: Final = "policy"
"""The key of a request's scope under which a page states what it may load (Content-Security-Policy)."""
REQUEST_ID: Final = b"x-request-id"
ID: Final = "request_id"
"""The key of a request's scope under which its id stands."""

_ALWAYS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    # Also where CORS allows other origins: this header concerns requests without CORS, such as for pictures.
    (b"cross-origin-resource-policy", b"same-origin"),
)
_POLICY: Final = b"content-security-policy"
DATA_HEADERS: Final = (*_ALWAYS, (_POLICY, b"default-src 'none'; frame-ancestors 'none'"))
"""The headers of answers that are no pages."""
PAGE_HEADERS: Final = (
    *_ALWAYS,
    (b"permissions-policy", b"camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
"""The headers of pages, besides their own policy."""

_VARY: Final = (b"vary", b"Accept-Language, Origin")
"""Where CORS is on, the answer depends on the origin, and Litestar overwrites the Vary of the language with it."""

# The id is repeated in a header and in the log, so that nothing may stand in it that could end a line.
_SAFE: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")


def find_request_id(headers: Headers) -> str | None:
    """Find the id that the client gave its request; None where there is none that can be repeated safely."""
    for name, value in headers:
        if name == REQUEST_ID:
            return value.decode() if _SAFE.fullmatch(value) else None
    return None


def make_request_id() -> str:
    """Make an id for a request that came without one."""
    return os.urandom(8).hex()


class HeaderSender:
    """Sends the messages of one answer, with the headers of every answer; to a HEAD request without content."""

    def __init__(self, scope: Any, send: Send, *, cross_origin: bool) -> None:
        """`cross_origin`: other origins may use the service (CORS)."""
        self.started = False
        self._scope = scope
        self._send = send
        self._cross_origin = cross_origin
        # Read now: the service turns HEAD into GET before Litestar sees the request.
        self._without_content = scope["method"] == "HEAD"

    async def __call__(self, message: Message) -> None:
        """Send one message of ASGI."""
        if message["type"] == "http.response.start":
            self.started = True
            message["headers"] = self._complete(message["headers"])
        elif self._without_content:
            # The headers stay those of GET, Content-Length included (RFC 9110, section 9.3.2).
            message = {**message, "body": b""}
        await self._send(message)

    def _complete(self, headers: Headers) -> list[tuple[bytes, bytes]]:
        scope = self._scope
        policy = (*PAGE_HEADERS, (_POLICY, scope[POLICY].encode())) if POLICY in scope else DATA_HEADERS
        complete = [*headers, *policy]
        if self._cross_origin:
            complete = [(name, value) for name, value in complete if name != b"vary"]
            complete.append(_VARY)
        if ID in scope:
            complete.append((REQUEST_ID, scope[ID].encode()))
        return complete
