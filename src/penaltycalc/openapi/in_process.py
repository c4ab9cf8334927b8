"""Send requests to the service within this process, as a server of ASGI would."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from penaltycalc.api.app import Service, create_app
from penaltycalc.settings import Settings


class Reply(NamedTuple):
    """What the service answers, and the id of the operation that answered; None where there is none."""

    status: int
    media_type: str
    content: bytes
    operation: str | None


def create_service() -> Service:
    """Create a service with all defaults, whatever the environment sets: examples are the same everywhere."""
    return create_app(Settings())


def send_request(service: Service, method: str, target: str, headers: Mapping[str, str], content: bytes) -> Reply:
    """Send one request with its whole body, and receive the whole answer."""
    path, _, query = target.partition("?")
    scope: dict[str, Any] = {
        "type": "http",
        "http_version": "1.1",
        "scheme": "http",
        "method": method,
        "path": unquote(path),
        # The per cent sign stays, since the target of an example may be encoded already.
        "raw_path": quote(path, safe="/%").encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    events = [{"type": "http.request", "body": content, "more_body": False}]
    messages: list[Any] = []

    async def receive() -> Any:
        if events:
            return events.pop()
        return await asyncio.Event().wait()  # the client stays connected until it has the whole answer

    async def send(message: Any) -> None:
        messages.append(message)

    # No client of HTTP: httpx is installed for tests only, and `penaltycalc openapi` runs without it.
    asyncio.run(service(scope, receive, send))
    # The first message of ASGI holds status and headers, all others hold pieces of the content.
    start, *rest = messages
    handler = scope.get("route_handler")
    content_type = dict(start["headers"])[b"content-type"].decode()
    body = b"".join(message["body"] for message in rest)
    return Reply(start["status"], content_type.partition(";")[0], body, getattr(handler, "operation_id", None))
