"""What the service is measured against: plain Litestar routes that decode the same input and return constant bytes.

Each answers at the same path as the service does, with as many bytes as it does there: their number by path
stands in PLAIN_LENGTHS, as JSON. `raw` is less than that, an ASGI application without any framework.
"""

from __future__ import annotations

import os
from datetime import date
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Litestar, Request, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from penaltycalc.calculators.deadlines import DeadlineRequest
from penaltycalc.calculators.expiries import ExpiryRequest
from penaltycalc.calculators.explain import decode_value
from penaltycalc.calculators.penalties import PenaltyRequest
from penaltycalc.rules.money import Money

JSON, TEXT, ICS, CSV = "application/json", "text/plain", "text/calendar", "text/csv"
Severity = Literal["ordinary", "severe"]
Activity = Literal["production", "wholesale", "retail"]
First = Annotated[date, QueryParameter(name="from")]
FirstText = Annotated[str, QueryParameter(name="from")]


async def raw(scope: Any, receive: Any, send: Any) -> None:
    """An answer of two bytes, by ASGI alone."""
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


BODIES: Final = {
    path: b"x" * length
    for path, length in msgspec.json.decode(os.environ.get("PLAIN_LENGTHS", "{}"), type=dict[str, int]).items()
}


def sent(path: str, media_type: str = JSON) -> Response[bytes]:
    """As many bytes as the service answers at that path."""
    return Response(BODIES[path], media_type=media_type)


@post("/v1/penalties", status_code=200)
async def post_penalty(data: JSONBody[PenaltyRequest]) -> Response[bytes]:
    return sent("/v1/penalties")


@post("/v1/deadlines", status_code=200)
async def post_deadline(data: JSONBody[DeadlineRequest]) -> Response[bytes]:
    return sent("/v1/deadlines")


@post("/v1/expiries", status_code=200)
async def post_expiry(data: JSONBody[ExpiryRequest]) -> Response[bytes]:
    return sent("/v1/expiries")


@post("/v1/batch", status_code=200)
async def post_batch(data: JSONBody[list[PenaltyRequest | DeadlineRequest | ExpiryRequest]]) -> Response[bytes]:
    return sent("/v1/batch")


@post("/v1/batch/csv", status_code=200)
async def post_csv(request: Request[Any, Any, Any]) -> Response[bytes]:
    await request.body()
    return sent("/v1/batch/csv", CSV)


@get("/v1/penalties/{violation:str}")
async def get_penalty(
    violation: FromPath[str],
    goods_value: FromQuery[Money],
    activity: FromQuery[Activity],
    severity: FromQuery[Severity],
    conduct_from: FromQuery[date],
    conduct_to: FromQuery[date],
) -> Response[bytes]:
    return sent("/v1/penalties/79-1-1")


@get("/v1/deadlines/{step:str}")
async def get_deadline(step: FromPath[str], start: FromQuery[date], as_of: FromQuery[date]) -> Response[bytes]:
    return sent("/v1/deadlines/production-licence")


@get("/v1/expiries/{term:str}")
async def get_expiry(term: FromPath[str], start: FromQuery[date], as_of: FromQuery[date]) -> Response[bytes]:
    return sent("/v1/expiries/drug-registration")


@get("/v1/deadlines/{step:str}/ics")
async def get_deadline_event(step: FromPath[str], start: FromQuery[date]) -> Response[bytes]:
    return sent("/v1/deadlines/production-licence/ics", ICS)


@get("/v1/expiries/{term:str}/ics")
async def get_expiry_event(term: FromPath[str], start: FromQuery[date]) -> Response[bytes]:
    return sent("/v1/expiries/drug-registration/ics", ICS)


@get("/v1/cells/penalty")
async def get_penalty_cell(
    violation: FromQuery[str], goods_value: FromQuery[str], activity: FromQuery[str], severity: FromQuery[str]
) -> Response[bytes]:
    return sent("/v1/cells/penalty", TEXT)


@get("/v1/cells/deadline")
async def get_deadline_cell(step: FromQuery[str], start: FromQuery[str], as_of: FromQuery[str]) -> Response[bytes]:
    return sent("/v1/cells/deadline", TEXT)


@get("/v1/cells/expiry")
async def get_expiry_cell(term: FromQuery[str], start: FromQuery[str], as_of: FromQuery[str]) -> Response[bytes]:
    return sent("/v1/cells/expiry", TEXT)


@get("/v1/cells/working-days")
async def get_working_days_cell(first: FirstText, to: FromQuery[str]) -> Response[bytes]:
    return sent("/v1/cells/working-days", TEXT)


@get("/v1/working-days")
async def get_working_days(first: First, to: FromQuery[date]) -> Response[bytes]:
    return sent("/v1/working-days")


@get("/v1/working-days/shift")
async def get_shifted_day(start: FromQuery[date], days: FromQuery[int]) -> Response[bytes]:
    return sent("/v1/working-days/shift")


@get("/v1/violations/{violation:str}")
async def get_violation(violation: FromPath[str]) -> Response[bytes]:
    return sent("/v1/violations/79-1-1")


@get("/v1/steps/{step:str}")
async def get_step(step: FromPath[str]) -> Response[bytes]:
    return sent("/v1/steps/production-licence")


@get("/v1/terms/{term:str}")
async def get_term(term: FromPath[str]) -> Response[bytes]:
    return sent("/v1/terms/drug-registration")


@get("/v1/calendar/{year:int}")
async def get_year(year: FromPath[int]) -> Response[bytes]:
    return sent("/v1/calendar/2026")


@get("/v1/calendar/{year:int}/csv")
async def get_year_csv(year: FromPath[int]) -> Response[bytes]:
    return sent("/v1/calendar/2026/csv", CSV)


@get("/v1/calendar/{year:int}/ics")
async def get_year_feed(year: FromPath[int]) -> Response[bytes]:
    return sent("/v1/calendar/2026/ics", ICS)


async def nothing_to_decode(request: Request[Any, Any, Any]) -> Response[bytes]:
    return sent(request.scope["path"])


CONSTANT: Final = [
    "/v1/rulebook",
    "/v1/violations",
    "/v1/steps",
    "/v1/terms",
    "/v1/conformance/csv",
    "/healthz",
    "/readyz",
    "/openapi.json",
    "/",
    "/assets/app.js",
    "/workbook.xlsx",
]


def create_app() -> Litestar:
    """The plain routes."""
    return Litestar(
        [
            post_penalty,
            post_deadline,
            post_expiry,
            post_batch,
            post_csv,
            get_penalty,
            get_deadline,
            get_expiry,
            get_deadline_event,
            get_expiry_event,
            get_penalty_cell,
            get_deadline_cell,
            get_expiry_cell,
            get_working_days_cell,
            get_working_days,
            get_shifted_day,
            get_violation,
            get_step,
            get_term,
            get_year,
            get_year_csv,
            get_year_feed,
            get(CONSTANT)(nothing_to_decode),
        ],
        openapi_config=None,
        logging_config=None,
        type_decoders=[(lambda type_: type_ is Money, decode_value)],
    )
