"""The application: what it holds, and how it is put together."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import cached_property
from typing import Any, Final

from litestar import Litestar

from penaltycalc.api import (
    batches,
    cells,
    conformance,
    document,
    feeds,
    notices,
    page,
    pages,
    problems,
    routes,
    workbook,
)
from penaltycalc.api.notices import Accepted, Keeper
from penaltycalc.api.requests import Desk, StrictRequest, language_of_problem
from penaltycalc.api.security import Door
from penaltycalc.rulebook import Rulebook, load_rulebook
from penaltycalc.settings import Settings, read_settings
from penaltycalc.wording import Wording

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]
HANDLERS: Final = [
    *routes.HANDLERS,
    *feeds.HANDLERS,
    *cells.HANDLERS,
    *batches.HANDLERS,
    *workbook.HANDLERS,
    *page.HANDLERS,
    *pages.HANDLERS,
    *conformance.HANDLERS,
    *notices.HANDLERS,
]
"""All routes of the service."""


class Service(Litestar):
    """The service; answers HEAD as GET without the content, on every path."""

    desk: Desk

    @cached_property
    def document(self) -> bytes:
        """The OpenAPI document, made when it is first asked for."""
        return document.encode(HANDLERS, self.desk.rulebook)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await super().__call__(scope, receive, send)
            return
        asked: Any = {**scope, "method": "GET"}

        async def without_content(message: Any) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await super().__call__(asked, receive, without_content)


def create_app(settings: Settings | None = None) -> Service:
    """The service in one process, with its law and calendar; DataBroken where law, notices or settings are broken."""
    settings = settings or read_settings(os.environ)
    rulebook = load_rulebook()
    return put_together(settings, rulebook, Accepted(rulebook, settings.notices))


def put_together(
    settings: Settings, rulebook: Rulebook, accepted: Accepted, lifespan: Sequence[Lifespan] = ()
) -> Service:
    """The service with a calendar of the accepted notices, and what it does from its start to its end; DataBroken."""

    def wording_of(request: Any) -> Wording:
        return rulebook.wordings[language_of_problem(request)]

    door = Door(settings)
    service = Service(
        route_handlers=HANDLERS,
        guards=[door.guard] if door.wanted else [],
        request_class=StrictRequest,
        exception_handlers=problems.handlers(wording_of),
        lifespan=[*lifespan],
        openapi_config=None,  # its pages would load scripts from elsewhere; routes.py serves the document
        logging_config=None,
        debug=False,
    )
    taken = accepted.current()
    service.desk = Desk(rulebook, taken.calendar, settings)
    service.state.keeper = Keeper(service, accepted, taken)
    return service
