"""One bare value for one spreadsheet cell: what WEBSERVICE() and the like fetch.

They can only GET, send no headers, and show any HTTP error as #VALUE!. So facts are read as people
write them, and a refusal is a value too, `#ERR where: message`, unless `errors=http` asks for the problem.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial
from typing import Annotated, Any, Final, Literal, NamedTuple
from urllib.parse import parse_qsl

import msgspec
from litestar import Response, get
from msgspec import UNSET, Meta, UnsetType, field

from penaltycalc.api.media_types import TEXT
from penaltycalc.api.problems import UriTooLong, problem_responses, respond
from penaltycalc.api.request import StrictRequest, language_of_problem, parse_query
from penaltycalc.api.response import answer_headers, bytes_response, kept
from penaltycalc.batch.cell import CellAnswer, format_cell, parse_path
from penaltycalc.calculators.calculate import CALCULATIONS, REMEMBERED, Kind, calculate
from penaltycalc.calculators.calculate import Request as Facts
from penaltycalc.calculators.calendar_queries import (
    CountQuery,
    ShiftedDay,
    ShiftQuery,
    WorkingDays,
    count_working_days,
    shift_working_days,
)
from penaltycalc.calculators.problems import error_message
from penaltycalc.errors import LawRefuses, PenaltycalcError, RequestError, SchemaFault
from penaltycalc.input.flat import find_flat_name, list_fields
from penaltycalc.input.words import decode_words, parse_words
from penaltycalc.rules.records import Record
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.wording import Language

MEDIA_TYPE: Final = "text/plain; charset=utf-8"
_ANSWERS: Final = problem_responses(400, 406, 414, 422, 500)
_NO_LANGUAGE: Final = re.compile(rb"(?:^|&)lang=(?=&|$)")


class CellOptions(Record, frozen=True, kw_only=True):
    """How a cell wants its value: from where in the answer, dates as serials, refusals as problems."""

    out: Annotated[str, Meta(max_length=1000)] = ""
    as_: Literal["serial"] | UnsetType = field(name="as", default=UNSET)
    errors: Literal["value", "http"] = "value"


QUERIES: Final[dict[str, tuple[type[msgspec.Struct], ...]]] = {
    "getPenaltyCell": (CALCULATIONS["penalty"].request, CellOptions),
    "getDeadlineCell": (CALCULATIONS["deadline"].request, CellOptions),
    "getExpiryCell": (CALCULATIONS["expiry"].request, CellOptions),
    "getWorkingDaysCell": (CountQuery, ShiftQuery, CellOptions),
}
"""The records whose flat names are those of an operation's query, all of them optional texts."""


class Asked(NamedTuple):
    """The facts that a cell gives, blank ones left out, and what it wants of the answer."""

    lang: Language
    facts: dict[str, str]
    out: str
    serial: bool


Find = Callable[[StrictRequest, Asked], CellAnswer]


@cache
def _names(operation: str) -> frozenset[str]:
    """The names that the query of an operation may hold."""
    return frozenset(name for one in QUERIES[operation] for name in list_fields(one))


def _asked(request: StrictRequest, operation: str) -> Asked:
    """The query of a cell; RequestError, UriTooLong, NotAcceptable."""
    raw: bytes = request.scope["query_string"]
    if b"lang=" in raw:  # blank is not given, here also for the language
        request = StrictRequest({**request.scope, "query_string": _NO_LANGUAGE.sub(b"", raw)})
    lang, query = parse_query(request, _names(operation), TEXT)
    facts = {name: text for name, text in query.items() if text and not text.isspace()}
    own = {name: facts.pop(name) for name in _OWN if name in facts}
    options = decode_words(CellOptions, own) if own else _BY_DEFAULT
    return Asked(lang, facts, options.out, options.as_ is not UNSET)


_OWN: Final = tuple(list_fields(CellOptions))
_BY_DEFAULT: Final = CellOptions()


def _answered(request: StrictRequest, operation: str, find: Find) -> Response[Any]:
    """The response with the value that `find` finds, or with what is wrong."""
    types = QUERIES[operation]
    try:
        wanted = _asked(request, operation)
        answer = find(request, wanted)
        text = format_cell(answer, wanted.out, serial=wanted.serial)
    except (RequestError, LawRefuses, UriTooLong) as error:
        return _refused(request, types[0], error)
    return bytes_response(request, answer_headers(wanted.lang, answer.provenance), text.encode(), MEDIA_TYPE)


def _refused(request: StrictRequest, type: type[msgspec.Struct], error: PenaltycalcError) -> Response[Any]:
    """The first fault as a value, or the problem; 422 also for an unknown id, which stands in no path here."""
    for fault in error.faults:
        if isinstance(fault, LawRefuses) and fault.where:  # the others name their query names themselves
            fault.where = (find_flat_name(type, fault.where),)
    request.worker.metrics.count_problem(error.code)
    wording = request.law.rulebook.wordings[language_of_problem(request)]
    if _wants_problem(request):
        return respond(request, error, wording, status=error.status)
    text = (
        f"#ERR {error.where[0]}: {error_message(error, wording)}"
        if error.where
        else f"#ERR: {error_message(error, wording)}"
    )
    one_line = " ".join(text.split())  # it can repeat what was sent
    return bytes_response(request, answer_headers(wording.lang), one_line.encode(), MEDIA_TYPE)


def _wants_problem(request: StrictRequest) -> bool:
    """Whether `errors=http` stands in a query, whatever else is wrong with it."""
    pairs = parse_qsl(request.scope["query_string"].decode("latin-1"), errors="replace")
    return any(name == "errors" and value.strip().lower() == "http" for name, value in pairs)


# ------------------------------------------------------------------------------------ calculations


def _calculated(request: StrictRequest, operation: str, kind: Kind) -> Response[Any]:
    return _answered(request, operation, partial(_calculation, kind))


_OF_A_CASE: Final = frozenset({"ref", "person_role", "person_name", "person_income"})
"""What belongs to one case alone: a query with it is not remembered."""


@kept(REMEMBERED)
def _facts(kind: Kind, given: tuple[tuple[str, str], ...], rulebook: Rulebook) -> Facts:
    """What a query says, read once: the cells of a row ask with the same facts, one after the other."""
    return parse_words(kind, dict(given), rulebook.violations)


def _calculation(kind: Kind, request: StrictRequest, wanted: Asked) -> CellAnswer:
    law = request.law
    explain = parse_path(CALCULATIONS[kind].answer, wanted.out)[0] == "explanation"
    if wanted.facts.keys() & _OF_A_CASE:
        facts = parse_words(kind, wanted.facts, law.rulebook.violations)
    else:
        facts = _facts(kind, tuple(wanted.facts.items()), law.rulebook)
    return calculate(facts, law.rulebook, law.calendar, lang=wanted.lang, explain=explain)


@get(
    "/v1/cells/penalty",
    operation_id="getPenaltyCell",
    tags=["cells"],
    media_type=TEXT,
    responses=_ANSWERS,
    opt={"role": "read", "key_in_query": True},
)
async def get_penalty_cell(request: StrictRequest) -> Response[str]:
    """违法行为法律后果中的一个值 / One value of the legal consequences of a violation."""
    return _calculated(request, "getPenaltyCell", "penalty")


@get(
    "/v1/cells/deadline",
    operation_id="getDeadlineCell",
    tags=["cells"],
    media_type=TEXT,
    responses=_ANSWERS,
    opt={"role": "read", "key_in_query": True},
)
async def get_deadline_cell(request: StrictRequest) -> Response[str]:
    """办理期限中的一个值 / One value of when a step is due."""
    return _calculated(request, "getDeadlineCell", "deadline")


@get(
    "/v1/cells/expiry",
    operation_id="getExpiryCell",
    tags=["cells"],
    media_type=TEXT,
    responses=_ANSWERS,
    opt={"role": "read", "key_in_query": True},
)
async def get_expiry_cell(request: StrictRequest) -> Response[str]:
    """有效期、保护期中的一个值 / One value of when a licence or a protection ends."""
    return _calculated(request, "getExpiryCell", "expiry")


# ------------------------------------------------------------------------------------ working days


def _working_days(request: StrictRequest, wanted: Asked) -> CellAnswer:
    """A count where `from` or `to` is given, a shift where `start` or `days` is."""
    law, facts = request.law, wanted.facts
    if facts and facts.keys() <= list_fields(CountQuery).keys():
        parse_path(WorkingDays, wanted.out)
        return count_working_days(decode_words(CountQuery, facts), law.rulebook, law.calendar, lang=wanted.lang)
    if facts and facts.keys() <= list_fields(ShiftQuery).keys():
        parse_path(ShiftedDay, wanted.out)
        return shift_working_days(decode_words(ShiftQuery, facts), law.rulebook, law.calendar, lang=wanted.lang)
    raise SchemaFault((next(iter(facts), "from"),), message="schema-either")


@get(
    "/v1/cells/working-days",
    operation_id="getWorkingDaysCell",
    tags=["cells"],
    media_type=TEXT,
    responses=_ANSWERS,
    opt={"role": "read", "key_in_query": True},
)
async def get_working_days_cell(request: StrictRequest) -> Response[str]:
    """两日之间的工作日数，或者若干工作日之后的日期 / A count of working days, or the day some working days on."""
    return _answered(request, "getWorkingDaysCell", _working_days)


HANDLERS: Final = [get_penalty_cell, get_deadline_cell, get_expiry_cell, get_working_days_cell]
