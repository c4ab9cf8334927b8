"""What goes around every answer: headers of security, the id of the request; and HEAD, which is GET without content.

It stands outside of Litestar, so that no answer is without it, whoever made it. What a browser is told
about TLS (HSTS) is the matter of the proxy that does TLS.
"""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

Message = dict[str, Any]
Send = Callable[[Any], Awaitable[None]]

POLICY: Final = "policy"
"""Where in the scope of a request stands what its page may load (Content-Security-Policy)."""
REQUEST_ID: Final = b"x-request-id"
ID: Final = "request_id"
"""Where the id of a request stands in its scope."""

_ALWAYS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    # Also where other origins may ask: it concerns what is asked without CORS, such as pictures and scripts.
    (b"cross-origin-resource-policy", b"same-origin"),
)
_POLICY: Final = b"content-security-policy"
ON_DATA: Final = (*_ALWAYS, (_POLICY, b"default-src 'none'; frame-ancestors 'none'"))
ON_PAGES: Final = (
    *_ALWAYS,
    (b"permissions-policy", b"camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
"""Of pages, which have a policy of their own."""

_VARY: Final = (b"vary", b"Accept-Language, Origin")
"""Where other origins may ask, who asks is in the answer, and Litestar puts that in the place of the language."""

_SAFE: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")


def find_request_id(headers: Sequence[tuple[bytes, bytes]]) -> str | None:
    """The id that the client gave its request; None where there is none that can be repeated safely."""
    for name, value in headers:
        if name == REQUEST_ID:
            return value.decode() if _SAFE.fullmatch(value) else None
    return None


def make_request_id() -> str:
    """An id for a request that came without one."""
    return os.urandom(8).hex()


def add_headers(scope: Any, send: Send, *, origins: bool) -> Send:
    """Sends what it is given to send, with what goes around every answer; `origins`: others may ask (CORS)."""
    without_content = scope["method"] == "HEAD"

    def sent(message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            message["headers"] = _headers(scope, message["headers"], origins=origins)
        elif without_content:
            message = {**message, "body": b""}
        return send(message)

    return sent


def _headers(scope: Any, headers: Sequence[tuple[bytes, bytes]], *, origins: bool) -> list[tuple[bytes, bytes]]:
    found = [*headers, *ON_PAGES, (_POLICY, scope[POLICY].encode())] if POLICY in scope else [*headers, *ON_DATA]
    if origins:
        found = [(name, value) for name, value in found if name != b"vary"]
        found.append(_VARY)
    if ID in scope:
        found.append((REQUEST_ID, scope[ID].encode()))
    return found
