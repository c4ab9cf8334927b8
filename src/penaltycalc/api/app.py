"""The application: what it holds, and how it is put together."""

from __future__ import annotations

import os
from functools import cached_property
from typing import Any, Final

from litestar import Litestar

from penaltycalc.api import batches, cells, conformance, document, feeds, page, pages, problems, routes, workbook
from penaltycalc.api.requests import Desk, StrictRequest, language_of_problem
from penaltycalc.api.security import Door
from penaltycalc.holidays import load_calendar
from penaltycalc.rulebook import load_rulebook
from penaltycalc.settings import Settings, read_settings
from penaltycalc.wording import Wording

HANDLERS: Final = [
    *routes.HANDLERS,
    *feeds.HANDLERS,
    *cells.HANDLERS,
    *batches.HANDLERS,
    *workbook.HANDLERS,
    *page.HANDLERS,
    *pages.HANDLERS,
    *conformance.HANDLERS,
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
    """The service with its law and calendar; DataBroken where law, notices or settings are broken."""
    settings = settings or read_settings(os.environ)
    rulebook = load_rulebook()

    def wording_of(request: Any) -> Wording:
        return rulebook.wordings[language_of_problem(request)]

    door = Door(settings)
    service = Service(
        route_handlers=HANDLERS,
        guards=[door.guard] if door.wanted else [],
        request_class=StrictRequest,
        exception_handlers=problems.handlers(wording_of),
        openapi_config=None,  # its pages would load scripts from elsewhere; routes.py serves the document
        logging_config=None,
        debug=False,
    )
    service.desk = Desk(rulebook, load_calendar(rulebook, settings.notices), settings)
    return service
