"""Answer errors as problems (RFC 9457): every exception, the service's own or Litestar's, ends here."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

from litestar import Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException

from penaltycalc.api.logging import describe_origin
from penaltycalc.api.media_types import PROBLEM
from penaltycalc.api.middleware import ID, make_request_id
from penaltycalc.api.negotiation import choose_problem_language
from penaltycalc.calculators.explain import encode_answer
from penaltycalc.calculators.problems import build_problem
from penaltycalc.errors import PenaltycalcError, UnknownId
from penaltycalc.rules.wording import Language, Wording

_log: Final = logging.getLogger("penaltycalc")
_RETRY_AFTER: Final = {429: "1", 503: "5"}
"""Seconds after which a client may try again, by status."""


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


class ProblemResponder:
    """Turns exceptions into responses, in the language of their request, and counts them by code."""

    def __init__(self, wordings: Mapping[Language, Wording], count: Callable[[str], None]) -> None:
        """`count` is called with the code of each problem."""
        self._wordings = wordings
        self._count = count

    @property
    def handlers(self) -> dict[int | type[Exception], Callable[[Request[Any, Any, Any], Any], Response[bytes]]]:
        """The exception handlers of the service, for Litestar."""
        # Litestar takes the handler of the nearest base class, so that `Exception` gets what is left over.
        return {
            PenaltycalcError: self.answer_error,
            HTTPException: self.answer_http_exception,
            Exception: self.answer_failure,
        }

    def answer_error(self, request: Request[Any, Any, Any], error: PenaltycalcError) -> Response[bytes]:
        """Answer an error of this package."""
        # An unknown id in a body is a fault of the facts (422); one in a path is a missing resource (404).
        status = 404 if isinstance(error, UnknownId) and request.scope["method"] == "GET" else error.status
        self._count(error.code)
        return problem_response(request, error, self._wordings[choose_problem_language(request)], status=status)

    def answer_http_exception(self, request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
        """Answer an exception of Litestar's router, as the problem that it is."""
        # The path is read from the scope: `request.url` also parses the Host header, which may hold anything.
        path = request.scope["path"]
        if isinstance(error, NotFoundException):
            return self.answer_error(request, NotFound(path=path))
        if isinstance(error, MethodNotAllowedException):
            return self.answer_error(request, MethodNotAllowed(allowed=_list_methods(request, path)))
        # Handlers read query and body themselves, so that any other exception of Litestar is a fault here.
        return self.answer_failure(request, error)

    def answer_failure(self, request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        """Answer a fault of the service itself; log what it is and where, without values: they may be facts."""
        extra = {"request_id": request.scope.setdefault(ID, make_request_id())}  # type: ignore[typeddict-item]  # a key of this service
        _log.error("unhandled %s at %s", type(error).__name__, describe_origin(error), extra=extra)
        return self.answer_error(request, Internal())


def problem_response(
    request: Request[Any, Any, Any], error: PenaltycalcError, wording: Wording, *, status: int
) -> Response[bytes]:
    """Make the response to a refused request."""
    in_body = request.scope["method"] == "POST"
    # `instance` is a reference to a URI (RFC 9457, section 3.1.5): the decoded path is encoded again.
    problem = build_problem(error, wording, instance=quote(request.scope["path"]), in_body=in_body, status=status)
    headers = {
        "Link": f'</problems/{error.code}>; rel="help"',
        "Content-Language": wording.lang,
        "Vary": "Accept-Language",
        # A key may be granted, or a notice loaded, in the next moment.
        "Cache-Control": "no-store",
    }
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = str(error.facts["allowed"])
    # RFC 9110, section 11.6.1: every 401 names a way to authenticate.
    if isinstance(error, Unauthorised):
        headers["WWW-Authenticate"] = 'Bearer realm="penaltycalc"'
    if error.status in _RETRY_AFTER:
        headers["Retry-After"] = _RETRY_AFTER[error.status]
    if isinstance(error, Timeout):
        # The rest of a late body would be read as the next request of the connection.
        headers["Connection"] = "close"
    return Response(encode_answer(problem), status_code=status, media_type=PROBLEM, headers=headers)


def _list_methods(request: Request[Any, Any, Any], path: str) -> str:
    """List the methods of the routes that a path matches, for the Allow header."""
    for route in request.app.routes:
        methods = set(getattr(route, "methods", ()))
        if methods and _matches(route.path, path):
            # HEAD is answered wherever GET is (see `Service`), though no route of Litestar names it.
            return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
    return ""


def _matches(template: str, path: str) -> bool:
    """Whether a path has the form of a route, part by part."""
    names, parts = template.strip("/").split("/"), path.strip("/").split("/")
    return len(names) == len(parts) and all(
        name.startswith("{") or name == part for name, part in zip(names, parts, strict=True)
    )
