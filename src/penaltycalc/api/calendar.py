"""The routes of the working-day calendar: a year, a count of working days, a day some working days on or back."""

from __future__ import annotations

from typing import Final

from litestar import Response, get
from litestar.params import FromPath

from penaltycalc.api.descriptions import (
    BAD_QUERY,
    DIGESTS_WITH_INPUTS,
    NO_SUCH_YEAR,
    OUTSIDE_CALENDAR,
    SPAN_REFUSED,
    Link,
    list_problems,
)
from penaltycalc.api.request import StrictRequest, parse_query, parse_year
from penaltycalc.api.response import build_json_response
from penaltycalc.calculators.calendar_queries import (
    CalendarYear,
    CountQuery,
    ShiftedDay,
    ShiftQuery,
    WorkingDays,
    YearQuery,
    count_working_days,
    describe_year,
    shift_working_days,
)
from penaltycalc.input.flat import decode_flat

_YEAR: Final = {"year": "$request.path.year"}


@get(
    "/v1/calendar/{year:str}",
    operation_id="getCalendarYear",
    summary="一年的放假、调休安排 / The days off and make-up days of a year",
    tags=["calendar"],
    responses=list_problems(BAD_QUERY, NO_SUCH_YEAR, OUTSIDE_CALENDAR),
    opt={
        "role": "read",
        "headers": DIGESTS_WITH_INPUTS,
        "links": (Link("getCalendarYearCsv", "csv", _YEAR), Link("getCalendarYearFeed", "feed", _YEAR)),
    },
)
async def get_calendar_year(request: StrictRequest, year: FromPath[str]) -> Response[CalendarYear]:
    """List the days off and make-up days of a year."""
    law, lang = request.law, parse_query(request).lang
    query = YearQuery(year=parse_year(request, year))
    answer = describe_year(query, law.rulebook, law.calendar, lang=lang)
    return build_json_response(request, lang, answer, answer.provenance)


@get(
    "/v1/working-days",
    operation_id="countWorkingDays",
    summary="两日之间的工作日数，含首尾两日 / The working days between two days, both inclusive",
    tags=["calendar"],
    responses=list_problems(BAD_QUERY, SPAN_REFUSED),
    opt={"role": "read", "query": (CountQuery,), "headers": DIGESTS_WITH_INPUTS},
)
async def get_working_days(request: StrictRequest) -> Response[WorkingDays]:
    """Count the working days of a span, both ends included."""
    law = request.law
    lang, query = parse_query(request, None)
    answer = count_working_days(decode_flat(CountQuery, query), law.rulebook, law.calendar, lang=lang)
    return build_json_response(request, lang, answer, answer.provenance)


@get(
    "/v1/working-days/shift",
    operation_id="shiftWorkingDays",
    summary="若干工作日之后或者之前的日期 / The day some working days later or earlier",
    tags=["calendar"],
    responses=list_problems(BAD_QUERY, OUTSIDE_CALENDAR),
    opt={"role": "read", "query": (ShiftQuery,), "headers": DIGESTS_WITH_INPUTS},
)
async def get_shifted_day(request: StrictRequest) -> Response[ShiftedDay]:
    """Find the day some working days after a day, or before it."""
    law = request.law
    lang, query = parse_query(request, None)
    answer = shift_working_days(decode_flat(ShiftQuery, query), law.rulebook, law.calendar, lang=lang)
    return build_json_response(request, lang, answer, answer.provenance)


HANDLERS: Final = [get_calendar_year, get_working_days, get_shifted_day]
