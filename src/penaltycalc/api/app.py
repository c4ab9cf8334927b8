"""Build the application from settings, law and calendar."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any, Final

from litestar import Litestar
from litestar.config.cors import CORSConfig

from penaltycalc.api import (
    batches,
    calculations,
    calendar,
    catalogue,
    cells,
    conformance,
    feeds,
    operations,
    pages,
    reload,
    workbook,
)
from penaltycalc.api.auth import Authenticator
from penaltycalc.api.limits import BatchLimiter
from penaltycalc.api.logging import log_request
from penaltycalc.api.metrics import Metrics
from penaltycalc.api.middleware import ID, HeaderSender, find_request_id, make_request_id
from penaltycalc.api.problems import ProblemResponder
from penaltycalc.api.reload import CalendarReloader, NoticeStore
from penaltycalc.api.request import StrictRequest
from penaltycalc.api.site import Site
from penaltycalc.api.state import LawData, WorkerState, build_law_data
from penaltycalc.rules.rulebook import Rulebook, load_rulebook
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
    *pages.HANDLERS,
    *conformance.HANDLERS,
    *reload.HANDLERS,
]
"""All routes of the service but that of metrics."""


class Service(Litestar):
    """The service: Litestar's application, with the headers of every answer around it."""

    law: LawData
    worker: WorkerState
    responder: ProblemResponder

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection of ASGI."""
        # The events of start and end (lifespan) have neither method nor headers, which all below needs.
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        settings = self.law.settings
        request_id = find_request_id(scope["headers"])
        if request_id is not None:
            scope[ID] = request_id
        # The sender stands outside of Litestar: also an answer that Litestar makes by itself gets all headers.
        sender = HeaderSender(scope, send, cross_origin=bool(settings.cors_origins))
        # No answer depends on the Host header, and Litestar refuses or fails on some of its values.
        scope["headers"] = [header for header in scope["headers"] if header[0] != b"host"]
        method = scope["method"]
        # Litestar would answer 405 to HEAD; the sender drops the content of the answer to GET.
        if method == "HEAD":
            scope["method"] = "GET"
        answer = partial(self._answer, sender)
        if settings.access_log:
            scope.setdefault(ID, make_request_id())
            await log_request(answer, method, scope, receive, sender)
        else:
            await answer(scope, receive, sender)

    async def _answer(self, sender: HeaderSender, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request, with the problem `internal` where an exception escapes Litestar.

        Litestar does not catch what is raised in an exception handler or outside of its routes.
        """
        try:
            await super().__call__(scope, receive, send)
        except Exception as error:
            if sender.started:
                raise  # only a broken connection tells the client that the answer is not whole
            request = StrictRequest(scope)
            response = self.responder.answer_failure(request, error)
            await response.to_asgi_response(None, request)(scope, receive, send)


def create_app(settings: Settings | None = None) -> Service:
    """Create the service in one process; DataBroken where law, notices or settings are broken."""
    settings = settings or read_settings(os.environ)
    rulebook = load_rulebook()
    return build_app(settings, rulebook, NoticeStore(rulebook, settings.notices))


def build_app(settings: Settings, rulebook: Rulebook, store: NoticeStore, lifespan: Sequence[Lifespan] = ()) -> Service:
    """Build the service with the calendar of accepted notices; DataBroken.

    `lifespan` is what runs from its start to its end.
    """
    authenticator = Authenticator(settings)
    metrics, handlers, middleware = _make_metrics(rulebook) if settings.metrics else (Metrics(), [], [])
    responder = ProblemResponder(rulebook.wordings, metrics.count_problem)
    service = Service(
        route_handlers=[*HANDLERS, *handlers],
        # A guard of Litestar would cost a thread and a copy of the handler for each request.
        before_request=authenticator.check if authenticator.is_needed else None,
        middleware=middleware,
        cors_config=_allow_origins(settings.cors_origins) if settings.cors_origins else None,
        request_class=StrictRequest,
        exception_handlers=responder.handlers,
        lifespan=[*lifespan],
        openapi_config=None,  # Litestar's pages load scripts from other servers; pages.py shows the document
        # `dict_config` of logging.py configures the log; Litestar's default would add handlers of its own.
        logging_config=None,
        debug=False,
    )
    snapshot = store.read_accepted()
    service.law = build_law_data(rulebook, snapshot.calendar, settings)
    service.worker = WorkerState(BatchLimiter(settings), metrics, authenticator, Site(rulebook))
    service.responder = responder
    service.state.reloader = CalendarReloader(service, store, snapshot)
    metrics.observe_calendar(snapshot.calendar)
    return service


def _make_metrics(rulebook: Rulebook) -> tuple[Metrics, list[Any], list[Any]]:
    """Make what counts, its route, and the middleware that counts requests."""
    # Here, since prometheus_client takes long to load and most services do without it.
    from penaltycalc.api.prometheus import CONFIG, MetricsController, PrometheusMetrics  # noqa: PLC0415  # see above

    return PrometheusMetrics(rulebook), [MetricsController], [CONFIG.middleware]


def _allow_origins(origins: Sequence[str]) -> CORSConfig:
    return CORSConfig(
        allow_origins=list(origins),
        allow_methods=["GET", "HEAD", "OPTIONS", "POST"],
        # A page of another origin may send a key, JSON or a condition only where these are named.
        allow_headers=[
            "Accept-Language",
            "Authorization",
            "Content-Type",
            "If-None-Match",
            "X-API-Key",
            "X-Request-ID",
        ],
        # Scripts of other origins see only a few common headers of an answer, besides those named here.
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
