"""The working-day calendar: a year, a count of working days, a day some working days later or earlier."""

from __future__ import annotations

from typing import Final

from litestar import get
from litestar.params import FromPath

from penaltycalc.api.problems import problem_responses
from penaltycalc.api.request import StrictRequest, parse_query, parse_year
from penaltycalc.api.response import (
    BytesResponse,
    Content,
    answer_headers,
    bytes_response,
    json_response,
    kept,
    with_etag,
)
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
from penaltycalc.calculators.explain import Provenance, encode_answer
from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.input.flat import decode_flat
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.wording import Language

Http = StrictRequest
_ON_GET_CALENDAR: Final = problem_responses(400, 406, 414, 422, 500)


@get(
    "/v1/calendar/{year:str}",
    operation_id="getCalendarYear",
    tags=["calendar"],
    responses=problem_responses(400, 404, 406, 414, 422, 500),
    opt={"role": "read"},
)
async def get_calendar_year(request: Http, year: FromPath[str]) -> BytesResponse[CalendarYear]:
    """一年的放假、调休安排 / The days off and make-up days of a year."""
    law, lang = request.law, parse_query(request).lang
    provenance, days = _year(parse_year(request, year), law.rulebook, law.calendar, lang)
    return bytes_response(request, answer_headers(lang, provenance), days)


@kept(512)
def _year(year: int, rulebook: Rulebook, calendar: WorkingCalendar, lang: Language) -> tuple[Provenance, Content]:
    """A year, encoded once, as `_written`."""
    answer = describe_year(YearQuery(year=year), rulebook, calendar, lang=lang)
    return answer.provenance, with_etag(encode_answer(answer))


@get(
    "/v1/working-days",
    operation_id="countWorkingDays",
    tags=["calendar"],
    responses=_ON_GET_CALENDAR,
    opt={"role": "read"},
)
async def get_working_days(request: Http) -> BytesResponse[WorkingDays]:
    """两日之间的工作日数，两端均含 / The working days of a span, both ends included."""
    law = request.law
    lang, query = parse_query(request, None)
    answer = count_working_days(decode_flat(CountQuery, query), law.rulebook, law.calendar, lang=lang)
    return json_response(request, lang, answer, answer.provenance)


@get(
    "/v1/working-days/shift",
    operation_id="shiftWorkingDays",
    tags=["calendar"],
    responses=_ON_GET_CALENDAR,
    opt={"role": "read"},
)
async def get_shifted_day(request: Http) -> BytesResponse[ShiftedDay]:
    """若干工作日之后或者之前的日期 / The day some working days on, or back."""
    law = request.law
    lang, query = parse_query(request, None)
    answer = shift_working_days(decode_flat(ShiftQuery, query), law.rulebook, law.calendar, lang=lang)
    return json_response(request, lang, answer, answer.provenance)


HANDLERS: Final = [get_calendar_year, get_working_days, get_shifted_day]
