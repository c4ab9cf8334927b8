"""The feeds: answers as events to subscribe to, and the calendar of a year as events and as CSV."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from litestar import get
from litestar.params import FromPath

from penaltycalc.answers import Provenance
from penaltycalc.api.problems import CODES, NotFound, documented
from penaltycalc.api.requests import StrictRequest, asked, asked_in_query
from penaltycalc.api.responses import Answered, answer_headers, ready
from penaltycalc.calculations import Kind, calculate
from penaltycalc.calendars import CalendarYear, YearQuery, calendar_year
from penaltycalc.citations import Record
from penaltycalc.flat import read_flat
from penaltycalc.render import calendar_csv, ics
from penaltycalc.wording import Language

CALENDAR: Final = "text/calendar"
CSV: Final = "text/csv"

Http = StrictRequest


class CsvQuery(Record, frozen=True, kw_only=True):
    """How a CSV file is wanted."""

    bom: bool = False


_ON_GET: Final = documented(400, 404, 406, 414, 422, 500)
_ON_GET_DEADLINE: Final = {**_ON_GET, 422: replace(_ON_GET[422], description=f"{CODES[422]}, no-date")}


def _sent(
    request: Http, lang: Language, provenance: Provenance, body: bytes, media_type: str, name: str
) -> Answered[Any]:
    """The response with this content, to be saved under that name."""
    headers = answer_headers(lang, provenance)
    headers.append((b"content-disposition", f'attachment; filename="{name}"'.encode()))
    return ready(request, headers, body, f"{media_type}; charset=utf-8")


# --------------------------------------------------------------------------------------- calculations


def _event(request: Http, kind: Kind, id: str, write: Callable[..., bytes]) -> Answered[Any]:
    desk = request.desk
    lang, facts = asked_in_query(request, kind, id, CALENDAR)
    answer = calculate(facts, desk.rulebook, desk.calendar, lang=lang)
    body = write(answer, desk.rulebook, desk.calendar, lang)
    return _sent(request, lang, answer.provenance, body, CALENDAR, f"{id}.ics")


@get(
    "/v1/deadlines/{step:str}/ics",
    operation_id="getDeadlineEvent",
    tags=["deadlines"],
    media_type=CALENDAR,
    responses=_ON_GET_DEADLINE,
)
async def get_deadline_event(request: Http, step: FromPath[str]) -> Answered[str]:
    """办理期限的末日（日历事件） / When a step is due, as an event to subscribe to."""
    return _event(request, "deadline", step, ics.deadline_event)


@get(
    "/v1/expiries/{term:str}/ics",
    operation_id="getExpiryEvent",
    tags=["expiries"],
    media_type=CALENDAR,
    responses=_ON_GET,
)
async def get_expiry_event(request: Http, term: FromPath[str]) -> Answered[str]:
    """许可证件、保护期的末日（日历事件） / When a licence or a protection ends, as an event to subscribe to."""
    return _event(request, "expiry", term, ics.expiry_event)


# ------------------------------------------------------------------------------------------- calendar


def _year(request: Http, year: str, lang: Language) -> CalendarYear:
    """The calendar of the year that the path names; NotFound where it is none."""
    if not (year.isascii() and year.isdigit() and len(year) == len("2026")):
        raise NotFound(path=request.url.path)
    return calendar_year(YearQuery(year=int(year)), request.desk.rulebook, request.desk.calendar, lang=lang)


@get(
    "/v1/calendar/{year:str}/ics",
    operation_id="getCalendarYearFeed",
    tags=["calendar"],
    media_type=CALENDAR,
    responses=_ON_GET,
)
async def get_calendar_year_feed(request: Http, year: FromPath[str]) -> Answered[str]:
    """一年的放假、调休安排（日历订阅） / The days off and make-up days of a year, as events to subscribe to."""
    desk, lang = request.desk, asked(request, (), CALENDAR).lang
    answer = _year(request, year, lang)
    body = ics.year_feed(answer, desk.rulebook, desk.calendar, lang)
    return _sent(request, lang, answer.provenance, body, CALENDAR, f"calendar-{year}.ics")


@get(
    "/v1/calendar/{year:str}/csv",
    operation_id="getCalendarYearCsv",
    tags=["calendar"],
    media_type=CSV,
    responses=_ON_GET,
)
async def get_calendar_year_csv(request: Http, year: FromPath[str]) -> Answered[str]:
    """一年的放假、调休安排（CSV） / The days off and make-up days of a year, as CSV."""
    lang, query = asked(request, None, CSV)
    wanted = read_flat(CsvQuery, query)
    answer = _year(request, year, lang)
    body = calendar_csv.year_csv(answer, bom=wanted.bom)
    return _sent(request, lang, answer.provenance, body, CSV, f"calendar-{year}.csv")


HANDLERS: Final = [get_deadline_event, get_expiry_event, get_calendar_year_feed, get_calendar_year_csv]
