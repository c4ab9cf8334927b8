"""What operators and clients need beside answers: health, readiness, the OpenAPI document."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Final, Literal

import msgspec
from litestar import get

from penaltycalc._version import __version__
from penaltycalc.api.problems import problem_responses
from penaltycalc.api.request import StrictRequest, parse_query
from penaltycalc.api.response import (
    BytesResponse,
    bytes_response,
    constant,
    json_response,
)

Http = StrictRequest
_ON_OPEN_GET: Final = problem_responses(400, 406, 414, 500, needs_key=False)


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The process is alive."""

    status: Literal["ok"] = "ok"


Warned = Literal["keys-file-unreadable", "next-year-notice-missing"]


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """The service can answer, and from what; `warnings` are codes of what an operator should mend."""

    status: Literal["ready"] = "ready"
    engine: str
    rulebook: str
    calendar: str
    official_through: date
    warnings: tuple[Warned, ...]


@get("/healthz", operation_id="getHealth", tags=["operations"], responses=_ON_OPEN_GET, opt={"role": None})
async def get_health(request: Http) -> BytesResponse[Health]:
    """进程存活 / Whether the process is alive."""
    parse_query(request)
    return json_response(request, "en", Health())


@get("/readyz", operation_id="getReadiness", tags=["operations"], responses=_ON_OPEN_GET, opt={"role": None})
async def get_readiness(request: Http) -> BytesResponse[Readiness]:
    """可否应答，所依数据 / Whether the service can answer, and from what."""
    law = request.law
    parse_query(request)
    return json_response(
        request,
        "en",
        Readiness(
            engine=__version__,
            rulebook=law.rulebook.digest,
            calendar=law.calendar.digest,
            official_through=law.calendar.official_through,
            warnings=(
                *(("keys-file-unreadable",) if request.worker.authenticator.keys.stale else ()),
                *_warnings(law.calendar.official_through, datetime.now(CHINA).date()),
            ),
        ),
    )


CHINA: Final = timezone(timedelta(hours=8))


def _warnings(official_through: date, today: date) -> tuple[Warned, ...]:
    """The next year's notice is out by the middle of December; from the 1st on its absence is a warning."""
    wanted = today.year + (1 if today.month == 12 else 0)
    return ("next-year-notice-missing",) if official_through.year < wanted else ()


@get("/openapi.json", include_in_schema=False, opt={"role": None})
async def get_document(request: Http) -> BytesResponse[bytes]:
    """The OpenAPI document."""
    parse_query(request)
    return bytes_response(request, [], constant(request.document))


HANDLERS: Final = [get_health, get_readiness, get_document]
