"""The routes of files: answers as events for calendar programs, the calendar of a year as events and as CSV."""

from __future__ import annotations

from typing import Final

from litestar import Response, get
from litestar.params import FromPath

from penaltycalc.api.descriptions import (
    BAD_QUERY,
    DEADLINE_EVENT_REFUSED,
    DIGESTS_WITH_INPUTS,
    EXPIRY_FACTS_REFUSED,
    FILE_NAME,
    NO_SUCH_STEP,
    NO_SUCH_TERM,
    NO_SUCH_YEAR,
    OUTSIDE_CALENDAR,
    list_problems,
)
from penaltycalc.api.media_types import CALENDAR, CSV
from penaltycalc.api.request import StrictRequest, parse_facts, parse_query, parse_year
from penaltycalc.api.response import build_file_response
from penaltycalc.calculators.calculate import calculate
from penaltycalc.calculators.calendar_queries import CalendarYear, YearQuery, describe_year
from penaltycalc.calculators.deadlines import DeadlineAnswer, DeadlineRequest
from penaltycalc.calculators.expiries import ExpiryAnswer, ExpiryRequest
from penaltycalc.export.ics import write_deadline_event, write_expiry_event, write_year_feed
from penaltycalc.export.year_csv import write_year_csv
from penaltycalc.input.flat import decode_flat
from penaltycalc.rules.records import Record
from penaltycalc.rules.wording import Language

_HEADERS: Final = (*DIGESTS_WITH_INPUTS, FILE_NAME)


class YearCsvQuery(Record, frozen=True, kw_only=True):
    """The query of a year as CSV: whether it begins with a byte order mark."""

    bom: bool = False


# --------------------------------------------------------------------------------------- calculations


@get(
    "/v1/deadlines/{step:str}/ics",
    operation_id="getDeadlineEvent",
    summary="办理期限届满日（日历事件） / When a step is due, as an event to subscribe to",
    tags=["deadlines"],
    media_type=CALENDAR,
    responses=list_problems(BAD_QUERY, NO_SUCH_STEP, DEADLINE_EVENT_REFUSED),
    opt={"role": "read", "key_in_query": True, "query": (DeadlineRequest,), "headers": _HEADERS},
)
async def get_deadline_event(request: StrictRequest, step: FromPath[str]) -> Response[str]:
    """Write the due day of a step as an event."""
    law = request.law
    lang, facts = parse_facts(request, "deadline", step, CALENDAR)
    answer = calculate(facts, law.rulebook, law.calendar, lang=lang)
    assert isinstance(answer, DeadlineAnswer)
    # An unknown step has been refused by now, so that no quote or line end reaches the name of the file.
    event = write_deadline_event(answer, law.rulebook, law.calendar, lang)
    return build_file_response(request, lang, answer.provenance, event, CALENDAR, f"{step}.ics")


@get(
    "/v1/expiries/{term:str}/ics",
    operation_id="getExpiryEvent",
    summary="证件有效期、保护期届满日（日历事件） / When a licence or protection ends, as an event to subscribe to",
    tags=["expiries"],
    media_type=CALENDAR,
    responses=list_problems(BAD_QUERY, NO_SUCH_TERM, EXPIRY_FACTS_REFUSED),
    opt={"role": "read", "key_in_query": True, "query": (ExpiryRequest,), "headers": _HEADERS},
)
async def get_expiry_event(request: StrictRequest, term: FromPath[str]) -> Response[str]:
    """Write the last day of a licence or a protection as an event."""
    law = request.law
    lang, facts = parse_facts(request, "expiry", term, CALENDAR)
    answer = calculate(facts, law.rulebook, law.calendar, lang=lang)
    assert isinstance(answer, ExpiryAnswer)
    event = write_expiry_event(answer, law.rulebook, law.calendar, lang)
    return build_file_response(request, lang, answer.provenance, event, CALENDAR, f"{term}.ics")


# ------------------------------------------------------------------------------------------- calendar


@get(
    "/v1/calendar/{year:str}/ics",
    operation_id="getCalendarYearFeed",
    summary="一年的放假、调休安排（日历订阅） / The days off and make-up days of a year, as events to subscribe to",
    tags=["calendar"],
    media_type=CALENDAR,
    responses=list_problems(BAD_QUERY, NO_SUCH_YEAR, OUTSIDE_CALENDAR),
    opt={"role": "read", "key_in_query": True, "headers": _HEADERS},
)
async def get_calendar_year_feed(request: StrictRequest, year: FromPath[str]) -> Response[str]:
    """Write the days off and make-up days of a year as events."""
    law, lang = request.law, parse_query(request, (), CALENDAR).lang
    answer = _describe_year(request, year, lang)
    feed = write_year_feed(answer, law.rulebook, law.calendar, lang)
    return build_file_response(request, lang, answer.provenance, feed, CALENDAR, f"calendar-{year}.ics")


@get(
    "/v1/calendar/{year:str}/csv",
    operation_id="getCalendarYearCsv",
    summary="一年的放假、调休安排（CSV） / The days off and make-up days of a year, as CSV",
    tags=["calendar"],
    media_type=CSV,
    responses=list_problems(BAD_QUERY, NO_SUCH_YEAR, OUTSIDE_CALENDAR),
    opt={"role": "read", "key_in_query": True, "query": (YearCsvQuery,), "headers": _HEADERS},
)
async def get_calendar_year_csv(request: StrictRequest, year: FromPath[str]) -> Response[str]:
    """Write the days off and make-up days of a year as CSV."""
    lang, query = parse_query(request, None, CSV)
    bom = decode_flat(YearCsvQuery, query).bom
    answer = _describe_year(request, year, lang)
    table = write_year_csv(answer, bom=bom)
    return build_file_response(request, lang, answer.provenance, table, CSV, f"calendar-{year}.csv")


def _describe_year(request: StrictRequest, year: str, lang: Language) -> CalendarYear:
    law = request.law
    return describe_year(YearQuery(year=parse_year(request, year)), law.rulebook, law.calendar, lang=lang)


HANDLERS: Final = [get_deadline_event, get_expiry_event, get_calendar_year_feed, get_calendar_year_csv]
