"""The routes: each reads its request, calls one function of the core, and answers with its record."""

from __future__ import annotations

from typing import Any, Final

from litestar import get, post
from litestar.params import FromPath, JSONBody

from penaltycalc.api.problems import problem_responses
from penaltycalc.api.request import StrictRequest, parse_facts, parse_query
from penaltycalc.api.response import (
    BytesResponse,
    Content,
    answer_headers,
    bytes_response,
    json_response,
    kept,
    with_etag,
)
from penaltycalc.calculators.calculate import REMEMBERED, Kind, calculated, recurs
from penaltycalc.calculators.calculate import Request as Facts
from penaltycalc.calculators.deadlines import DeadlineAnswer, DeadlineRequest
from penaltycalc.calculators.expiries import ExpiryAnswer, ExpiryRequest
from penaltycalc.calculators.explain import Provenance, encode_answer
from penaltycalc.calculators.penalties import PenaltyAnswer, PenaltyRequest
from penaltycalc.calendar.workdays import WorkingCalendar
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
_ON_GET_CALCULATION: Final = problem_responses(400, 404, 406, 414, 422, 500)
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


HANDLERS: Final = [post_penalty, post_deadline, post_expiry, get_penalty, get_deadline, get_expiry]
