"""The routes for operators and programs beside the answers: health, readiness, the OpenAPI document."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Final, Literal

import msgspec
from litestar import Response, get

from penaltycalc._version import __version__
from penaltycalc.api.descriptions import BAD_QUERY, list_open_problems
from penaltycalc.api.request import StrictRequest, parse_query
from penaltycalc.api.response import build_bytes_response, build_json_response

# The day in China decides, wherever the server stands; China has no summer time.
_CHINA: Final = timezone(timedelta(hours=8))


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The process is alive."""

    status: Literal["ok"] = "ok"


ReadinessWarning = Literal["keys-file-unreadable", "next-year-notice-missing"]


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """The service can answer, and from what; `warnings` are codes of what an operator should mend."""

    status: Literal["ready"] = "ready"
    engine: str
    rulebook: str
    calendar: str
    official_through: date
    warnings: tuple[ReadinessWarning, ...]


@get(
    "/healthz",
    operation_id="getHealth",
    summary="进程存活 / Whether the process is alive",
    tags=["operations"],
    responses=list_open_problems(BAD_QUERY),
    opt={"role": None, "lang": False},
)
async def get_health(request: StrictRequest) -> Response[Health]:
    """Say that the process is alive."""
    parse_query(request)
    return build_json_response(request, "en", Health())


@get(
    "/readyz",
    operation_id="getReadiness",
    summary="可否计算，所依据的数据 / Whether the service is ready, and what it is based on",
    tags=["operations"],
    responses=list_open_problems(BAD_QUERY),
    opt={"role": None, "lang": False},
)
async def get_readiness(request: StrictRequest) -> Response[Readiness]:
    """Say that the service can answer, and what its operator should mend."""
    law = request.law
    parse_query(request)
    warnings = list_warnings(
        law.calendar.official_through,
        datetime.now(_CHINA).date(),
        stale_keys=request.worker.authenticator.keys.is_stale,
    )
    readiness = Readiness(
        engine=__version__,
        rulebook=law.rulebook.digest,
        calendar=law.calendar.digest,
        official_through=law.calendar.official_through,
        warnings=warnings,
    )
    return build_json_response(request, "en", readiness)


def list_warnings(official_through: date, today: date, *, stale_keys: bool) -> tuple[ReadinessWarning, ...]:
    """List what an operator should mend.

    The State Council announces the holidays of the next year in November, as a rule, so that the notice is missed
    from 1 December on. `stale_keys`: the file of keys cannot be read, and the keys before are used.
    """
    warnings: list[ReadinessWarning] = []
    if stale_keys:
        warnings.append("keys-file-unreadable")
    announced_year = today.year + (1 if today.month == 12 else 0)
    if official_through.year < announced_year:
        warnings.append("next-year-notice-missing")
    return tuple(warnings)


@get("/openapi.json", include_in_schema=False, opt={"role": None})
async def get_document(request: StrictRequest) -> Response[bytes]:
    """Serve the OpenAPI document."""
    parse_query(request)
    return build_bytes_response(request, {}, request.worker.site.document)


HANDLERS: Final = [get_health, get_readiness, get_document]
