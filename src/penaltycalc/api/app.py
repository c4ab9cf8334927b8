"""The application: what it holds, and how it is put together."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import cached_property
from typing import Any, Final

from litestar import Litestar
from litestar.config.cors import CORSConfig

from penaltycalc.api import (
    batches,
    calculations,
    calculator_page,
    calendar,
    catalogue,
    cells,
    conformance,
    feeds,
    operations,
    pages,
    problems,
    reload,
    workbook,
)
from penaltycalc.api.auth import Authenticator
from penaltycalc.api.limits import BatchLimiter
from penaltycalc.api.logging import log_request
from penaltycalc.api.metrics import Metrics
from penaltycalc.api.middleware import ID, add_headers, find_request_id, make_request_id
from penaltycalc.api.reload import CalendarReloader, NoticeStore
from penaltycalc.api.request import StrictRequest, language_of_problem
from penaltycalc.api.state import LawData, WorkerState
from penaltycalc.openapi import document
from penaltycalc.rules.rulebook import Rulebook, load_rulebook
from penaltycalc.rules.wording import Wording
from penaltycalc.settings import Settings, read_settings

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]
HANDLERS: Final = [
    *calculations.HANDLERS,
    *catalogue.HANDLERS,
    *calendar.HANDLERS,
    *operations.HANDLERS,
    *feeds.HANDLERS,
    *cells.HANDLERS,
    *batches.HANDLERS,
    *workbook.HANDLERS,
    *calculator_page.HANDLERS,
    *pages.HANDLERS,
    *conformance.HANDLERS,
    *reload.HANDLERS,
]
"""All routes of the service."""


class Service(Litestar):
    """The service; answers HEAD as GET without the content, on every path."""

    law: LawData
    worker: WorkerState

    @cached_property
    def document(self) -> bytes:
        """The OpenAPI document, made when it is first asked for."""
        return document.encode(HANDLERS, self.law.rulebook)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        settings = self.law.settings
        given = find_request_id(scope["headers"])
        if given is not None:
            scope[ID] = given
        inner = add_headers(scope, send, origins=bool(settings.cors_origins))
        method = scope["method"]
        if method == "HEAD":
            scope["method"] = "GET"
        if settings.access_log:
            scope.setdefault(ID, make_request_id())
            await log_request(super().__call__, method, scope, receive, inner)
        else:
            await super().__call__(scope, receive, inner)


def create_app(settings: Settings | None = None) -> Service:
    """The service in one process, with its law and calendar; DataBroken where law, notices or settings are broken."""
    settings = settings or read_settings(os.environ)
    rulebook = load_rulebook()
    return build_app(settings, rulebook, NoticeStore(rulebook, settings.notices))


def build_app(settings: Settings, rulebook: Rulebook, store: NoticeStore, lifespan: Sequence[Lifespan] = ()) -> Service:
    """The service with a calendar of the accepted notices, and what it does from its start to its end; DataBroken."""

    def wording_of(request: Any) -> Wording:
        return rulebook.wordings[language_of_problem(request)]

    authenticator = Authenticator(settings)
    metrics, handlers, middleware = _make_metrics(rulebook) if settings.metrics else (Metrics(), [], [])
    service = Service(
        route_handlers=[*HANDLERS, *handlers],
        before_request=authenticator.check if authenticator.is_needed else None,
        middleware=middleware,
        cors_config=_cors(settings.cors_origins) if settings.cors_origins else None,
        request_class=StrictRequest,
        exception_handlers=problems.handlers(wording_of, metrics.count_problem),
        lifespan=[*lifespan],
        openapi_config=None,  # its pages would load scripts from elsewhere; routes.py serves the document
        logging_config=None,
        debug=False,
    )
    snapshot = store.read_accepted()
    service.law = LawData(rulebook, snapshot.calendar, settings)
    service.worker = WorkerState(BatchLimiter(settings), metrics, authenticator)
    service.state.reloader = CalendarReloader(service, store, snapshot)
    metrics.observe_calendar(snapshot.calendar)
    return service


def _make_metrics(rulebook: Rulebook) -> tuple[Metrics, list[Any], list[Any]]:
    """What counts, its route, and what counts requests."""
    # Here, since prometheus_client takes long to load and most services do without it.
    from penaltycalc.api.prometheus import CONFIG, MetricsController, PrometheusMetrics  # noqa: PLC0415  # see above

    return PrometheusMetrics(rulebook), [MetricsController], [CONFIG.middleware]


def _cors(origins: Sequence[str]) -> CORSConfig:
    return CORSConfig(
        allow_origins=list(origins),
        allow_methods=["GET", "HEAD", "OPTIONS", "POST"],
        allow_headers=[
            "Accept-Language",
            "Authorization",
            "Content-Type",
            "If-None-Match",
            "X-API-Key",
            "X-Request-ID",
        ],
        expose_headers=[
            "ETag",
            "Link",
            "Penaltycalc-Calendar",
            "Penaltycalc-Engine",
            "Penaltycalc-Inputs",
            "Penaltycalc-Rulebook",
            "Retry-After",
            "X-Request-ID",
        ],
    )
