"""The routes of cells: one bare value for one spreadsheet cell, as WEBSERVICE() and similar functions fetch it.

These functions can only send GET, send no headers, and show any HTTP error as #VALUE!. So facts are read as people
write them, and a refusal is a value too, `#ERR where: message`, unless `errors=http` requests the problem.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, Final, Literal, NamedTuple
from urllib.parse import parse_qsl

import msgspec
from litestar import Response, get
from msgspec import UNSET, Meta, UnsetType, field

from penaltycalc.api.descriptions import (
    BAD_QUERY,
    DEADLINE_REFUSED,
    EXPIRY_REFUSED,
    PENALTY_CELL_REFUSED,
    SPAN_REFUSED,
    list_problems,
)
from penaltycalc.api.media_types import TEXT
from penaltycalc.api.negotiation import choose_problem_language
from penaltycalc.api.problems import UriTooLong, problem_response
from penaltycalc.api.request import StrictRequest, parse_query
from penaltycalc.api.response import build_answer_headers, build_bytes_response
from penaltycalc.batch.cell import CellAnswer, format_cell, parse_path
from penaltycalc.calculators.calculate import CALCULATIONS, Kind, calculate
from penaltycalc.calculators.calendar_queries import (
    CountQuery,
    ShiftedDay,
    ShiftQuery,
    WorkingDays,
    count_working_days,
    shift_working_days,
)
from penaltycalc.calculators.deadlines import DeadlineRequest
from penaltycalc.calculators.expiries import ExpiryRequest
from penaltycalc.calculators.penalties import PenaltyRequest
from penaltycalc.calculators.problems import error_message
from penaltycalc.errors import LawRefuses, PenaltycalcError, RequestError, SchemaFault
from penaltycalc.input.flat import find_flat_name, list_fields
from penaltycalc.input.words import decode_words, parse_words
from penaltycalc.rules.records import Record
from penaltycalc.rules.wording import Language

_BLANK_LANGUAGE: Final = re.compile(rb"(?:^|&)lang=(?=&|$)")


class CellOptions(Record, frozen=True, kw_only=True):
    """The options of a cell: the path of the value, dates as serial numbers, refusals as problems."""

    out: Annotated[str, Meta(max_length=1000)] = ""
    as_: Literal["serial"] | UnsetType = field(name="as", default=UNSET)
    errors: Literal["value", "http"] = "value"


class CellQuery(NamedTuple):
    """The facts of a cell without blank ones, and what it shows of the answer."""

    lang: Language
    facts: dict[str, str]
    out: str
    serial: bool


Answer = Callable[[StrictRequest, CellQuery], CellAnswer]


def _parse_cell_query(request: StrictRequest) -> CellQuery:
    """Read the query of a cell; RequestError, UriTooLong, NotAcceptable."""
    names = {name for record in request.route_handler.opt["query"] for name in list_fields(record)}
    # A formula with an empty cell sends a blank value: it counts as not given, also for the language.
    query_string = _BLANK_LANGUAGE.sub(b"", request.scope["query_string"])
    lang, query = parse_query(request, names, TEXT, query_string)
    facts = {name: text for name, text in query.items() if text and not text.isspace()}
    options = {name: facts.pop(name) for name in list_fields(CellOptions) if name in facts}
    cell = decode_words(CellOptions, options)
    return CellQuery(lang, facts, cell.out, cell.as_ is not UNSET)


def _answer_cell(request: StrictRequest, answer: Answer) -> Response[Any]:
    """Make the response with the value of a cell, or with what is wrong."""
    try:
        query = _parse_cell_query(request)
        record = answer(request, query)
        text = format_cell(record, query.out, serial=query.serial)
    # Refused keys, a wrong Accept and faults of the service stay problems: a text in the cell would hide that the
    # installation does not work.
    except (RequestError, LawRefuses, UriTooLong) as error:
        return _refuse_cell(request, error)
    return build_bytes_response(request, build_answer_headers(query.lang, record.provenance), text.encode(), TEXT)


def _refuse_cell(request: StrictRequest, error: PenaltycalcError) -> Response[Any]:
    """Answer with the first fault as a value, or with the problem where the query requests that.

    An unknown id is 422 here, since it stands in the query and not in the path.
    """
    record: type[msgspec.Struct] = request.route_handler.opt["query"][0]
    query = _list_query(request)
    for fault in error.faults:
        if isinstance(fault, LawRefuses) and fault.where:  # faults of other kinds name query names already
            # What is missing is a fact that was not stated; what is wrong is one that was.
            stated = [name for name, _ in query] if fault.message == "facts-missing" else []
            fault.where = (find_flat_name(record, fault.where, stated),)
    request.worker.metrics.count_problem(error.code)
    wording = request.law.rulebook.wordings[choose_problem_language(request)]
    # Whatever else is wrong with the query, this is read.
    if any(name == "errors" and value.strip().lower() == "http" for name, value in query):
        return problem_response(request, error, wording, status=error.status)
    # What the law refuses as a whole has no place; there the code tells a formula which refusal it is.
    place = error.where[0] if error.where else error.code if isinstance(error, LawRefuses) else ""
    text = f"#ERR{f' {place}' if place else ''}: {error_message(error, wording)}"
    one_line = " ".join(text.split())  # the message can repeat line ends that the client sent
    return build_bytes_response(request, build_answer_headers(wording.lang), one_line.encode(), TEXT)


def _list_query(request: StrictRequest) -> list[tuple[str, str]]:
    """List the names and values of a query that are not blank, as far as they can be read."""
    return parse_qsl(request.scope["query_string"].decode("latin-1"), errors="replace")


# ------------------------------------------------------------------------------------ calculations


def _calculate_cell(kind: Kind, request: StrictRequest, query: CellQuery) -> CellAnswer:
    law = request.law
    # Most cells do not show the explanation, which takes long to put together.
    explain = parse_path(CALCULATIONS[kind].answer, query.out)[0] == "explanation"
    facts = parse_words(kind, query.facts, law.rulebook.violations)
    return calculate(facts, law.rulebook, law.calendar, lang=query.lang, explain=explain)


@get(
    "/v1/cells/penalty",
    operation_id="getPenaltyCell",
    summary="违法行为法律后果中的一个值 / One value of the legal consequences of a violation",
    tags=["cells"],
    media_type=TEXT,
    responses=list_problems(BAD_QUERY, PENALTY_CELL_REFUSED),
    opt={"role": "read", "key_in_query": True, "query": (PenaltyRequest, CellOptions), "query_as_text": True},
)
async def get_penalty_cell(request: StrictRequest) -> Response[str]:
    """Answer with one value of the legal consequences of a violation."""
    return _answer_cell(request, lambda request, query: _calculate_cell("penalty", request, query))


@get(
    "/v1/cells/deadline",
    operation_id="getDeadlineCell",
    summary="办理期限中的一个值 / One value of when a step is due",
    tags=["cells"],
    media_type=TEXT,
    responses=list_problems(BAD_QUERY, DEADLINE_REFUSED),
    opt={"role": "read", "key_in_query": True, "query": (DeadlineRequest, CellOptions), "query_as_text": True},
)
async def get_deadline_cell(request: StrictRequest) -> Response[str]:
    """Answer with one value of when a step is due."""
    return _answer_cell(request, lambda request, query: _calculate_cell("deadline", request, query))


@get(
    "/v1/cells/expiry",
    operation_id="getExpiryCell",
    summary="有效期、保护期中的一个值 / One value of when a licence or protection ends",
    tags=["cells"],
    media_type=TEXT,
    responses=list_problems(BAD_QUERY, EXPIRY_REFUSED),
    opt={"role": "read", "key_in_query": True, "query": (ExpiryRequest, CellOptions), "query_as_text": True},
)
async def get_expiry_cell(request: StrictRequest) -> Response[str]:
    """Answer with one value of when a licence or a protection ends."""
    return _answer_cell(request, lambda request, query: _calculate_cell("expiry", request, query))


# ------------------------------------------------------------------------------------ working days


def _answer_working_days(request: StrictRequest, query: CellQuery) -> CellAnswer:
    """Count where the facts are those of a count, shift where they are those of a shift; SchemaFault."""
    law, facts = request.law, query.facts
    # The path is checked before the calculation, so that a misspelt `out` is refused whatever the facts are.
    if facts and facts.keys() <= list_fields(CountQuery).keys():
        parse_path(WorkingDays, query.out)
        return count_working_days(decode_words(CountQuery, facts), law.rulebook, law.calendar, lang=query.lang)
    if facts and facts.keys() <= list_fields(ShiftQuery).keys():
        parse_path(ShiftedDay, query.out)
        return shift_working_days(decode_words(ShiftQuery, facts), law.rulebook, law.calendar, lang=query.lang)
    raise SchemaFault((next(iter(facts), "from"),), message="schema-either")


@get(
    "/v1/cells/working-days",
    operation_id="getWorkingDaysCell",
    summary="两日之间的工作日数，或者若干工作日之后的日期 / A count of working days, or the day some days later",
    tags=["cells"],
    media_type=TEXT,
    responses=list_problems(BAD_QUERY, SPAN_REFUSED),
    opt={
        "role": "read",
        "key_in_query": True,
        "query": (CountQuery, ShiftQuery, CellOptions),
        "query_as_text": True,
    },
)
async def get_working_days_cell(request: StrictRequest) -> Response[str]:
    """Answer with a count of working days, or with the day some working days later."""
    return _answer_cell(request, _answer_working_days)


HANDLERS: Final = [get_penalty_cell, get_deadline_cell, get_expiry_cell, get_working_days_cell]
