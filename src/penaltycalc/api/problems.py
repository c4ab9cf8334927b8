"""Errors as problems (RFC 9457): one total map from what is raised to what a client sees."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

from litestar import Request, Response
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
)
from litestar.openapi import ResponseSpec

from penaltycalc.api.logging import describe_origin
from penaltycalc.api.middleware import ID, make_request_id
from penaltycalc.calculators.explain import encode_answer
from penaltycalc.calculators.problems import Problem, build_problem
from penaltycalc.errors import PenaltycalcError, UnknownId
from penaltycalc.rules.wording import Wording

MEDIA_TYPE: Final = "application/problem+json"
_log: Final = logging.getLogger("penaltycalc")


class TransportError(PenaltycalcError):
    """The request is refused before its content matters."""

    exit_code = 2


class NotFound(TransportError):
    """Nothing at this path."""

    code = "not-found"
    status = 404


class MethodNotAllowed(TransportError):
    """The path is known, the method is not."""

    code = "method-not-allowed"
    status = 405


class NotAcceptable(TransportError):
    """Accept excludes the operation's media type."""

    code = "not-acceptable"
    status = 406


class UriTooLong(TransportError):
    """Path and query longer than their limit."""

    code = "uri-too-long"
    status = 414


class UnsupportedMediaType(TransportError):
    """A body without the operation's own Content-Type, or with a Content-Encoding."""

    code = "unsupported-media-type"
    status = 415


class Unauthorised(TransportError):
    """A key is needed, and none that is known was sent."""

    code = "unauthorised"
    status = 401


class Forbidden(TransportError):
    """The key lacks the role."""

    code = "forbidden"
    status = 403


class Timeout(TransportError):
    """The request did not arrive in time."""

    code = "timeout"
    status = 408


class TooManyRequests(TransportError):
    """More requests within a short time than are allowed."""

    code = "too-many-requests"
    status = 429


class Unavailable(TransportError):
    """The service cannot answer for the time being."""

    code = "unavailable"
    status = 503
    exit_code = 4


class InsufficientStorage(TransportError):
    """No room for the file of a batch."""

    code = "insufficient-storage"
    status = 507
    exit_code = 4


class Internal(TransportError):
    """A fault of the service itself."""

    code = "internal"
    status = 500
    exit_code = 4


CODES: Final[dict[int, str]] = {
    400: "malformed, schema, unknown-field, unknown-query, repeated-name",
    401: "unauthorised",
    403: "forbidden",
    404: "not-found, unknown-violation, unknown-step, unknown-term",
    406: "not-acceptable",
    408: "timeout",
    413: "too-large",
    414: "uri-too-long",
    415: "unsupported-media-type",
    422: "unknown-violation, unknown-step, unknown-term, not-in-force, dates-out-of-order, reason-not-allowed, "
    "extension-not-allowed, over-the-cap, fact-out-of-range, outside-calendar",
    429: "too-many-requests",
    500: "internal",
    503: "unavailable",
    507: "insufficient-storage",
}


def problem_responses(*statuses: int, needs_key: bool = True) -> dict[int, ResponseSpec]:
    """The problems of an operation, for its document; each response names the codes that it can carry."""
    at_the_door = (401, 429) if needs_key else ()
    return {
        status: ResponseSpec(Problem, media_type=MEDIA_TYPE, generate_examples=False, description=CODES[status])
        for status in sorted((*statuses, *at_the_door))
    }


def handlers(
    wording_of: Callable[[Request[Any, Any, Any]], Wording],
    count: Callable[[str], None],
) -> dict[int | type[Exception], Callable[[Request[Any, Any, Any], Any], Response[bytes]]]:
    """The exception handlers of the service; `wording_of` finds the language of a request, `count` hears each code."""

    def refused(request: Request[Any, Any, Any], error: PenaltycalcError) -> Response[bytes]:
        # An id that the path names is a resource that is not there.
        status = 404 if isinstance(error, UnknownId) and request.method == "GET" else error.status
        count(error.code)
        return respond(request, error, wording_of(request), status=status)

    def stopped(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
        return refused(request, _of_litestar(request, error))

    def failed(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        # Where it failed, without the values: they may be facts of a case.
        scope: Any = request.scope
        extra = {"request_id": scope.setdefault(ID, make_request_id())}
        _log.error("unhandled %s at %s", type(error).__name__, describe_origin(error), extra=extra)
        return refused(request, Internal())

    return {PenaltycalcError: refused, HTTPException: stopped, Exception: failed}


_RETRY_AFTER: Final = {429: "1", 503: "5"}
"""Seconds, by status."""


def respond(
    request: Request[Any, Any, Any], error: PenaltycalcError, wording: Wording, *, status: int
) -> Response[bytes]:
    """The response to a refused request."""
    in_body = request.method == "POST"
    body = build_problem(error, wording, instance=quote(request.scope["path"]), in_body=in_body, status=status)
    headers = {
        "Link": f'</problems/{error.code}>; rel="help"',
        "Content-Language": wording.lang,
        "Vary": "Accept-Language",
        "Cache-Control": "no-store",
    }
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = str(error.facts["allowed"])
    if isinstance(error, Unauthorised):
        headers["WWW-Authenticate"] = 'Bearer realm="penaltycalc"'
    if error.status in _RETRY_AFTER:
        headers["Retry-After"] = _RETRY_AFTER[error.status]
    if isinstance(error, Timeout):
        headers["Connection"] = "close"  # what is still to come of the body is no request
    return Response(encode_answer(body), status_code=status, media_type=MEDIA_TYPE, headers=headers)


def _of_litestar(request: Request[Any, Any, Any], error: HTTPException) -> PenaltycalcError:
    if isinstance(error, NotFoundException):
        return NotFound(path=request.url.path)
    if isinstance(error, MethodNotAllowedException):
        return MethodNotAllowed(allowed=_allowed(request))
    return Internal()


def _allowed(request: Request[Any, Any, Any]) -> str:
    """The methods of the path that was asked for."""
    for route in request.app.routes:
        methods = set(getattr(route, "methods", ()))
        if methods and _matches(route.path, request.url.path):
            return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
    return ""


def _matches(template: str, path: str) -> bool:
    parts, given = template.strip("/").split("/"), path.strip("/").split("/")
    return len(parts) == len(given) and all(
        part.startswith("{") or part == one for part, one in zip(parts, given, strict=True)
    )
