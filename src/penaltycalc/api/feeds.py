"""The feeds: answers as events to subscribe to, and the calendar of a year as events and as CSV."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, NamedTuple

from litestar import get
from litestar.params import FromPath

from penaltycalc.api.media_types import CALENDAR, CSV
from penaltycalc.api.problems import CODES, problem_responses
from penaltycalc.api.request import StrictRequest, parse_facts, parse_query, parse_year
from penaltycalc.api.response import BytesResponse, Content, answer_headers, bytes_response, kept, with_etag
from penaltycalc.calculators.calculate import Kind, calculate
from penaltycalc.calculators.calculate import Request as Facts
from penaltycalc.calculators.calendar_queries import CalendarYear, YearQuery, describe_year
from penaltycalc.calculators.explain import Provenance
from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.export import ics, year_csv
from penaltycalc.input.flat import decode_flat
from penaltycalc.rules.records import Record
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.wording import Language

Http = StrictRequest


class CsvQuery(Record, frozen=True, kw_only=True):
    """How a CSV file is wanted."""

    bom: bool = False


_ON_GET: Final = problem_responses(400, 404, 406, 414, 422, 500)
_ON_GET_DEADLINE: Final = {**_ON_GET, 422: replace(_ON_GET[422], description=f"{CODES[422]}, no-date")}


def _sent(request: Http, lang: Language, written: Written, media_type: str, name: str) -> BytesResponse[Any]:
    """The response with this content, to be saved under that name."""
    headers = answer_headers(lang, written.provenance)
    headers.append((b"content-disposition", f'attachment; filename="{name}"'.encode()))
    return bytes_response(request, headers, written.content, f"{media_type}; charset=utf-8")


class Written(NamedTuple):
    """A file, and what it rests on."""

    provenance: Provenance
    content: Content


# --------------------------------------------------------------------------------------- calculations


def _event(request: Http, kind: Kind, id: str, write: Callable[..., bytes]) -> BytesResponse[Any]:
    law = request.law
    lang, facts = parse_facts(request, kind, id, CALENDAR)
    written = _written(write, facts, law.rulebook, law.calendar, lang)
    return _sent(request, lang, written, CALENDAR, f"{id}.ics")


@kept(256)
def _written(
    write: Callable[..., bytes], facts: Facts, rulebook: Rulebook, calendar: WorkingCalendar, lang: Language
) -> Written:
    """The event of an answer. Programs ask for the same feeds again and again, and to write one takes longest."""
    answer = calculate(facts, rulebook, calendar, lang=lang)
    return Written(answer.provenance, with_etag(write(answer, rulebook, calendar, lang)))


@get(
    "/v1/deadlines/{step:str}/ics",
    operation_id="getDeadlineEvent",
    tags=["deadlines"],
    media_type=CALENDAR,
    responses=_ON_GET_DEADLINE,
    opt={"role": "read", "key_in_query": True},
)
async def get_deadline_event(request: Http, step: FromPath[str]) -> BytesResponse[str]:
    """办理期限的末日（日历事件） / When a step is due, as an event to subscribe to."""
    return _event(request, "deadline", step, ics.write_deadline_event)


@get(
    "/v1/expiries/{term:str}/ics",
    operation_id="getExpiryEvent",
    tags=["expiries"],
    media_type=CALENDAR,
    responses=_ON_GET,
    opt={"role": "read", "key_in_query": True},
)
async def get_expiry_event(request: Http, term: FromPath[str]) -> BytesResponse[str]:
    """许可证件、保护期的末日（日历事件） / When a licence or a protection ends, as an event to subscribe to."""
    return _event(request, "expiry", term, ics.write_expiry_event)


# ------------------------------------------------------------------------------------------- calendar


@kept(256)
def _year_written(
    write: Callable[..., bytes], year: int, rulebook: Rulebook, calendar: WorkingCalendar, lang: Language
) -> Written:
    """The file of a year, as `_written`."""
    answer = describe_year(YearQuery(year=year), rulebook, calendar, lang=lang)
    return Written(answer.provenance, with_etag(write(answer, rulebook, calendar, lang)))


def _csv(answer: CalendarYear, *_: object) -> bytes:
    return year_csv.write_year_csv(answer)


def _csv_with_mark(answer: CalendarYear, *_: object) -> bytes:
    return year_csv.write_year_csv(answer, bom=True)


@get(
    "/v1/calendar/{year:str}/ics",
    operation_id="getCalendarYearFeed",
    tags=["calendar"],
    media_type=CALENDAR,
    responses=_ON_GET,
    opt={"role": "read", "key_in_query": True},
)
async def get_calendar_year_feed(request: Http, year: FromPath[str]) -> BytesResponse[str]:
    """一年的放假、调休安排（日历订阅） / The days off and make-up days of a year, as events to subscribe to."""
    law, lang = request.law, parse_query(request, (), CALENDAR).lang
    number = parse_year(request, year)
    written = _year_written(ics.write_year_feed, number, law.rulebook, law.calendar, lang)
    return _sent(request, lang, written, CALENDAR, f"calendar-{year}.ics")


@get(
    "/v1/calendar/{year:str}/csv",
    operation_id="getCalendarYearCsv",
    tags=["calendar"],
    media_type=CSV,
    responses=_ON_GET,
    opt={"role": "read", "key_in_query": True},
)
async def get_calendar_year_csv(request: Http, year: FromPath[str]) -> BytesResponse[str]:
    """一年的放假、调休安排（CSV） / The days off and make-up days of a year, as CSV."""
    law = request.law
    lang, query = parse_query(request, None, CSV)
    write = _csv_with_mark if decode_flat(CsvQuery, query).bom else _csv
    written = _year_written(write, parse_year(request, year), law.rulebook, law.calendar, lang)
    return _sent(request, lang, written, CSV, f"calendar-{year}.csv")


HANDLERS: Final = [get_deadline_event, get_expiry_event, get_calendar_year_feed, get_calendar_year_csv]
