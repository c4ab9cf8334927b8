"""The routes: each reads its request, calls one function of the core, and answers with its record."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import date, datetime, timedelta, timezone
from typing import Any, Final, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody

from penaltycalc._version import __version__
from penaltycalc.api.problems import problem_responses
from penaltycalc.api.request import StrictRequest, parse_facts, parse_query, parse_year
from penaltycalc.api.response import (
    BytesResponse,
    Content,
    answer_headers,
    bytes_response,
    constant,
    json_response,
    kept,
    with_etag,
)
from penaltycalc.calculators import catalogue
from penaltycalc.calculators.calculate import REMEMBERED, Kind, calculated, recurs
from penaltycalc.calculators.calculate import Request as Facts
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
from penaltycalc.calculators.catalogue import (
    RulebookItem,
    StepCatalogue,
    StepItem,
    TermCatalogue,
    TermItem,
    ViolationCatalogue,
    ViolationItem,
)
from penaltycalc.calculators.deadlines import DeadlineAnswer, DeadlineRequest
from penaltycalc.calculators.expiries import ExpiryAnswer, ExpiryRequest
from penaltycalc.calculators.explain import Provenance, encode_answer
from penaltycalc.calculators.penalties import PenaltyAnswer, PenaltyRequest
from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.input.flat import decode_flat
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.wording import Language

Http = StrictRequest


def _calculated(request: Http, lang: Language, facts: Facts) -> BytesResponse[Any]:
    law = request.law
    if recurs(facts):
        validated = request.scope["method"] == "GET"
        provenance, answer = _explained(facts, law.rulebook, law.calendar, lang, validated=validated)
        return bytes_response(request, answer_headers(lang, provenance), answer)
    made = calculated(facts, law.rulebook, law.calendar, lang, explain=True)
    return json_response(request, lang, made, made.provenance)


@kept(REMEMBERED)
def _explained(
    facts: Facts, rulebook: Rulebook, calendar: WorkingCalendar, lang: Language, *, validated: bool
) -> tuple[Provenance, Content]:
    """An answer as it goes out, remembered as `calculate` remembers it; a validator is made where it is sent."""
    answer = calculated(facts, rulebook, calendar, lang, explain=True)
    body = encode_answer(answer)
    return answer.provenance, with_etag(body) if validated else Content(body, b"")


_ON_GET: Final = problem_responses(400, 406, 414, 500)
_ON_OPEN_GET: Final = problem_responses(400, 406, 414, 500, needs_key=False)
_ON_GET_ID: Final = problem_responses(400, 404, 406, 414, 500)
_ON_GET_CALCULATION: Final = problem_responses(400, 404, 406, 414, 422, 500)
_ON_GET_CALENDAR: Final = problem_responses(400, 406, 414, 422, 500)
_ON_POST: Final = problem_responses(400, 406, 408, 413, 414, 415, 422, 500)


# ------------------------------------------------------------------------------------ calculations


@post(
    "/v1/penalties",
    operation_id="calculatePenalty",
    tags=["penalties"],
    status_code=200,
    responses=_ON_POST,
    opt={"role": "read"},
)
async def post_penalty(request: Http, data: JSONBody[PenaltyRequest]) -> BytesResponse[PenaltyAnswer]:
    """违法行为的法律后果 / The legal consequences of a violation."""
    return _calculated(request, parse_query(request).lang, data)


@post(
    "/v1/deadlines",
    operation_id="calculateDeadline",
    tags=["deadlines"],
    status_code=200,
    responses=_ON_POST,
    opt={"role": "read"},
)
async def post_deadline(request: Http, data: JSONBody[DeadlineRequest]) -> BytesResponse[DeadlineAnswer]:
    """办理期限的末日 / When a step is due."""
    return _calculated(request, parse_query(request).lang, data)


@post(
    "/v1/expiries",
    operation_id="calculateExpiry",
    tags=["expiries"],
    status_code=200,
    responses=_ON_POST,
    opt={"role": "read"},
)
async def post_expiry(request: Http, data: JSONBody[ExpiryRequest]) -> BytesResponse[ExpiryAnswer]:
    """许可证件、保护期的末日 / When a licence or a protection ends."""
    return _calculated(request, parse_query(request).lang, data)


def _from_query(request: Http, kind: Kind, id: str) -> BytesResponse[Any]:
    lang, facts = parse_facts(request, kind, id)
    return _calculated(request, lang, facts)


@get(
    "/v1/penalties/{violation:str}",
    operation_id="getPenalty",
    tags=["penalties"],
    responses=_ON_GET_CALCULATION,
    opt={"role": "read"},
)
async def get_penalty(request: Http, violation: FromPath[str]) -> BytesResponse[PenaltyAnswer]:
    """违法行为的法律后果（查询形式） / The legal consequences of a violation, facts in the query."""
    return _from_query(request, "penalty", violation)


@get(
    "/v1/deadlines/{step:str}",
    operation_id="getDeadline",
    tags=["deadlines"],
    responses=_ON_GET_CALCULATION,
    opt={"role": "read"},
)
async def get_deadline(request: Http, step: FromPath[str]) -> BytesResponse[DeadlineAnswer]:
    """办理期限的末日（查询形式） / When a step is due, facts in the query."""
    return _from_query(request, "deadline", step)


@get(
    "/v1/expiries/{term:str}",
    operation_id="getExpiry",
    tags=["expiries"],
    responses=_ON_GET_CALCULATION,
    opt={"role": "read"},
)
async def get_expiry(request: Http, term: FromPath[str]) -> BytesResponse[ExpiryAnswer]:
    """许可证件、保护期的末日（查询形式） / When a licence or a protection ends, facts in the query."""
    return _from_query(request, "expiry", term)


# -------------------------------------------------------------------------------------- catalogues


@get("/v1/rulebook", operation_id="getRulebook", tags=["catalogues"], responses=_ON_GET, opt={"role": "read"})
async def get_rulebook(request: Http) -> BytesResponse[RulebookItem]:
    """法律数据和日历的现状 / The law data and the calendar as they stand."""
    law, lang = request.law, parse_query(request).lang
    item = _written(catalogue.describe_rulebook, law.rulebook, law.calendar, lang)
    return bytes_response(request, answer_headers(lang), item)


@kept(256)
def _written(make: Callable[..., msgspec.Struct], *of: Hashable) -> Content:
    """What `make` makes of these, encoded once: of this very rulebook and calendar, which never change."""
    return with_etag(encode_answer(make(*of)))


def _catalogue(request: Http, make: Callable[..., msgspec.Struct], *id: str) -> BytesResponse[Any]:
    law, lang = request.law, parse_query(request).lang
    return bytes_response(request, answer_headers(lang), _written(make, law.rulebook, *id, lang))


@get("/v1/violations", operation_id="listViolations", tags=["catalogues"], responses=_ON_GET, opt={"role": "read"})
async def list_violations(request: Http) -> BytesResponse[ViolationCatalogue]:
    """违法行为目录 / All violations."""
    return _catalogue(request, catalogue.list_violations)


@get(
    "/v1/violations/{violation:str}",
    operation_id="getViolation",
    tags=["catalogues"],
    responses=_ON_GET_ID,
    opt={"role": "read"},
)
async def get_violation(request: Http, violation: FromPath[str]) -> BytesResponse[ViolationItem]:
    """一项违法行为 / One violation."""
    return _catalogue(request, catalogue.describe_violation, violation)


@get("/v1/steps", operation_id="listSteps", tags=["catalogues"], responses=_ON_GET, opt={"role": "read"})
async def list_steps(request: Http) -> BytesResponse[StepCatalogue]:
    """办理环节目录 / All steps."""
    return _catalogue(request, catalogue.list_steps)


@get("/v1/steps/{step:str}", operation_id="getStep", tags=["catalogues"], responses=_ON_GET_ID, opt={"role": "read"})
async def get_step(request: Http, step: FromPath[str]) -> BytesResponse[StepItem]:
    """一个办理环节 / One step."""
    return _catalogue(request, catalogue.describe_step, step)


@get("/v1/terms", operation_id="listTerms", tags=["catalogues"], responses=_ON_GET, opt={"role": "read"})
async def list_terms(request: Http) -> BytesResponse[TermCatalogue]:
    """有效期、保护期目录 / All terms."""
    return _catalogue(request, catalogue.list_terms)


@get("/v1/terms/{term:str}", operation_id="getTerm", tags=["catalogues"], responses=_ON_GET_ID, opt={"role": "read"})
async def get_term(request: Http, term: FromPath[str]) -> BytesResponse[TermItem]:
    """一个期限 / One term."""
    return _catalogue(request, catalogue.describe_term, term)


# ---------------------------------------------------------------------------------------- calendar


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


# -------------------------------------------------------------------------------------- operations


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
                *(("keys-file-unreadable",) if request.worker.authenticator.keys.is_stale else ()),
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


HANDLERS: Final = [
    post_penalty,
    post_deadline,
    post_expiry,
    get_penalty,
    get_deadline,
    get_expiry,
    get_rulebook,
    list_violations,
    get_violation,
    list_steps,
    get_step,
    list_terms,
    get_term,
    get_calendar_year,
    get_working_days,
    get_shifted_day,
    get_health,
    get_readiness,
    get_document,
]
